import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import { unreadable } from "./failure";
import { type ParsedPage, writePage } from "./page";
import { openPdf } from "./pdf";
import { recognise } from "./recognise";

/** Points of a drawn page at most, and dots to an inch, which letters need about so many of. */
const mostPoints = 9e6;
const dotsToInch = 200;
const pointsToInch = 72;

/** The library's own way to a drawing surface, of which its types say nothing. */
type Surface = { canvas: object; context: CanvasRenderingContext2D };
type Factory = { create: (width: number, height: number) => Surface; destroy: (surface: Surface) => void };

/** Draws the given pages and recognises the text on each, one after the other. */
export async function* readScannedPages(file: Buffer, numbers: number[]): AsyncGenerator<ParsedPage> {
	const document = await openPdf(file, { drawsPictures: true });
	for (const number of numbers) {
		const page = await document.getPage(number).catch((error: unknown) => {
			throw unreadable("damaged", { cause: error });
		});
		yield writePage(number, await recognise(await draw(document, page)));
		page.cleanup();
	}
}

async function draw(document: PDFDocumentProxy, page: PDFPageProxy) {
	const plain = page.getViewport({ scale: 1 });
	const scale = Math.min(dotsToInch / pointsToInch, Math.sqrt(mostPoints / (plain.width * plain.height)));
	const viewport = page.getViewport({ scale });
	const [width, height] = [Math.max(1, Math.floor(viewport.width)), Math.max(1, Math.floor(viewport.height))];
	const factory = document.canvasFactory as Factory;
	const surface = factory.create(width, height);
	try {
		await page.render({ canvas: null, canvasContext: surface.context, viewport, annotationMode: 0 }).promise;
		const { data } = surface.context.getImageData(0, 0, width, height);
		const points = new Uint8Array(width * height);
		for (let i = 0, at = 0; i < points.length; i++, at += 4)
			points[i] = ((data[at] ?? 0) * 77 + (data[at + 1] ?? 0) * 150 + (data[at + 2] ?? 0) * 29) >> 8;
		return { width, height, points };
	} finally {
		factory.destroy(surface);
	}
}
