import { randomUUID } from "node:crypto";
import type { Passage, SearchResult } from "@/server/knowledge/contract";

const leave = "All staff get 25 days of annual leave. Ask your manager two weeks before you take it.";

/** A passage as search finds it, near to the question unless told otherwise. */
export const testPassage = (text = leave, more: Partial<Passage> = {}): Passage => ({
	chunkId: 1,
	documentId: randomUUID(),
	documentName: "handbook.pdf",
	collectionId: randomUUID(),
	collectionName: "Handbook",
	mediaType: "application/pdf",
	addedAt: new Date("2026-11-01T08:00:00Z"),
	isRestricted: false,
	page: 3,
	pageCount: 12,
	heading: "Leave",
	text,
	before: "",
	after: "",
	score: 0.03,
	similarity: 0.7,
	lexicalScore: 7.2,
	rerankScore: null,
	lexicalRank: 1,
	vectorRank: 1,
	matchedTerms: ["annual", "leave"],
	queryTermCount: 3,
	grant: { on: "ownership", to: "" },
	duplicates: [],
	...more,
});

export const finds =
	(passages: Passage[] = [testPassage()], searchedCollections = 1) =>
	async (): Promise<SearchResult> => ({ passages, searchedCollections, degraded: null });
