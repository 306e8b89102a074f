"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import styles from "./agents.module.css";

const words = {
	graph: "Graph",
	prompt: "Prompt",
	model: "Model",
	collections: "Looks in",
	tools: "Tools",
	approvalTools: "Waits for approval",
	caps: "A run takes at most",
} as const;

/** What differs between two versions; without `to`, between one and the draft: whoever saves that has agents read anew. */
export function VersionChanges({ agentId, from, to }: { agentId: string; from: number; to?: number }) {
	const api = useApi();
	const query = useQuery(
		api.agents.compareVersions.queryOptions({ agentId, from, ...(to === undefined ? {} : { to }) }),
	);
	if (!query.data)
		return query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null;
	const { changes } = query.data;
	const label = `What is new since version ${from}`;
	if (changes.length === 0) return <p>Nothing differs from version {from}.</p>;
	return (
		<table className={styles.changes} aria-label={label}>
			<tbody>
				{changes.map(({ field, before, after }) => (
					<tr key={field}>
						<th scope="row">{words[field]}</th>
						<td>
							{before.map((word) => (
								<del key={word}>
									<span aria-hidden="true">− </span>
									{word}
								</del>
							))}
							{after.map((word) => (
								<ins key={word}>
									<span aria-hidden="true">+ </span>
									{word}
								</ins>
							))}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
