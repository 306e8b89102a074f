import { drop } from "./dropped";
import type { Block } from "./page";
import { type Attributes, readXml } from "./xml";

type Size = { width: number; height: number };
type Shape = { isHidden: boolean; isTitle: boolean; blocks: Block[]; x: number; y: number };

/** In hundredths of a point: letters below it are there to be copied, not to be read. */
const smallest = 200;

/** What a slide shows, shape by shape, the title first. */
export function readSlide(xml: Buffer, size: Size): { isHidden: boolean; blocks: Block[] } {
	const reader = new SlideReader(size);
	readXml(xml, {
		open: (name, attributes) => reader.open(name, attributes),
		text: (text) => reader.text(text),
		close: (name) => reader.close(name),
	});
	return { isHidden: reader.isHidden, blocks: reader.blocks() };
}

class SlideReader {
	isHidden = false;
	private readonly shapes: Shape[] = [];
	private shape: Shape | null = null;
	private paragraph = "";
	private cells: string[] | null = null;
	private cell: string[] | null = null;
	private isText = false;
	private isTiny = false;
	private groups = 0;

	constructor(private readonly size: Size) {}

	open(name: string, attributes: Attributes): void {
		switch (name) {
			case "sld":
				this.isHidden = attributes.get("show") === "0";
				break;
			case "sp":
			case "graphicFrame":
				this.shape = { isHidden: false, isTitle: false, blocks: [], x: 0, y: 0 };
				break;
			case "grpSp":
				this.groups++;
				break;
			case "pic":
				drop("pictures");
				break;
			case "cNvPr":
				if (this.shape && ["1", "true"].includes(attributes.get("hidden") ?? "")) this.shape.isHidden = true;
				break;
			case "ph":
				if (this.shape) this.shape.isTitle = ["title", "ctrTitle"].includes(attributes.get("type") ?? "");
				break;
			case "off":
				this.place(attributes);
				break;
			case "ext":
				this.measure(attributes);
				break;
			case "tr":
				this.cells = [];
				break;
			case "tc":
				this.cell = [];
				break;
			case "r":
				this.isTiny = false;
				break;
			case "rPr":
				this.isTiny = Number(attributes.get("sz") ?? smallest) < smallest;
				break;
			case "t":
				this.isText = true;
				break;
			case "br":
				this.paragraph += "\n";
				break;
		}
	}

	text(text: string): void {
		if (!this.isText) return;
		if (this.isTiny) drop("hiddenText");
		else this.paragraph += text;
	}

	close(name: string): void {
		switch (name) {
			case "t":
				this.isText = false;
				break;
			case "p":
				this.endParagraph();
				break;
			case "tc":
				this.cells?.push((this.cell ?? []).join(" "));
				this.cell = null;
				break;
			case "tr":
				if (this.cells?.some(Boolean))
					this.shape?.blocks.push({ kind: "row", text: this.cells.filter(Boolean).join(" | ") });
				this.cells = null;
				break;
			case "grpSp":
				this.groups--;
				break;
			case "sp":
			case "graphicFrame":
				if (this.shape) this.shapes.push(this.shape);
				this.shape = null;
		}
	}

	blocks(): Block[] {
		const hidden = this.shapes.filter((shape) => shape.isHidden && shape.blocks.length > 0);
		drop("hiddenText", hidden.length);
		const seen = this.shapes.filter((shape) => !shape.isHidden);
		return [...seen.filter((shape) => shape.isTitle), ...seen.filter((shape) => !shape.isTitle)].flatMap(
			(shape) => shape.blocks,
		);
	}

	private endParagraph(): void {
		const text = this.paragraph.trim();
		this.paragraph = "";
		if (!text) return;
		if (this.cell) this.cell.push(text);
		else if (this.shape?.isTitle) this.shape.blocks.push({ kind: "heading", level: 1, text });
		else this.shape?.blocks.push({ kind: "paragraph", text });
	}

	private place(attributes: Attributes): void {
		if (!this.shape) return;
		this.shape.x = Number(attributes.get("x") ?? 0);
		this.shape.y = Number(attributes.get("y") ?? 0);
	}

	/** A shape that lies wholly beside the slide is seen by whoever edits it alone. */
	private measure(attributes: Attributes): void {
		const [width, height] = [Number(attributes.get("cx")), Number(attributes.get("cy"))];
		// In a group, places count from the group's own corner.
		if (!this.shape || this.groups > 0 || !Number.isFinite(width) || !Number.isFinite(height)) return;
		const { x, y } = this.shape;
		if (x >= this.size.width || y >= this.size.height || x + width <= 0 || y + height <= 0) this.shape.isHidden = true;
	}
}
