import { isDeepStrictEqual } from "node:util";
import type { Search, SearchResult } from "@/server/knowledge/contract";
import { searchFor, searchQuery } from "../graphs/assistant/query";
import type { ClaimedRun } from "./lease";

/**
 * A new thread's first question is searched for as it was asked: that is begun while its graph gets ready. Answers with what was
 * begun to whoever asks for the same, once.
 */
export function beginSearch(
	run: ClaimedRun,
	collectionIds: string[] | null,
	search: (input: Search) => Promise<SearchResult>,
): ((input: Search) => Promise<SearchResult> | null) | null {
	if (run.agent.graph !== "assistant" || run.conversation || run.history.length > 0 || !beginsWithSearch(run))
		return null;
	const wanted = searchFor(searchQuery(run.question, []), collectionIds);
	let begun: Promise<SearchResult> | null = search(wanted);
	// Where the run ends before it asks, nobody hears of it.
	begun.catch(() => {});
	return (input) => {
		if (!isDeepStrictEqual(input, wanted)) return null;
		const found = begun;
		begun = null;
		return found;
	};
}

export const beginsWithSearch = ({ attempt, isForked, agent, collectionIds }: ClaimedRun): boolean =>
	attempt === 1 && !isForked && agent.graph !== "extract" && narrowed(agent.collectionIds, collectionIds)?.length !== 0;

/** What the agent may search and what this question asked for, where either sets a limit. */
export function narrowed(allowed: string[] | null, wanted: string[] | null): string[] | null {
	if (!allowed) return wanted;
	return wanted ? wanted.filter((id) => allowed.includes(id)) : allowed;
}
