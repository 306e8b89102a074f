import { randomUUID } from "node:crypto";
import type { Passage, SearchResult } from "@/server/knowledge/contract";

const leave = "All staff get 25 days of annual leave. Ask your manager two weeks before you take it.";

/** A passage as search finds it, near to the question unless told otherwise. */
export const testPassage = (text = leave, more: Partial<Passage> = {}): Passage => ({
	chunkId: 1,
	documentId: randomUUID(),
	documentName: "handbook.pdf",
	collectionId: randomUUID(),
	page: 3,
	pageCount: 12,
	heading: "Leave",
	text,
	score: 0.03,
	similarity: 0.7,
	lexicalRank: 1,
	vectorRank: 1,
	matchedTerms: ["annual", "leave"],
	queryTermCount: 3,
	...more,
});

export const finds =
	(passages: Passage[] = [testPassage()], searchedCollections = 1) =>
	async (): Promise<SearchResult> => ({ passages, searchedCollections });
