import { readFileSync, writeSync } from "node:fs";
import { detectFormat, type Format } from "./detect";
import { readDocx } from "./docx";
import { UnreadableFile, unreadable } from "./failure";
import { readHtml } from "./html";
import { readMarkdown } from "./markdown";
import { mostText, type ParsedPage, writeParts } from "./page";
import { readPdf } from "./pdf";
import { decodeText, readPlain } from "./plain";
import type { ChildLine } from "./protocol";
import { closeNetwork } from "./sandbox";

const hasWords = /[\p{L}\p{N}]/u;

/** Reads one file and writes its pages to standard output, a JSON line each; the last line says how it ended. */
async function main(): Promise<void> {
	closeNetwork();
	// Whoever started us is gone: nobody waits for the result.
	process.stdin.on("close", () => process.exit(1)).resume();
	const [path = "", mediaType = ""] = process.argv.slice(2);
	const { format, pages } = await readPages(readFileSync(path), mediaType);
	if (pages.reduce((sum, page) => sum + page.text.length, 0) > mostText) throw unreadable("tooMuchText");
	if (!pages.some((page) => hasWords.test(page.text))) throw unreadable(format === "pdf" ? "noText" : "noWords");
	for (const page of pages) tell(page);
	tell({ end: pages.length });
}

async function readPages(file: Buffer, mediaType: string): Promise<{ format: Format; pages: ParsedPage[] }> {
	const format = detectFormat(file, mediaType);
	switch (format) {
		case "pdf":
			return { format, pages: await readPdf(file) };
		case "docx":
			return { format, pages: [...writeParts(await readDocx(file))] };
		case "markdown":
			return { format, pages: [...writeParts(await readMarkdown(decodeText(file)))] };
		case "html":
			return { format, pages: [...writeParts(await readHtml(decodeText(file)))] };
		case "plain":
			return { format, pages: [...writeParts(readPlain(decodeText(file)))] };
	}
}

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
