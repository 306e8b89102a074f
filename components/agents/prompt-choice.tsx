"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import styles from "./agents.module.css";
import type { Definition } from "./facts";

/** A prompt and which of its versions. An agent keeps the version that it was given, until somebody gives it another. */
export function PromptChoice(props: {
	current: Definition | undefined;
	value: string | null;
	onChange: (versionId: string | null) => void;
}) {
	const api = useApi();
	const prompts = useQuery(api.prompts.list.queryOptions({ limit: 200 }));
	const rows = prompts.data?.rows ?? [];
	const [chosenId, setChosenId] = useState<string | null>(null);
	const kept = props.value === null ? undefined : rows.find(({ name }) => name === props.current?.promptName);
	const prompt = rows.find(({ id }) => id === chosenId) ?? (chosenId === null ? kept : undefined);
	const history = useQuery({
		...api.prompts.get.queryOptions({ promptId: prompt?.id ?? "" }),
		enabled: prompt !== undefined,
	});
	const versions = history.data?.versions ?? [];
	const choose = (id: string) => {
		setChosenId(id);
		props.onChange(rows.find((row) => row.id === id)?.latestVersionId ?? null);
	};
	return (
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
				value={props.value ?? ""}
				onChange={(event) => props.onChange(event.currentTarget.value || null)}
				data={
					prompt && versions.length > 0
						? versions.map(({ id, version }) => ({
								value: id,
								label: version === prompt.latestVersion ? `${version} (latest)` : String(version),
							}))
						: [{ value: props.value ?? "", label: "–" }]
				}
			/>
		</div>
	);
}
