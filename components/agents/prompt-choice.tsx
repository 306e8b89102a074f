"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import type { PromptLabelRef } from "@/server/agents/contract";
import type { VariableValues } from "@/server/prompts/contract";
import styles from "./agents.module.css";
import type { Definition } from "./facts";
import { PromptValues } from "./prompt-values";

type Chosen = { promptVersionId: string | null; promptLabel: PromptLabelRef; promptValues: VariableValues };
const labelPrefix = "label:";

/** A prompt and which of its versions: a fixed one, or whichever a label points to. */
export function PromptChoice(props: {
	current: Definition | undefined;
	versionId: string | null;
	followed: PromptLabelRef;
	values: VariableValues;
	onChange: (chosen: Chosen) => void;
}) {
	const api = useApi();
	const prompts = useQuery(api.prompts.list.queryOptions({ limit: 200 }));
	const rows = prompts.data?.rows ?? [];
	const [chosenId, setChosenId] = useState<string | null>(null);
	const { versionId, followed, values } = props;
	const kept =
		followed !== null
			? rows.find(({ id }) => id === followed.promptId)
			: versionId === null
				? undefined
				: rows.find(({ name }) => name === props.current?.promptName);
	const prompt = rows.find(({ id }) => id === chosenId) ?? (chosenId === null ? kept : undefined);
	const history = useQuery({
		...api.prompts.get.queryOptions({ promptId: prompt?.id ?? "" }),
		enabled: prompt !== undefined,
	});
	const versions = history.data?.versions ?? [];
	const labels = prompt?.labels ?? [];
	const choose = (id: string) => {
		setChosenId(id);
		const row = rows.find((one) => one.id === id);
		const label = row?.labels.find(({ name }) => name === "production");
		// Another prompt takes other values.
		const promptValues = {};
		if (row && label)
			props.onChange({ promptVersionId: null, promptLabel: { promptId: row.id, label: label.name }, promptValues });
		else props.onChange({ promptVersionId: row?.latestVersionId ?? null, promptLabel: null, promptValues });
	};
	const chooseVersion = (value: string) => {
		if (prompt && value.startsWith(labelPrefix))
			props.onChange({
				promptVersionId: null,
				promptLabel: { promptId: prompt.id, label: value.slice(labelPrefix.length) },
				promptValues: values,
			});
		else props.onChange({ promptVersionId: value || null, promptLabel: null, promptValues: values });
	};
	const number = followed ? labels.find(({ name }) => name === followed.label)?.version : undefined;
	const chosen = versions.find(({ id, version }) => (followed ? version === number : id === versionId));
	const value = followed ? `${labelPrefix}${followed.label}` : (versionId ?? "");
	return (
		<>
			<div className={styles.pair}>
				<NativeSelect
					label="Prompt"
					value={prompt?.id ?? ""}
					onChange={(event) => choose(event.currentTarget.value)}
					data={[{ value: "", label: "The built-in one" }, ...rows.map(({ id, name }) => ({ value: id, label: name }))]}
				/>
				<NativeSelect
					label="Version"
					disabled={!prompt}
					value={value}
					onChange={(event) => chooseVersion(event.currentTarget.value)}
					data={
						prompt && versions.length > 0
							? [
									...labels.map(({ name, version }) => ({
										value: `${labelPrefix}${name}`,
										label: `Follow ${name} (${version})`,
									})),
									...versions.map(({ id, version }) => ({
										value: id,
										label: version === prompt.latestVersion ? `${version} (latest)` : String(version),
									})),
								]
							: [{ value, label: "–" }]
					}
				/>
			</div>
			{chosen ? (
				<PromptValues
					variables={chosen.variables}
					values={values}
					onChange={(promptValues) =>
						props.onChange({ promptVersionId: versionId, promptLabel: followed, promptValues })
					}
				/>
			) : null}
		</>
	);
}
