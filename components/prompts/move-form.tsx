"use client";

import { Autocomplete, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { Prompt } from "@/server/prompts/contract";
import styles from "./prompts.module.css";
import { useLabelsChanged } from "./use-labels";

const usual = ["production", "staging"];

/** Points a label to a version; of a protected one this is proposed. */
export default function MoveForm({
	prompt,
	label: given,
	version: wanted = prompt.latestVersion,
	onClose,
}: {
	prompt: Pick<Prompt, "id" | "latestVersion">;
	/** Of the label that is moved; left out: any. */
	label?: string;
	version?: number;
	onClose: () => void;
}) {
	const api = useApi();
	const { data } = useQuery(api.prompts.getLabels.queryOptions({ promptId: prompt.id }));
	const labels = data?.labels ?? [];
	const [label, setLabel] = useState(given ?? "production");
	const [version, setVersion] = useState(String(wanted));
	const [note, setNote] = useState("");
	const known = labels.find(({ name }) => name === label);
	const changed = useLabelsChanged(prompt.id, onClose);
	const move = useMutation(
		api.prompts.moveLabel.mutationOptions({
			onSuccess: changed(known?.isProtected ? "It waits for somebody else" : `${label} points to version ${version}`),
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Point a label to a version">
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						move.mutate({ promptId: prompt.id, label, version: Number(version), basedOn: known?.revision ?? 0, note });
					}}
				>
					<Autocomplete
						label="Label"
						description="Agents that follow it answer by this version from their next question on."
						disabled={given !== undefined}
						data={[...new Set([...labels.map(({ name }) => name), ...usual])]}
						maxLength={40}
						value={label}
						onChange={setLabel}
					/>
					<NativeSelect
						label="Version"
						value={version}
						onChange={(event) => setVersion(event.currentTarget.value)}
						data={Array.from({ length: prompt.latestVersion }, (_, at) => String(prompt.latestVersion - at))}
					/>
					<TextInput
						label="Why"
						description="For those who read its history later."
						maxLength={500}
						value={note}
						onChange={(event) => setNote(event.currentTarget.value)}
					/>
					{known?.isProtected ? (
						<p>It is protected: somebody else who may change the prompt has to let this through.</p>
					) : null}
					{move.error ? <ErrorView failure={toFailure(move.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={move.isPending} disabled={!data || label === ""}>
							{known?.isProtected ? "Propose it" : "Point it there"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
