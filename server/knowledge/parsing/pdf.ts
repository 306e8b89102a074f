import { fileURLToPath } from "node:url";
import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import { drop } from "./dropped";
import { unreadable } from "./failure";
import { mostText, type ParsedPage, writePage } from "./page";
import { measureSizes, toBlocks } from "./pdf-blocks";
import { findLetters, keepVisible } from "./pdf-hidden";
import { type Glyphs, type Line, toLines } from "./pdf-lines";

const mostPages = 20_000;
const mostPicturePoints = 40e6;
/** Looking for hidden text may take this much of the time there is; pages after that are taken as they are. */
const hiddenBudgetMs = 12_000;

/** Letters under one point are there to be copied, not to be read. */
const smallest = 1;

type Pdfjs = typeof import("pdfjs-dist/legacy/build/pdf.mjs");
let images = 0;

/** The pages, and the numbers of those that are pictures of text, to be recognised. */
export async function readPdf(file: Buffer): Promise<{ pages: ParsedPage[]; scans: number[] }> {
	const pdfjs = await loadLibrary();
	const document = await openPdf(file);
	if (document.numPages > mostPages) throw unreadable("tooManyPages");
	const scans: number[] = [];
	const started = performance.now();
	const pages: Line[][] = [];
	let length = 0;
	for (let number = 1; number <= document.numPages; number++) {
		const page = await document.getPage(number).catch((error: unknown) => {
			throw unreadable("damaged", { cause: error });
		});
		const seesHidden = performance.now() - started < hiddenBudgetMs;
		const before = images;
		const lines = toLines(await readGlyphs(pdfjs, page, seesHidden));
		// Where nobody looked what the page draws, it may well be a picture.
		if (lines.length === 0 && (images > before || !seesHidden)) scans.push(number);
		length += lines.reduce((sum, line) => sum + line.text.length, 0);
		if (length > mostText) throw unreadable("tooMuchText");
		pages.push(lines);
		page.cleanup();
	}
	const sizes = measureSizes(pages);
	drop("pictures", Math.max(0, images - scans.length));
	return { pages: pages.map((lines, i) => writePage(i + 1, toBlocks(lines, sizes))), scans };
}

async function loadLibrary(): Promise<Pdfjs> {
	// It says only by a warning that it left a picture out, and complains of the drawing library that we don't need.
	console.warn = (message: unknown) => {
		if (String(message).includes("Image exceeded")) images++;
	};
	return import("pdfjs-dist/legacy/build/pdf.mjs");
}

/** `drawsPictures`: whether its pictures will be looked at; else none is decoded. */
export async function openPdf(file: Buffer, { drawsPictures = false } = {}): Promise<PDFDocumentProxy> {
	// A PDF ends with this mark: without it the rest of the file is missing, and what is there would pass for all of it.
	if (!file.subarray(-1024).includes("%%EOF")) throw unreadable("damaged");
	const pdfjs = await loadLibrary();
	const folder = (name: string) =>
		fileURLToPath(new URL(`../../${name}/`, import.meta.resolve("pdfjs-dist/legacy/build/pdf.mjs")));
	const task = pdfjs.getDocument({
		data: new Uint8Array(file),
		cMapUrl: folder("cmaps"),
		standardFontDataUrl: folder("standard_fonts"),
		disableFontFace: true,
		useSystemFonts: false,
		useWorkerFetch: false,
		useWasm: false,
		isOffscreenCanvasSupported: false,
		isImageDecoderSupported: false,
		maxImageSize: drawsPictures ? mostPicturePoints : 1,
		wasmUrl: folder("wasm"),
		verbosity: pdfjs.VerbosityLevel.WARNINGS,
	});
	try {
		return await task.promise;
	} catch (error) {
		const isLocked = error instanceof Error && error.name === "PasswordException";
		throw unreadable(isLocked ? "encrypted" : "damaged", { cause: error });
	}
}

async function readGlyphs(pdfjs: Pdfjs, page: PDFPageProxy, seesHidden: boolean): Promise<Glyphs[]> {
	const viewport = page.getViewport({ scale: 1 });
	// Letters as they are drawn, so that they can be compared with the drawing.
	const content = await page.getTextContent({ disableNormalization: true });
	const items = content.items.filter((item) => "str" in item);
	const before = images;
	// A page that can't be drawn can still be read.
	const letters = seesHidden ? await findLetters(pdfjs, page, () => images > before).catch(() => []) : [];
	const texts = keepVisible(
		items.map((item) => item.str),
		letters,
	);
	drop("hiddenText", texts.filter((text, i) => text !== items[i]?.str).length);
	const glyphs: Glyphs[] = [];
	items.forEach((item, i) => {
		const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = pdfjs.Util.transform(viewport.transform, item.transform);
		const size = Math.hypot(c, d);
		const isOnPage = x <= viewport.width && y >= 0 && y <= viewport.height + size;
		const text = texts[i] ?? "";
		if (text.trim() && (size < smallest || !isOnPage)) drop("hiddenText");
		else glyphs.push({ text, x, y, width: item.width, size, isTurned: Math.abs(b) > Math.abs(a) });
	});
	return glyphs;
}
