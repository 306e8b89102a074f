"use client";

import { Modal, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { Prompt, PromptLabel } from "@/server/prompts/contract";
import styles from "./prompts.module.css";
import { useLabelsChanged } from "./use-labels";

const number = (value: string | number): number | null => (value === "" ? null : Number(value));

const leastOf = (value: string | number): number | null => (value === "" ? null : Number(value) / 100);

/** Gives some people another version under the same label, and says when that is taken back by itself. */
export default function SplitForm({
	prompt,
	label,
	onClose,
}: {
	prompt: Pick<Prompt, "id" | "latestVersion">;
	label: PromptLabel;
	onClose: () => void;
}) {
	const api = useApi();
	const others = Array.from({ length: prompt.latestVersion }, (_, at) => prompt.latestVersion - at).filter(
		(one) => one !== label.version,
	);
	const [version, setVersion] = useState(String(others[0] ?? ""));
	const [percent, setPercent] = useState<string | number>(10);
	const [negative, setNegative] = useState<string | number>(30);
	const [leastFeedback, setLeastFeedback] = useState<string | number>(20);
	const [cost, setCost] = useState<string | number>("");
	const [leastRuns, setLeastRuns] = useState<string | number>(20);
	const [leastScore, setLeastScore] = useState<string | number>("");
	const [leastScored, setLeastScored] = useState<string | number>(20);
	const [note, setNote] = useState("");
	const changed = useLabelsChanged(prompt.id, onClose);
	const split = useMutation(
		api.prompts.splitLabel.mutationOptions({
			onSuccess: changed(label.isProtected ? "It waits for somebody else" : `${label.name} is split`),
		}),
	);
	const submit = () => {
		const share = number(negative);
		split.mutate({
			...{ promptId: prompt.id, label: label.name, basedOn: label.revision, note },
			...{ version: Number(version), percent: number(percent) ?? 0 },
			guard: {
				mostNegative: share === null ? null : share / 100,
				mostCost: number(cost),
				leastFeedback: number(leastFeedback) ?? 1,
				leastRuns: number(leastRuns) ?? 1,
				leastScore: leastOf(leastScore),
				leastScored: number(leastScored) ?? 1,
			},
		});
	};
	return (
		<Theme>
			<Modal opened onClose={onClose} title={`Try another version under ${label.name}`}>
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						submit();
					}}
				>
					<div className={styles.pair}>
						<NativeSelect
							label="Version"
							value={version}
							onChange={(event) => setVersion(event.currentTarget.value)}
							data={others.map(String)}
						/>
						<NumberInput
							label="For so many of 100 people"
							min={1}
							max={99}
							allowDecimal={false}
							value={percent}
							onChange={setPercent}
						/>
					</div>
					<p>Whoever gets it gets it each time. The others get version {label.version}, as before.</p>
					<div className={styles.pair}>
						<NumberInput
							label="Bad feedback at most, %"
							description="Empty: it does not count."
							min={0}
							max={100}
							value={negative}
							onChange={setNegative}
						/>
						<NumberInput
							label="From so many voices on"
							description="Before, nothing is taken back."
							min={1}
							allowDecimal={false}
							value={leastFeedback}
							onChange={setLeastFeedback}
						/>
						<NumberInput
							label="Cost of an answer at most"
							description="On average. Empty: it does not count."
							min={0}
							value={cost}
							onChange={setCost}
						/>
						<NumberInput
							label="From so many runs on"
							description="Before, nothing is taken back."
							min={1}
							allowDecimal={false}
							value={leastRuns}
							onChange={setLeastRuns}
						/>
						<NumberInput
							label="Score at least, %"
							description="Of online scoring. Empty: it does not count."
							min={0}
							max={100}
							value={leastScore}
							onChange={setLeastScore}
						/>
						<NumberInput
							label="From so many scored on"
							description="Before, nothing is taken back."
							min={1}
							allowDecimal={false}
							value={leastScored}
							onChange={setLeastScored}
						/>
					</div>
					<TextInput
						label="Why"
						maxLength={500}
						value={note}
						onChange={(event) => setNote(event.currentTarget.value)}
					/>
					{split.error ? <ErrorView failure={toFailure(split.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={split.isPending} disabled={version === ""}>
							{label.isProtected ? "Propose it" : "Begin"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
