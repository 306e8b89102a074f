import { fileURLToPath } from "node:url";
import { makePdf } from "./documents";

/** The library's own way to a drawing surface, of which its types say nothing. */
type Factory = {
	create: (
		width: number,
		height: number,
	) => { canvas: { toBuffer: (type: "image/png") => Buffer }; context: CanvasRenderingContext2D };
};

/** A picture of printed lines, as a PNG: drawn with the letters of a package, as a machine may have none of its own. */
export async function drawPicture(lines: string[]): Promise<Buffer> {
	const pdf = await makePdf((draw) => draw.fontSize(16).text(lines.join("\n")));
	const { getDocument } = await import("pdfjs-dist/legacy/build/pdf.mjs");
	const fonts = new URL("../../standard_fonts/", import.meta.resolve("pdfjs-dist/legacy/build/pdf.mjs"));
	const document = await getDocument({
		data: new Uint8Array(pdf),
		standardFontDataUrl: fileURLToPath(fonts),
		disableFontFace: true,
		useSystemFonts: false,
		useWorkerFetch: false,
		verbosity: 0,
	}).promise;
	const page = await document.getPage(1);
	const viewport = page.getViewport({ scale: 2 });
	const surface = (document.canvasFactory as Factory).create(viewport.width, 200 + lines.length * 40);
	await page.render({ canvas: null, canvasContext: surface.context, viewport }).promise;
	return surface.canvas.toBuffer("image/png");
}

/** A PDF whose pages are pictures of these lines, as a scanner makes it. */
export async function makeScan(pages: string[][]): Promise<Buffer> {
	const pictures = await Promise.all(pages.map(drawPicture));
	return makePdf((draw) => {
		pictures.forEach((picture, i) => {
			(i > 0 ? draw.addPage() : draw).image(picture, 20, 20, { width: 560 });
		});
	});
}
