import { coverage, meaningfulWords, sentences } from "./words";

export const extractiveName = "built-in extractive";

const mostQuotes = 3;
const longestQuote = 600;
/** A quote needs this share of the best one's worth to stand beside it. */
const nearBest = 0.6;

/**
 * Quotations can't say that they are beside the question, so there are none unless a passage holds more than half of the
 * question's words, or means nearly the same.
 */
const leastShared = 0.5;
const surelyNear = 0.55;

/** `marker` is the number that the answer cites it by. */
export type QuotablePassage = { marker: number; heading: string; text: string; similarity: number | null };

type Candidate = { marker: number; at: number; text: string; words: Set<string>; worth: number };

/**
 * Answers from the passages alone: the sentences that share most with the question, word for word and cited. Null where
 * none shares enough.
 */
export function quoteAnswer(question: string, passages: readonly QuotablePassage[]): string | null {
	const asked = new Set(meaningfulWords(question));
	if (!passages.some((passage) => isToThePoint(asked, passage))) return null;
	const candidates = passages.flatMap(candidatesOf);
	const rarity = rarities(asked, candidates);
	const places = new Map(passages.map(({ marker }, place) => [marker, place]));
	const headings = new Map(
		passages.map(({ marker, heading }) => [marker, coverage(asked, new Set(meaningfulWords(heading)))]),
	);
	const similarities = new Map(passages.map(({ marker, similarity }) => [marker, similarity ?? 0]));
	for (const candidate of candidates) {
		const { marker, words } = candidate;
		let shared = 0;
		for (const [word, weight] of rarity) if (words.has(word)) shared += weight;
		const place = 1 / (1 + 0.25 * (places.get(marker) ?? 0));
		const closeness = Math.max(0, similarities.get(marker) ?? 0);
		candidate.worth = (shared + 0.15 * (headings.get(marker) ?? 0) + 0.25 * closeness) * (0.5 + 0.5 * place);
	}
	const ranked = candidates.sort((a, b) => b.worth - a.worth);
	const best = ranked[0];
	if (!best || best.worth === 0) return null;
	const chosen: Candidate[] = [];
	for (const candidate of ranked) {
		if (chosen.length === mostQuotes || candidate.worth < best.worth * nearBest) break;
		const saysNew = chosen.every(({ words }) => coverage(candidate.words, words) < 0.8);
		if (saysNew) chosen.push(candidate);
	}
	return chosen.map(({ text, marker }) => `“${text}” [${marker}]`).join("\n\n");
}

function isToThePoint(asked: ReadonlySet<string>, { heading, text, similarity }: QuotablePassage): boolean {
	const words = new Set(meaningfulWords(`${heading} ${text}`));
	return coverage(asked, words) > leastShared || (similarity ?? 0) >= surelyNear;
}

function candidatesOf({ marker, heading, text }: QuotablePassage): Candidate[] {
	return sentences(text).flatMap((sentence, at) => {
		const quote = sentence.text
			.replace(/\s+/gu, " ")
			.replace(/^(?:[-*+•>]|#+|\d+[.)])\s+/u, "")
			.replace(/[“”]/gu, "'");
		const words = new Set(meaningfulWords(quote));
		// A heading says what follows, and nothing by itself.
		if (words.size < 3 || heading.includes(quote)) return [];
		return [{ marker, at, text: shortened(quote), words, worth: 0 }];
	});
}

/** How much a word of the question tells: one that stands in every sentence tells little. The weights add up to 1. */
function rarities(asked: ReadonlySet<string>, candidates: readonly Candidate[]): Map<string, number> {
	const weights = [...asked].map((word): [string, number] => {
		const holders = candidates.filter(({ words }) => words.has(word)).length;
		return [word, Math.log(1 + (candidates.length + 1) / (holders + 1))];
	});
	const total = weights.reduce((sum, [, weight]) => sum + weight, 0) || 1;
	return new Map(weights.map(([word, weight]) => [word, weight / total]));
}

function shortened(quote: string): string {
	if (quote.length <= longestQuote) return quote;
	const cut = quote.slice(0, longestQuote);
	return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), longestQuote / 2)).toWellFormed()} …`;
}
