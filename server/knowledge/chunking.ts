import type { Heading, ParsedPage } from "./parsing";

/** A passage: `page.text.slice(start, end)` of its page, exactly. `heading` is the path of headings above it. */
export type Chunk = { ordinal: number; page: number; start: number; end: number; heading: string; text: string };

/** How passages are cut: characters of one at most, and how many it repeats of the one before it in its section. */
export type Cutting = { chunkSize: number; chunkOverlap: number };
export const usualCutting: Cutting = { chunkSize: 1000, chunkOverlap: 0 };

type Sizes = {
	full: number;
	leastFull: number;
	/** Below this, a passage says too little by itself: it goes together with a neighbour that has room. */
	tiny: number;
	/** The rest of a section is evened out with the piece before it when it would be shorter than this. */
	leastRest: number;
	overlap: number;
};
/** What is repeated counts as part of the passage, so that none is longer than asked for. */
const sizesOf = ({ chunkSize, chunkOverlap: overlap }: Cutting): Sizes => {
	const full = chunkSize - overlap;
	const part = (share: number) => Math.floor(full * share);
	return { full, leastFull: part(0.9), tiny: part(0.3), leastRest: part(0.2), overlap };
};
const longestHeading = 300;
const hasWords = /[\p{L}\p{N}]/u;

type Span = { start: number; end: number };
type Section = Span & { heading: string };

/** Cuts a document, page after page, into passages of nine tenths of the size to all of it where its text allows; none crosses a page. */
export class Chunker {
	private readonly path: Heading[] = [];
	private count = 0;
	private readonly sizes: Sizes;

	constructor(cutting: Cutting = usualCutting) {
		this.sizes = sizesOf(cutting);
	}

	add({ page, text, headings }: ParsedPage): Chunk[] {
		const pieces = sections(text, headings, this.path).flatMap((section) =>
			cut(text, section, this.sizes).map((span) => ({ ...span, heading: section.heading })),
		);
		return mergeTiny(pieces, this.sizes).flatMap(({ start, end, heading }) => {
			const passage = text.slice(start, end);
			return hasWords.test(passage) ? [{ ordinal: this.count++, page, start, end, heading, text: passage }] : [];
		});
	}
}

/** What is searched for a passage: its text, under the headings that it doesn't begin with itself. */
export function searchText({ heading, text }: Pick<Chunk, "heading" | "text">): string {
	const above = heading.split(separator).filter((part) => part && !text.startsWith(part));
	return [...above, text].join("\n");
}

const separator = " › ";

/** A page's text from heading to heading. `path` goes on from page to page. */
function sections(text: string, headings: Heading[], path: Heading[]): Section[] {
	const found: Section[] = [];
	let start = 0;
	const close = (end: number) => {
		const span = trim(text, { start, end });
		if (span.end > span.start) found.push({ ...span, heading: pathText(path) });
		start = end;
	};
	for (const heading of headings) {
		close(heading.at);
		while (path.length > 0 && (path.at(-1)?.level ?? 0) >= heading.level) path.pop();
		path.push(heading);
	}
	close(text.length);
	return found;
}

const pathText = (path: Heading[]) =>
	path
		.map((heading) => heading.text)
		.join(separator)
		.slice(0, longestHeading)
		.toWellFormed();

function cut(text: string, section: Span, sizes: Sizes): Span[] {
	const pieces = cutApart(text, section, sizes);
	return sizes.overlap === 0 ? pieces : pieces.map((piece) => reachBack(text, section, piece, sizes.overlap));
}

/** Lets a piece begin that much earlier, at the beginning of a word. */
function reachBack(text: string, section: Span, { start, end }: Span, overlap: number): Span {
	if (start === section.start) return { start, end };
	const earliest = Math.max(section.start, start - overlap);
	const word = earliest === section.start ? 0 : text.slice(earliest, start).search(/\s\S/) + 1;
	return { start: earliest + word, end };
}

function cutApart(text: string, section: Span, { full: fullSize, leastFull, leastRest }: Sizes): Span[] {
	const pieces: Span[] = [];
	let rest = section;
	while (rest.end - rest.start > fullSize) {
		const at = cutBetween(text, rest.start + leastFull, rest.start + fullSize);
		pieces.push(trim(text, { start: rest.start, end: at }));
		rest = trim(text, { start: at, end: rest.end });
	}
	const before = pieces.at(-1);
	if (!before || rest.end - rest.start >= leastRest) return [...pieces, rest];
	const middle = Math.ceil((before.start + rest.end) / 2);
	const at = cutBetween(text, middle - leastRest / 2, middle + leastRest / 2);
	const halves = [trim(text, { start: before.start, end: at }), trim(text, { start: at, end: rest.end })];
	return [...pieces.slice(0, -1), ...halves].filter((span) => span.end > span.start);
}

/** Kinds of places to cut at, the best first: after a paragraph, a sentence, a line, a word. */
const boundaries = [/\n\n/g, /[.!?…。！？]["'”’)\]]*\s/g, /\n/g, /\s/g];

/** The last best place to cut in a window; in the middle of a word only where there is no other. */
function cutBetween(text: string, from: number, to: number): number {
	const window = text.slice(from, to + 1);
	for (const boundary of boundaries) {
		const last = [...window.matchAll(boundary)].at(-1);
		if (last) return from + last.index + last[0].length;
	}
	// Never between the two halves of one character.
	const unit = text.charCodeAt(to - 1);
	return unit >= 0xd800 && unit < 0xdc00 ? to - 1 : to;
}

function mergeTiny(pieces: Section[], { full: fullSize, tiny }: Sizes): Section[] {
	const merged: Section[] = [];
	for (const piece of pieces) {
		const last = merged.at(-1);
		const isTiny = (span: Span) => span.end - span.start < tiny;
		if (last && (isTiny(last) || isTiny(piece)) && piece.end - last.start <= fullSize) last.end = piece.end;
		else merged.push({ ...piece });
	}
	return merged;
}

function trim(text: string, { start, end }: Span): Span {
	let from = start;
	let to = end;
	while (from < to && /\s/.test(text.charAt(from))) from++;
	while (to > from && /\s/.test(text.charAt(to - 1))) to--;
	return { start: from, end: to };
}
