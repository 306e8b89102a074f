import type { Search } from "@/server/knowledge/contract";
import { meaningfulWords } from "@/server/models/words";
import type { Turn } from "./state";

/** What a question that leans on the one before it tends to hold. */
const leaning =
	/\b(it|its|they|them|their|he|she|him|her|his|there|same|such)\b|\b(this|that|these|those|one|ones)\b(?=\s*[?.!,]|\s*$|\s+(is|are|was|were|mean|means|apply|applies)\b)/i;
const continuing = /^(and|or|but|so|also|what about|how about|why|when|where|who)\b/i;
const longestQuery = 4_000;

/** Whether a question may leave out what was said before; one of many words that points at nothing stands by itself. */
export const mayLean = (question: string): boolean => meaningfulWords(question).length < 6 || leaning.test(question);

/** Whether a question means nothing without the one that it belongs to, as "who approves it" does. */
export const pointsBack = (question: string): boolean => meaningfulWords(question).length < 2 || leaning.test(question);

/** The words to search by. A follow-up such as "and for part-time staff?" means nothing without the question before it. */
export function searchQuery(question: string, history: readonly Turn[]): string {
	const previous = history.at(-1)?.question;
	const words = meaningfulWords(question).length;
	const leans = words < 2 || (words < 5 && continuing.test(question)) || (words < 8 && leaning.test(question));
	const query = previous && leans ? `${previous}\n${question}` : question;
	return query.length <= longestQuery ? query : query.slice(-longestQuery).toWellFormed();
}

const mostPassages = 8;

/** The search that an answer begins with. */
export const searchFor = (query: string, collectionIds: string[] | null): Search => ({
	query,
	limit: mostPassages,
	...(collectionIds ? { collectionIds } : {}),
});
