"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Difference } from "@/components/ui/difference";
import { ErrorView } from "@/components/ui/error-view";

const words = {
	graph: "Graph",
	extractSchema: "Extracts",
	answerSchema: "Answers fit",
	prompt: "Prompt",
	model: "Model",
	whenAway: "Where none answers",
	collections: "Looks in",
	tools: "Tools",
	approvalTools: "Waits for approval",
	caps: "A run takes at most",
	window: "Shares of the window",
	promptValues: "Values of its prompt",
	answering: "How it answers",
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
	if (changes.length === 0) return <p>Nothing differs from version {from}.</p>;
	return (
		<Difference
			label={`What is new since version ${from}`}
			from={`Version ${from}`}
			to={to === undefined ? "The draft" : `Version ${to}`}
			parts={changes.map(({ field, before, after }) => ({ name: words[field], before, after }))}
		/>
	);
}
