import { readFileSync, writeSync } from "node:fs";
import { closeNetwork } from "@/server/core/close-network";
import { type Contained, readArchive } from "./container";
import { readCsv } from "./csv";
import { detectFormat, type Format } from "./detect";
import { readDocx } from "./docx";
import { droppedSoFar } from "./dropped";
import { UnreadableFile, unreadable } from "./failure";
import { readHtml } from "./html";
import { readMail } from "./mail";
import { readMarkdown } from "./markdown";
import { readOdt } from "./odt";
import { type Block, mostText, type ParsedPage, writeParts } from "./page";
import { readPdf } from "./pdf";
import { readScannedPages } from "./pdf-scan";
import { readPicture, showPicture } from "./picture";
import { decodeText, readPlain } from "./plain";
import type { ChildLine } from "./protocol";
import { readSitemap } from "./sitemap";
import { readSlides } from "./slides";
import { writeTable } from "./table";
import { readWorkbook } from "./workbook";

const hasWords = /[\p{L}\p{N}]/u;
const mostScans = 300;
const partBytes = 768 * 1024;
const isPictures = new Set<Format>(["pdf", "png", "jpeg", "webp", "tiff", "gif"]);

/** Reads one file and writes its pages to standard output, a JSON line each; the last line says how it ended. */
async function main(): Promise<void> {
	closeNetwork();
	// Whoever started us is gone: nobody waits for the result.
	process.stdin.on("close", () => process.exit(1)).resume();
	const [path = "", mediaType = "", scanned = ""] = process.argv.slice(2);
	const file = readFileSync(path);
	if (scanned === "show") return show(file, mediaType);
	if (scanned) return recogniseScans(file, scanned.split(",").map(Number));
	const format = detectFormat(file, mediaType);
	const { pages, scans = [], files = [], links = [] } = await readPages(file, format);
	if (pages.reduce((sum, page) => sum + page.text.length, 0) > mostText) throw unreadable("tooMuchText");
	if (scans.length > mostScans) throw unreadable("tooManyScans");
	if (scans.length === 0 && files.length === 0 && !pages.some((page) => hasWords.test(page.text)))
		throw unreadable(isPictures.has(format) ? "noText" : "noWords");
	for (const page of pages) tell(page);
	for (const file of files) tellFile(file);
	tell({ scans });
	tell({ links });
	tell({ dropped: droppedSoFar() });
	tell({ end: pages.length });
}

function tellFile({ name, content }: Contained): void {
	tell({ file: name });
	for (let at = 0; at < content.length; at += partBytes)
		tell({ part: content.subarray(at, at + partBytes).toString("base64") });
}

/** One picture, made ready to be shown. */
async function show(file: Buffer, mediaType: string): Promise<void> {
	detectFormat(file, mediaType);
	tellFile({ name: "picture.jpg", content: await showPicture(file) });
	tell({ end: 0 });
}

async function recogniseScans(file: Buffer, numbers: number[]): Promise<void> {
	for await (const page of readScannedPages(file, numbers)) tell(page);
	tell({ end: numbers.length });
}

type Read = { pages: ParsedPage[]; scans?: number[]; files?: Contained[]; links?: string[] };

async function readPages(file: Buffer, format: Format): Promise<Read> {
	switch (format) {
		case "pdf":
			return readPdf(file);
		case "docx":
			return inParts(await readDocx(file));
		case "xlsx":
			return { pages: [...readWorkbook(file)] };
		case "pptx":
			return { pages: [...readSlides(file)] };
		case "odt":
			return inParts(readOdt(file));
		case "csv":
			return inParts(writeTable(readCsv(decodeText(file))));
		case "mail": {
			const { blocks, files } = await readMail(file);
			return { ...inParts(blocks), files };
		}
		case "archive": {
			const { blocks, files } = readArchive(file);
			return { ...inParts(blocks), files };
		}
		case "sitemap": {
			const { blocks, links } = readSitemap(file);
			return { ...inParts(blocks), links };
		}
		case "png":
		case "jpeg":
		case "webp":
		case "tiff":
		case "gif":
			return inParts(await readPicture(file));
		case "markdown":
			return inParts(await readMarkdown(decodeText(file)));
		case "html":
			return inParts(await readHtml(decodeText(file)));
		case "plain":
			return inParts(readPlain(decodeText(file)));
	}
}

const inParts = (blocks: Iterable<Block>): Read => ({ pages: [...writeParts(blocks)] });

function tell(line: ChildLine): void {
	let rest = Buffer.from(`${JSON.stringify(line)}\n`);
	while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
}

function describe(error: unknown): ChildLine {
	if (error instanceof UnreadableFile) return { failure: error.failure, reason: error.message };
	if (error instanceof RangeError)
		return describe(unreadable(/call stack/.test(error.message) ? "nested" : "outOfMemory"));
	return describe(unreadable("damaged"));
}

main()
	.catch((error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
		tell(describe(error));
	})
	.finally(() => process.exit(0));
