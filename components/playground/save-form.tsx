"use client";

import { Modal, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cleaned, variablesFor } from "@/components/prompts/variables";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Bench, BenchWindow } from "@/server/playground/contract";
import type { PromptHistory } from "@/server/prompts/contract";
import styles from "./playground.module.css";

/** Saves a window's text as the next version of a prompt, or as a new one. */
export default function SaveForm({
	bench,
	window: one,
	onSaved,
	onClose,
}: {
	bench: Bench;
	window: BenchWindow;
	onSaved: (from: { promptId: string; version: number }) => void;
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const prompts = useQuery(api.prompts.list.queryOptions({ limit: 200, sort: "name" }));
	const rows = (prompts.data?.rows ?? []).filter(({ mayManage }) => mayManage);
	const [chosenId, setChosenId] = useState<string | null>(null);
	const [name, setName] = useState("");
	const [message, setMessage] = useState("");
	const promptId = chosenId ?? (rows.some(({ id }) => id === one.from?.promptId) ? (one.from?.promptId ?? "") : "");
	const prompt = rows.find(({ id }) => id === promptId);
	const done = {
		onSuccess: async ({ prompt: saved }: PromptHistory) => {
			await cache.invalidateQueries(api.prompts.pathFilter());
			say(`Version ${saved.latestVersion} of ${saved.name} is saved`);
			onSaved({ promptId: saved.id, version: saved.latestVersion });
			onClose();
		},
	};
	const save = useMutation(api.prompts.save.mutationOptions(done));
	const create = useMutation(api.prompts.create.mutationOptions(done));
	const error = save.error ?? create.error;
	const submit = () => {
		const variables = cleaned(variablesFor([one.text], bench.variables).variables);
		const written = { body: one.text, variables, message };
		if (prompt) save.mutate({ promptId: prompt.id, basedOn: prompt.latestVersion, ...written });
		else create.mutate({ name, ...written });
	};
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Save as a version">
				<form
					className={styles.form}
					onSubmit={(event) => {
						event.preventDefault();
						submit();
					}}
				>
					<NativeSelect
						label="Of which prompt"
						value={promptId}
						onChange={(event) => setChosenId(event.currentTarget.value)}
						data={[
							{ value: "", label: "A new one" },
							...rows.map((row) => ({ value: row.id, label: `${row.name}: version ${row.latestVersion + 1}` })),
						]}
					/>
					{prompt ? null : (
						<TextInput
							label="Name"
							maxLength={80}
							required
							value={name}
							onChange={(event) => setName(event.currentTarget.value)}
						/>
					)}
					<TextInput
						label="What has changed"
						maxLength={200}
						value={message}
						onChange={(event) => setMessage(event.currentTarget.value)}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							type="submit"
							look="primary"
							isBusy={save.isPending || create.isPending}
							disabled={!prompt && name.trim() === ""}
						>
							Save version
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
