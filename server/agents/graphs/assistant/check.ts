import type { Passage } from "@/server/knowledge/contract";
import { coverage, meaningfulWords, sentences } from "@/server/models/words";
import type { Citation } from "@/server/runs/contract";
import { abstention } from "./prompt";

const snippetLength = 240;
/** Share of a sentence's words that its passages must hold. */
const enoughWords = 0.5;
/** What cites nothing must lie nearer to some passage. */
const enoughUncited = 0.7;

export type Checked = {
	text: string;
	/** Those that the text cites, by marker. */
	citations: Citation[];
	unsupported: { start: number; end: number }[];
	sentenceCount: number;
	/** Sentences that passages of two documents say, of those that the answer cites. */
	agreeing: number;
	/** The text cited passages that there are not. */
	hadUnknownMarkers: boolean;
};

export function toCitation(passage: Passage, index: number): Citation {
	const { chunkId, documentId, documentName, collectionId, page, pageCount } = passage;
	const flat = passage.text.replace(/\s+/gu, " ").trim();
	const snippet = flat.length <= snippetLength ? flat : `${flat.slice(0, snippetLength).toWellFormed()}…`;
	return { marker: index + 1, chunkId, documentId, documentName, collectionId, page, pageCount, snippet };
}

/** Holds an answer against the passages that it cites: what it cites must exist, what it says must stand there. */
export function checkAnswer(answer: string, passages: readonly Passage[]): Checked {
	const { text, hadUnknownMarkers } = withKnownMarkers(answer, passages.length);
	const words = passages.map(once((passage) => wordsOf(`${passage.heading} ${passage.text}`)));
	const unsupported: Checked["unsupported"] = [];
	let sentenceCount = 0;
	let agreeing = 0;
	// Only of those: the others' words nobody needs.
	const used = [...new Set(markersIn(text))];
	for (const sentence of sentences(text)) {
		const said = new Set(meaningfulWords(sentence.text.replace(marker, " ")));
		// A heading, "Yes." or "In short:" claims nothing by itself.
		if (said.size < 3 || sentence.text.startsWith(abstention) || heading.test(sentence.text)) continue;
		sentenceCount += 1;
		const cited = markersIn(sentence.text).flatMap((number) => words[number - 1]?.() ?? []);
		if (!isSupported(said, cited, words) || isMisquoted(sentence.text, passages))
			unsupported.push({ start: sentence.start, end: sentence.end });
		else if (used.length > 1) {
			const saying = used.filter((number) => isSaidBy(said, words[number - 1]?.()));
			if (new Set(saying.map((number) => passages[number - 1]?.documentId)).size > 1) agreeing += 1;
		}
	}
	const citations = passages.map(toCitation).filter((citation) => used.includes(citation.marker));
	return { text, citations, unsupported, sentenceCount, agreeing, hadUnknownMarkers };
}

const quotation = /[“"„«]([^“”"„«»]{12,600})[”"“»]/g;
const fewestWords = 4;
/** What makes no difference to what is said: kinds of quotation marks and dashes, spaces, case, the end of a sentence. */
const plain = (text: string): string =>
	text
		.normalize("NFKC")
		.toLowerCase()
		.replace(/[‘’`´]/g, "'")
		.replace(/[‐-―]/g, "-")
		.replace(/\s+/gu, " ")
		.replace(/^[\s.,;:!?]+|[\s.,;:!?]+$/g, "");

/** What stands in quotation marks must stand word for word in a passage that its sentence cites; where it cites none, in any. */
function isMisquoted(sentence: string, passages: readonly Passage[]): boolean {
	const quoted = [...sentence.matchAll(quotation)].flatMap(([, text = ""]) => text.split(/\[?(?:…|\.\.\.)\]?/));
	const parts = quoted
		.map((text) => plain(text.replace(marker, "")))
		.filter((text) => text.split(" ").length >= fewestWords);
	if (parts.length === 0) return false;
	const cited = markersIn(sentence).flatMap((number) => passages[number - 1] ?? []);
	const texts = (cited.length > 0 ? cited : passages).map(({ text }) => plain(text));
	return parts.some((part) => !texts.some((text) => text.includes(part)));
}

function isSupported(
	said: ReadonlySet<string>,
	cited: readonly ReadonlySet<string>[],
	all: readonly (() => ReadonlySet<string>)[],
): boolean {
	if (cited.length === 0)
		return all.some((words) => coverage(said, words()) >= enoughUncited && hasNumbers(said, words()));
	const together = new Set(cited.flatMap((passage) => [...passage]));
	return coverage(said, together) >= enoughWords && hasNumbers(said, together);
}

const isSaidBy = (said: ReadonlySet<string>, words: ReadonlySet<string> | undefined): boolean =>
	words !== undefined && coverage(said, words) >= enoughWords && hasNumbers(said, words);

/** A wrong number hides behind many right words, so each has to stand there itself. */
const hasNumbers = (said: ReadonlySet<string>, found: ReadonlySet<string>): boolean =>
	[...said].every((word) => !/^\p{N}+$/u.test(word) || found.has(word));

/** What is asked for is worked out, and only once: most passages are cited by no sentence. */
const once =
	<In, Out>(work: (input: In) => Out) =>
	(input: In): (() => Out) => {
		let known: { out: Out } | undefined;
		return () => {
			known ??= { out: work(input) };
			return known.out;
		};
	};

const wordsOf = (text: string): ReadonlySet<string> => new Set(meaningfulWords(text));

const heading = /^#{1,6}\s/;
const marker = /\[(\d{1,3})\]/g;
const markersIn = (text: string): number[] => [...text.matchAll(marker)].map(([, number]) => Number(number));

function withKnownMarkers(answer: string, count: number): { text: string; hadUnknownMarkers: boolean } {
	let hadUnknownMarkers = false;
	const text = answer
		.replace(/\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})+)\]/g, (_, list: string) =>
			list
				.split(/[,;]/)
				.map((number) => `[${number.trim()}]`)
				.join(""),
		)
		.replace(/[ \t]?\[(\d{1,3})\]/g, (whole, number: string) => {
			const isKnown = Number(number) >= 1 && Number(number) <= count;
			hadUnknownMarkers ||= !isKnown;
			return isKnown ? whole : "";
		});
	return { text: text.trim(), hadUnknownMarkers };
}
