/** The part of pdfkit that tests use; it has no types of its own. */
declare module "pdfkit" {
	import { Readable } from "node:stream";

	type Text = { align?: "left" | "justify"; width?: number; height?: number; columns?: number; lineBreak?: boolean };
	export default class PDFDocument extends Readable {
		constructor(options?: { margin?: number; userPassword?: string; ownerPassword?: string });
		addPage(): this;
		fontSize(points: number): this;
		fillColor(colour: string): this;
		rect(x: number, y: number, width: number, height: number): this;
		fill(colour: string): this;
		moveDown(lines?: number): this;
		text(text: string, options?: Text): this;
		text(text: string, x: number, y: number, options?: Text): this;
		end(): void;
	}
}
