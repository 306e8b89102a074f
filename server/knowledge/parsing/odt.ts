import { drop } from "./dropped";
import { unreadable } from "./failure";
import { openOffice } from "./office";
import type { Block } from "./page";
import { type Attributes, readXml } from "./xml";

/** Not part of the text that is read: what was deleted, said about it, or only steers it. */
const skipped = new Set(["tracked-changes", "annotation", "forms", "sequence-decls", "object", "object-ole", "script"]);
const textBlocks = new Set(["p", "h"]);
const palest = /^#(?:f[0-9a-f]){3}$/i;

/** A text document as LibreOffice writes it. */
export function readOdt(file: Buffer): Block[] {
	const archive = openOffice(file, "odt", (one) => one.names().includes("content.xml"));
	const manifest = archive.read("META-INF/manifest.xml")?.toString("utf8") ?? "";
	if (manifest.includes("encryption-data")) throw unreadable("encrypted");
	const content = archive.read("content.xml");
	if (!content) throw unreadable("damaged");
	const hidden = new Set<string>();
	for (const part of [archive.read("styles.xml"), content]) if (part) readHiddenStyles(part, hidden);
	const reader = new TextReader(hidden);
	readXml(content, {
		open: (name, attributes) => reader.open(name, attributes),
		text: (text) => reader.text(text),
		close: (name) => reader.close(name),
	});
	return reader.blocks;
}

/** Styles whose letters nobody sees: not displayed, under 2 points, white without a ground of their own. */
function readHiddenStyles(part: Buffer, hidden: Set<string>): void {
	let style = "";
	readXml(part, {
		open: (name, attributes) => {
			if (name === "style") style = attributes.get("style:name") ?? "";
			if (name !== "text-properties" && name !== "section-properties") return;
			const size = Number.parseFloat(attributes.get("fo:font-size") ?? "12");
			const ground = attributes.get("fo:background-color") ?? "transparent";
			const isPale = palest.test(attributes.get("fo:color") ?? "") && (ground === "transparent" || palest.test(ground));
			if (attributes.get("text:display") === "none" || size < 2 || isPale) hidden.add(style);
		},
	});
}

class TextReader {
	readonly blocks: Block[] = [];
	private inline = "";
	private cells: string[] | null = null;
	private cell: string[] | null = null;
	private items = 0;
	private isItemBegun = false;
	private level = 1;
	private depth = 0;
	private isBody = false;
	/** How deep the element lies in which nothing is read. */
	private skippedFrom: number | null = null;

	constructor(private readonly hidden: Set<string>) {}

	open(name: string, attributes: Attributes): void {
		this.depth++;
		if (name === "body") this.isBody = true;
		if (!this.isBody || this.skippedFrom !== null) return;
		if (skipped.has(name)) this.skip(name === "annotation" ? "comments" : null);
		else if (this.isHidden(name, attributes)) this.skip("hiddenText");
		else if (name === "table-row" && attributes.get("table:visibility")) this.skip("hiddenRows");
		else this.begin(name, attributes);
	}

	text(text: string): void {
		if (this.isBody && this.skippedFrom === null) this.inline += text.replace(/\s+/g, " ");
	}

	close(name: string): void {
		if (this.skippedFrom === this.depth) this.skippedFrom = null;
		else if (this.isBody && this.skippedFrom === null) this.end(name);
		this.depth--;
	}

	private skip(what: "hiddenText" | "hiddenRows" | "comments" | null): void {
		this.skippedFrom = this.depth;
		if (what) drop(what);
	}

	private isHidden(name: string, attributes: Attributes): boolean {
		if (name === "hidden-text" || name === "hidden-paragraph") return true;
		if (attributes.get("text:display") === "none") return true;
		return this.hidden.has(attributes.get("text:style-name") ?? "");
	}

	private begin(name: string, attributes: Attributes): void {
		if (name === "h") this.level = Math.min(6, Math.max(1, Number(attributes.get("text:outline-level") ?? 1) || 1));
		else if (name === "s") this.inline += " ";
		else if (name === "tab") this.inline += " ";
		else if (name === "line-break") this.inline += "\n";
		else if (name === "image") drop("pictures");
		else if (name === "table-row") this.cells = [];
		else if (name === "table-cell") this.cell = [];
		else if (name === "list-item") {
			this.items++;
			this.isItemBegun = false;
		}
	}

	private end(name: string): void {
		if (textBlocks.has(name)) this.endBlock(name === "h");
		else if (name === "table-cell") {
			this.cells?.push((this.cell ?? []).join(" "));
			this.cell = null;
		} else if (name === "table-row") {
			if (this.cells?.some(Boolean)) this.blocks.push({ kind: "row", text: this.cells.filter(Boolean).join(" | ") });
			this.cells = null;
		} else if (name === "list-item") this.items--;
	}

	private endBlock(isHeading: boolean): void {
		const text = this.inline.trim();
		this.inline = "";
		if (!text) return;
		if (this.cell) this.cell.push(text);
		else if (isHeading) this.blocks.push({ kind: "heading", level: this.level, text });
		else if (this.items > 0) {
			this.blocks.push({ kind: "item", text: this.isItemBegun ? text : `- ${text}` });
			this.isItemBegun = true;
		} else this.blocks.push({ kind: "paragraph", text });
	}
}
