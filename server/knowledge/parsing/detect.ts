import { fileTypes, sitemapType } from "../contract";
import { UnreadableFile, unreadable } from "./failure";

export type Format =
	| ("pdf" | "docx" | "xlsx" | "pptx" | "odt" | "csv" | "mail" | "archive" | "sitemap")
	| ("png" | "jpeg" | "webp" | "tiff" | "gif" | "markdown" | "html" | "plain");

const formats = {
	[fileTypes.pdf]: "pdf",
	[fileTypes.docx]: "docx",
	[fileTypes.xlsx]: "xlsx",
	[fileTypes.pptx]: "pptx",
	[fileTypes.odt]: "odt",
	[fileTypes.csv]: "csv",
	[fileTypes.eml]: "mail",
	[fileTypes.zip]: "archive",
	[fileTypes.png]: "png",
	[fileTypes.jpg]: "jpeg",
	[fileTypes.webp]: "webp",
	[fileTypes.tiff]: "tiff",
	[fileTypes.gif]: "gif",
	[fileTypes.md]: "markdown",
	[fileTypes.html]: "html",
	[fileTypes.txt]: "plain",
	[sitemapType]: "sitemap",
} as const satisfies Record<(typeof fileTypes)[keyof typeof fileTypes] | typeof sitemapType, Format>;

const names = {
	pdf: "a PDF (.pdf)",
	docx: "a Word document (.docx)",
	xlsx: "an Excel workbook (.xlsx)",
	pptx: "a PowerPoint presentation (.pptx)",
	odt: "a text document (.odt)",
	csv: "a table (.csv)",
	mail: "a mail (.eml)",
	sitemap: "a sitemap (.xml)",
	archive: "a ZIP archive (.zip)",
	png: "a PNG picture (.png)",
	jpeg: "a JPEG picture (.jpg)",
	webp: "a WebP picture (.webp)",
	tiff: "a TIFF picture (.tiff)",
	gif: "a GIF picture (.gif)",
	markdown: "Markdown (.md)",
	html: "a web page (.html)",
	plain: "plain text (.txt)",
} as const satisfies Record<Format, string>;

/** First bytes of what is often taken for something else, and what to call it. */
const signatures: readonly (readonly [string, string])[] = [
	["504b0304", "a ZIP archive or an Office document"],
	["504b0506", "a ZIP archive"],
	["d0cf11e0a1b11ae1", "an Office document of the old kind, or one with a password"],
	["1f8b", "a gzip archive"],
	["425a68", "a bzip2 archive"],
	["fd377a585a00", "an xz archive"],
	["377abcaf271c", "a 7-Zip archive"],
	["52617221", "a RAR archive"],
	["89504e470d0a1a0a", "a PNG picture"],
	["ffd8ff", "a JPEG picture"],
	["474946383", "a GIF picture"],
	["49492a00", "a TIFF picture"],
	["4d4d002a", "a TIFF picture"],
	["7b5c727466", "a Rich Text document (.rtf)"],
	["7f454c46", "a program"],
	["4d5a9000", "a program"],
];

/** What the file is, when its first bytes and its ending agree; else throws the reason. */
export function detectFormat(file: Buffer, mediaType: string): Format {
	if (file.length === 0) throw unreadable("empty");
	const claimed = Object.entries(formats).find(([type]) => type === mediaType)?.[1];
	if (!claimed) throw new UnreadableFile("wrongType", `Files of the type ${mediaType} can't be read.`);
	const found = signature(file);
	switch (claimed) {
		case "pdf":
			if (found !== names.pdf) throw disagree(claimed, found ?? (looksBinary(file) ? null : "text"));
			return claimed;
		case "docx":
		case "xlsx":
		case "pptx":
		case "odt":
			if (!found?.includes("Office document")) throw disagree(claimed, found ?? (looksBinary(file) ? null : "text"));
			return claimed;
		case "archive":
			if (!found?.includes("ZIP archive")) throw disagree(claimed, found ?? (looksBinary(file) ? null : "text"));
			return claimed;
		case "png":
		case "jpeg":
		case "webp":
		case "tiff":
		case "gif":
			if (found && names[claimed].startsWith(found)) return claimed;
			throw disagree(claimed, found ?? (looksBinary(file) ? null : "text"));
		case "csv":
		case "mail":
		case "sitemap":
		case "markdown":
		case "html":
		case "plain":
			if (found || looksBinary(file)) throw disagree(claimed, found);
			return claimed;
	}
}

function disagree(claimed: Format, found: string | null): UnreadableFile {
	const what = found ? `its contents are ${found}` : "its contents are something else";
	return new UnreadableFile(
		"wrongType",
		`The file's ending says ${names[claimed]}, but ${what}. Give it the right ending, or save it as a PDF, and upload it again.`,
	);
}

function signature(file: Buffer): string | null {
	const start = file.subarray(0, 16).toString("hex");
	const known = signatures.find(([bytes]) => start.startsWith(bytes));
	if (known) return known[1];
	// A WebP picture has its length between the two.
	if (start.startsWith("52494646") && start.slice(16, 24) === "57454250") return "a WebP picture";
	// Readers accept a PDF whose header stands anywhere in the first kilobyte.
	return file.subarray(0, 1024).includes("%PDF-") ? names.pdf : null;
}

/** Text has no NUL, unless it is UTF-16, which says so at its beginning. */
function looksBinary(file: Buffer): boolean {
	const start = file.subarray(0, 2).toString("hex");
	if (start === "fffe" || start === "feff") return false;
	const head = file.subarray(0, 64 * 1024);
	let controls = 0;
	for (const byte of head) {
		if (byte === 0) return true;
		if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++;
	}
	return controls > head.length / 20;
}
