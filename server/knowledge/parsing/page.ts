import { z } from "zod";
import { unreadable } from "./failure";
import { cleanLine, cleanText } from "./text";

/** A piece of a document in reading order. Rows and items follow each other closely; the rest stands apart. */
export type Block =
	| { kind: "heading"; level: number; text: string }
	| { kind: "paragraph" | "row" | "item"; text: string };

export const Heading = z.object({ at: z.int().min(0), level: z.int().min(1).max(6), text: z.string() });
/** `at`: where it stands in its page's text, in UTF-16 units. */
export type Heading = z.infer<typeof Heading>;
export const ParsedPage = z.object({ page: z.int().min(1), text: z.string(), headings: z.array(Heading) });
export type ParsedPage = z.infer<typeof ParsedPage>;

export const mostText = 20_000_000;
/** Formats without pages are cut into parts of about this size, so that nobody has to load all of a long one. */
const partSize = 60_000;

/** Writes blocks down as one page's text. */
export function writePage(page: number, blocks: Iterable<Block>): ParsedPage {
	const headings: Heading[] = [];
	const parts: string[] = [];
	let length = 0;
	let previous: Block | null = null;
	for (const block of blocks) {
		const text = block.kind === "paragraph" ? cleanText(block.text) : cleanLine(block.text);
		if (!text) continue;
		const gap = previous ? gapBetween(previous, block) : "";
		parts.push(gap, text);
		if (block.kind === "heading") headings.push({ at: length + gap.length, level: block.level, text });
		length += gap.length + text.length;
		if (length > mostText) throw unreadable("tooMuchText");
		previous = block;
	}
	return { page, text: parts.join(""), headings };
}

const gapBetween = (before: Block, after: Block) =>
	before.kind === after.kind && (after.kind === "row" || after.kind === "item") ? "\n" : "\n\n";

/** Parts of a document without pages, each ending between two blocks. */
export function* writeParts(blocks: Iterable<Block>): Generator<ParsedPage> {
	let page = 0;
	let size = 0;
	let part: Block[] = [];
	for (const whole of blocks) {
		for (const block of cutBlock(whole)) {
			if (size > 0 && size + block.text.length > partSize) {
				yield writePage(++page, part);
				part = [];
				size = 0;
			}
			part.push(block);
			size += block.text.length;
		}
	}
	if (part.length > 0) yield writePage(++page, part);
}

/** A paragraph that is longer than a part is cut at line ends, or where there are none, at spaces. */
function* cutBlock(block: Block): Generator<Block> {
	let rest = block.text;
	while (rest.length > partSize) {
		const window = rest.slice(0, partSize);
		const at = Math.max(window.lastIndexOf("\n"), partSize / 2) + 1;
		const end = window[at - 1] === "\n" ? at : Math.max(window.lastIndexOf(" ") + 1, at);
		yield { ...block, text: rest.slice(0, end) };
		rest = rest.slice(end);
	}
	yield { ...block, text: rest };
}
