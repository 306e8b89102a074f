import { drop } from "./dropped";
import type { Block } from "./page";

/** Never seen by a reader, or not what the page is about. */
const dropped = new Set(
	"script style noscript template svg iframe object embed audio video canvas button select textarea input nav footer head".split(
		" ",
	),
);
const headings = new Map([1, 2, 3, 4, 5, 6].map((level) => [`h${level}`, level]));
const blocks = new Set(
	"address article aside blockquote body caption dd details div dl dt fieldset figcaption figure form header hgroup hr html legend main ol p pre section summary table tbody tfoot thead ul".split(
		" ",
	),
);
const hiddenStyle = /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])/i;

/** The text of a whole page: its main part, where it has one that holds most of it. */
export async function readHtml(html: string): Promise<Block[]> {
	// Libraries are loaded where they are used: each file has a process of its own, which needs one of them or none.
	const { parseHTML } = await import("linkedom");
	const { document } = parseHTML(html);
	// Where a page has no body, asking for `document.body` would make an empty one.
	const all = walk(document.querySelector("body") ?? document);
	const mains = document.querySelectorAll("main, [role=main]");
	const main = mains.length === 1 && mains[0] ? walk(mains[0]) : null;
	const found = main && size(main.blocks) > size(all.blocks) / 2 ? main : all;
	const { blocks } = found;
	drop("hiddenText", found.hidden);
	drop("pictures", found.pictures);
	const title = document.querySelector("title")?.textContent?.trim();
	const hasTitle = blocks.some((block) => block.kind === "heading" && block.level === 1);
	return title && !hasTitle ? [{ kind: "heading", level: 1, text: title }, ...blocks] : blocks;
}

/** The text of a piece of a page that we made ourselves, such as a converter's. */
export const readHtmlPart = (html: string): Promise<Block[]> =>
	readHtml(`<!doctype html><html><body>${html}</body></html>`);

const size = (blocks: Block[]) => blocks.reduce((sum, block) => sum + block.text.length, 0);

/** Depth is the file's choice, so there is no recursion here. */
function walk(root: Node): BlockWriter {
	const writer = new BlockWriter();
	let node: Node | null = root;
	while (node) {
		const child: Node | null = node === root || enter(node, writer) ? node.firstChild : null;
		if (child) {
			node = child;
			continue;
		}
		while (node && node !== root && !node.nextSibling) {
			leave(node, writer);
			node = node.parentNode;
		}
		if (!node || node === root) break;
		leave(node, writer);
		node = node.nextSibling;
	}
	writer.end();
	return writer;
}

// The document is linkedom's, which has no `instanceof` of ours: the node type decides.
const isElement = (node: Node): node is Element => node.nodeType === 1;

/** Whether to go on to what is in the node. */
function enter(node: Node, writer: BlockWriter): boolean {
	if (node.nodeType === 3) writer.text(node.textContent ?? "");
	if (!isElement(node)) return false;
	const name = node.localName;
	if (name === "img") writer.pictures++;
	if (dropped.has(name)) return false;
	if (isHidden(node)) {
		if (node.textContent?.trim()) writer.hidden++;
		return false;
	}
	if (name === "br") writer.text("\n", true);
	else writer.begin(name);
	return true;
}

function leave(node: Node, writer: BlockWriter): void {
	if (isElement(node)) writer.leave(node.localName);
}

const isHidden = (element: Element) =>
	element.hasAttribute("hidden") ||
	element.getAttribute("aria-hidden") === "true" ||
	hiddenStyle.test(element.getAttribute("style") ?? "");

/** Gathers inline text and closes it where a block begins or ends. In a cell, blocks are only spaces: a row is a line. */
class BlockWriter {
	readonly blocks: Block[] = [];
	hidden = 0;
	pictures = 0;
	private inline = "";
	private cells: string[] = [];
	private cellDepth = 0;
	private preDepth = 0;
	private itemDepth = 0;
	private startsItem = false;

	text(text: string, isBreak = false): void {
		this.inline += this.preDepth > 0 || isBreak ? text : text.replace(/\s+/g, " ");
	}

	begin(name: string): void {
		if (this.cellDepth > 0 && name !== "td" && name !== "th") {
			if (blocks.has(name) || headings.has(name) || name === "li" || name === "tr") this.inline += " ";
		} else if (blocks.has(name) || headings.has(name) || name === "li" || name === "tr") this.end();
		if (name === "pre") this.preDepth++;
		if (name === "li" && this.cellDepth === 0) {
			this.itemDepth++;
			this.startsItem = true;
		}
		if (name === "td" || name === "th") this.cellDepth++;
	}

	leave(name: string): void {
		if (name === "pre") this.preDepth--;
		if (name === "td" || name === "th") this.leaveCell();
		else if (name === "tr" && this.cellDepth === 0) this.leaveRow();
		else if (this.cellDepth > 0) {
			if (blocks.has(name)) this.inline += " ";
		} else if (headings.has(name)) this.close({ kind: "heading", level: headings.get(name) ?? 1 });
		else if (name === "li") {
			this.end();
			this.itemDepth--;
		} else if (blocks.has(name)) this.end();
	}

	end(): void {
		if (this.itemDepth > 0) this.close({ kind: "item" });
		else this.close({ kind: "paragraph" });
	}

	private leaveCell(): void {
		this.cellDepth = Math.max(0, this.cellDepth - 1);
		// The cell of a table in a cell stays part of the outer one.
		if (this.cellDepth > 0) {
			this.inline += " ";
			return;
		}
		this.cells.push(this.inline.replace(/\s+/g, " ").trim());
		this.inline = "";
	}

	private leaveRow(): void {
		const text = this.cells.filter(Boolean).length > 0 ? this.cells.join(" | ") : "";
		this.cells = [];
		if (text) this.blocks.push({ kind: "row", text });
	}

	private close(block: { kind: "heading"; level: number } | { kind: "paragraph" | "item" }): void {
		const text = this.inline.trim();
		this.inline = "";
		if (!text) return;
		const isFirst = block.kind === "item" && this.startsItem;
		this.startsItem = false;
		this.blocks.push({ ...block, text: isFirst ? `- ${text}` : text });
	}
}
