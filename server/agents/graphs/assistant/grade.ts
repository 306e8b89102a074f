import type { Passage } from "@/server/knowledge/contract";

/** Cosines of the local embeddings: unrelated texts lie under 0.25, passages that answer a question mostly above 0.45. */
const surelyAbout = 0.45;
const perhapsAbout = 0.3;

/**
 * Whether a passage speaks of what was asked: its meaning is near, or enough of the question's words stand in it. Search
 * always finds the nearest passages, however far they are; answering from those would be invention.
 */
export function supports(passage: Passage): boolean {
	const { similarity, matchedTerms, queryTermCount } = passage;
	if (similarity !== null && similarity >= surelyAbout) return true;
	const share = queryTermCount === 0 ? 0 : matchedTerms.length / queryTermCount;
	// People ask in other words than documents use: one shared word beside a near meaning is worth a look by the model.
	if (similarity !== null && similarity >= perhapsAbout) return share >= 0.2;
	// A single word in common proves little, unless it was the whole question.
	const enough = matchedTerms.length >= 2 || queryTermCount === 1;
	return enough && share >= 0.6;
}

/** The places of those that do. */
export const supportingPlaces = (passages: readonly Passage[]): number[] =>
	passages.flatMap((passage, place) => (supports(passage) ? [place] : []));
