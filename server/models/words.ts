/** Words that carry no meaning of their own, in the language that the local embeddings know. */
const common = new Set(
	(
		"a an and any are as at be been being but by can could did do does doing for from had has have having he her hers him his how i if in into is it its " +
		"itself just let me may might more most must my no nor not of off on once only or other our ours out over own per please same shall she should so some such " +
		"tell than that the their theirs them themselves then there these they this those through to too under until up very was we were what when where " +
		"which while who whom why will with would you your yours about after again all also because before between both down during each few further here many much"
	).split(" "),
);

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{2,}/u;

/** The meaningful words of a text, shortened so that "requests" and "requested" are one; repeated ones repeat. */
export function meaningfulWords(text: string): string[] {
	const words =
		text
			.normalize("NFKC")
			.toLowerCase()
			.match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? [];
	return words.flatMap((word) => {
		if (unspaced.test(word)) return pairs(word);
		const plain = word.replace(/['’].*$/u, "");
		return common.has(plain) || (plain.length < 2 && !/\p{N}/u.test(plain)) ? [] : [shorten(plain)];
	});
}

/** Scripts without spaces between words are compared by pairs of letters. */
const pairs = (word: string): string[] => [...word].slice(0, -1).map((letter, at) => letter + [...word][at + 1]);

/** Rough on purpose: both sides of a comparison are cut the same way. */
function shorten(word: string): string {
	if (word.length < 5 || /\p{N}/u.test(word)) return word.length === 4 ? word.replace(/([^s])s$/, "$1") : word;
	const cut = word
		.replace(/(?:sses)$/, "ss")
		.replace(/ies$/, "y")
		.replace(/([^su])s$/, "$1")
		.replace(/(?:ations?|ating|ated|ates|ate)$/, "at")
		.replace(/(?:ingly|ing|edly|ed|ely|ly|ment)$/, "")
		.replace(/([bdfglmnprt])\1$/, "$1")
		.replace(/[ey]$/, "");
	return cut.length >= 3 ? cut : word;
}

/** The share of `wanted` that stands in `found`, 0 to 1; 1 for nothing wanted. */
export function coverage(wanted: ReadonlySet<string>, found: ReadonlySet<string>): number {
	if (wanted.size === 0) return 1;
	let met = 0;
	for (const word of wanted) if (found.has(word)) met += 1;
	return met / wanted.size;
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
/** Cells of a table's row stand between " | ", as documents are read. */
const block = /[^\n]* \| [^\n]*|[^\n]+(?:\n(?!\s*(?:\n|[-*+•|#>]|\d+[.)]\s)|[^\n]* \| )[^\n]+)*/gu;
const leadingMarkers = /^(?:\s*\[\d+\])+(?:\s*[.,;])?/u;

export type Sentence = { start: number; end: number; text: string };

/** The sentences of a text with where they stand, in UTF-16 units. A line of a list or a table is one of its own. */
export function sentences(text: string): Sentence[] {
	return [...text.matchAll(block)].flatMap((found) => sentencesOfBlock(text, found[0], found.index));
}

function sentencesOfBlock(text: string, blockText: string, offset: number): Sentence[] {
	const found: Sentence[] = [];
	const add = (start: number, end: number) => {
		const raw = text.slice(start, end);
		const from = start + raw.length - raw.trimStart().length;
		const to = start + raw.trimEnd().length;
		if (to > from) found.push({ start: from, end: to, text: text.slice(from, to) });
	};
	// A single line break within a block is the page's, not the sentence's.
	for (const { segment, index } of segmenter.segment(blockText.replaceAll("\n", " "))) {
		const start = offset + index;
		const last = found.at(-1);
		const markers = last ? (leadingMarkers.exec(segment)?.[0].length ?? 0) : 0;
		if (last && markers > 0) {
			// "… a year. [1] Ask first." The marker belongs to what stands before it.
			last.end = start + markers;
			last.text = text.slice(last.start, last.end);
		}
		add(start + markers, start + segment.length);
	}
	return found;
}
