"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { say } from "@/components/ui/say";
import type { Bench, BenchWindow } from "@/server/playground/contract";
import { loaded, withWindow } from "./bench-state";
import styles from "./playground.module.css";

/** Which version of which prompt the window's text was begun from; another one takes its place. */
export function WindowSource(props: {
	title: string;
	window: BenchWindow;
	onBench: (change: (bench: Bench) => Bench) => void;
}) {
	const api = useApi();
	const client = useClient();
	const { id, from } = props.window;
	const [isLoading, setLoading] = useState(false);
	const prompts = useQuery(api.prompts.list.queryOptions({ limit: 200, sort: "name" }));
	const rows = prompts.data?.rows ?? [];
	const prompt = rows.find((row) => row.id === from?.promptId);
	const load = async (promptId: string, version?: number) => {
		if (!promptId) return props.onBench((bench) => withWindow(bench, id, { from: null }));
		setLoading(true);
		try {
			const history = await client.prompts.get.query({ promptId });
			props.onBench((bench) => loaded(bench, id, history, version));
		} catch (error) {
			say(toFailure(error).message, "failed");
		} finally {
			setLoading(false);
		}
	};
	const labelsOf = (version: number) =>
		prompt?.labels.filter((label) => label.version === version).map(({ name }) => name) ?? [];
	return (
		<div className={styles.source}>
			<label className={styles.field}>
				<span>Prompt</span>
				<select
					aria-label={`Prompt of ${props.title}`}
					disabled={isLoading}
					value={prompt?.id ?? ""}
					onChange={(event) => void load(event.target.value)}
				>
					<option value="">{from && !prompt ? "One that is not here" : "A text of its own"}</option>
					{rows.map(({ id: promptId, name }) => (
						<option key={promptId} value={promptId}>
							{name}
						</option>
					))}
				</select>
			</label>
			{prompt && from ? (
				<label className={styles.field}>
					<span>Version</span>
					<select
						aria-label={`Version of ${props.title}`}
						disabled={isLoading}
						value={String(from.version)}
						onChange={(event) => void load(prompt.id, Number(event.target.value))}
					>
						{Array.from({ length: prompt.latestVersion }, (_, at) => prompt.latestVersion - at).map((version) => (
							<option key={version} value={String(version)}>
								{[String(version), ...labelsOf(version)].join(" · ")}
							</option>
						))}
					</select>
				</label>
			) : null}
		</div>
	);
}
