/** The part of pdfkit that we use; it has no types of its own. */
declare module "pdfkit" {
	import { Readable } from "node:stream";

	type Text = {
		align?: "left" | "right" | "justify";
		width?: number;
		height?: number;
		columns?: number;
		lineBreak?: boolean;
		lineGap?: number;
		characterSpacing?: number;
	};
	type Options = {
		size?: "A4";
		margin?: number;
		margins?: { top: number; bottom: number; left: number; right: number };
		info?: { Title?: string; Author?: string; Subject?: string; CreationDate?: Date };
		lang?: string;
		userPassword?: string;
		ownerPassword?: string;
	};
	export default class PDFDocument extends Readable {
		constructor(options?: Options);
		/** Where the next text goes, in points from the top. */
		y: number;
		page: { width: number; height: number };
		addPage(): this;
		font(name: "Helvetica" | "Helvetica-Bold" | "Courier"): this;
		fontSize(points: number): this;
		fillColor(colour: string): this;
		strokeColor(colour: string): this;
		lineWidth(points: number): this;
		rect(x: number, y: number, width: number, height: number): this;
		roundedRect(x: number, y: number, width: number, height: number, radius: number): this;
		moveTo(x: number, y: number): this;
		lineTo(x: number, y: number): this;
		fill(colour: string): this;
		fillAndStroke(fill: string, stroke: string): this;
		stroke(): this;
		image(picture: Buffer, x: number, y: number, options: { width: number }): this;
		moveDown(lines?: number): this;
		heightOfString(text: string, options?: Text): number;
		text(text: string, options?: Text): this;
		text(text: string, x: number, y: number, options?: Text): this;
		end(): void;
	}
}
