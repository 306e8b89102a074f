import type { Block } from "./page";
import { type Line, toColumns } from "./pdf-lines";

const longestHeading = 200;
/** In a column of fewer letters than about this times two, lines don't tell whether they were wrapped. */
const narrowestEms = 18;

const startsItem = /^(?:[•◦▪‣·–—*-]|\(?\d{1,3}[.)]|[a-z]\))\s/;

/** Font sizes of a document: what its body is set in, and what is larger, largest first. */
export type Sizes = { body: number; headings: number[] };

const rounded = (size: number) => Math.round(size * 2) / 2;

export function measureSizes(pages: Line[][]): Sizes {
	const letters = new Map<number, number>();
	for (const line of pages.flat()) {
		const size = rounded(line.size);
		letters.set(size, (letters.get(size) ?? 0) + line.text.length);
	}
	const [body = 0] = [...letters].sort((a, b) => b[1] - a[1])[0] ?? [];
	const headings = [...letters.keys()].filter((size) => size >= body * 1.15).sort((a, b) => b - a);
	return { body, headings };
}

/** A page's lines as paragraphs, headings and rows, in reading order. */
export function* toBlocks(lines: Line[], sizes: Sizes): Generator<Block> {
	for (const column of toColumns(lines)) {
		const pitch = median(column.slice(1).map((line, i) => line.y - (column[i]?.y ?? line.y)));
		const width = Math.max(...column.map((line) => line.end));
		let paragraph: Line[] = [];
		for (const line of column) {
			const last = paragraph.at(-1);
			if (last && breaksBetween(last, line, pitch)) {
				yield toBlock(paragraph, sizes, width);
				paragraph = [];
			}
			paragraph.push(line);
		}
		if (paragraph.length > 0) yield toBlock(paragraph, sizes, width);
	}
}

const breaksBetween = (before: Line, after: Line, pitch: number) =>
	Math.abs(after.size - before.size) > 0.1 * before.size ||
	after.y - before.y > Math.max(1.35 * Math.min(pitch, 2.2 * before.size), 1.2 * before.size);

function toBlock(lines: Line[], sizes: Sizes, right: number): Block {
	const text = lines.reduce((joined, line, i) => joined + separator(lines[i - 1], line, right) + line.text, "");
	const level = sizes.headings.indexOf(rounded(lines[0]?.size ?? 0));
	if (level >= 0 && text.length <= longestHeading) return { kind: "heading", level: Math.min(6, level + 1), text };
	return { kind: "paragraph", text: unhyphenate(text) };
}

/** A line that reaches the right edge was wrapped; one that ends before it ended there on purpose. */
function separator(before: Line | undefined, after: Line, right: number): string {
	if (!before) return "";
	if (before.isRow || after.isRow || startsItem.test(after.text)) return "\n";
	const width = right - before.x;
	return width > narrowestEms * before.size && before.end - before.x > 0.8 * width ? " " : "\n";
}

/** Puts a word that was cut at a line's end together again. */
const unhyphenate = (text: string) => text.replace(/(\p{Ll})[-\u2010] (?=\p{Ll})/gu, "$1");

function median(values: number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
