import { hiddenStyle, markHiddenRuns } from "./docx-hidden";
import { UnreadableFile, unreadable } from "./failure";
import { readHtmlPart } from "./html";
import type { Block } from "./page";
import { writeZip, ZipReader } from "./zip";

const oldOffice = "d0cf11e0a1b11ae1";
const encryptedPart = Buffer.from("EncryptedPackage", "utf16le");
const mainPart = /\/word\/document\d*\.xml|wordprocessingml\.(?:document|template)/;
/** Parts that hold text or say how to read it. Pictures, fonts and macros are never unpacked. */
const textPart = /^(?:\[Content_Types\]\.xml|(?:.*\/)?_rels\/[^/]+\.rels|word\/[^/]+\.xml)$/;

export async function readDocx(file: Buffer): Promise<Block[]> {
	if (file.subarray(0, 8).toString("hex") === oldOffice) throw oldDocument(file);
	const archive = new ZipReader(file);
	const types = archive.read("[Content_Types].xml")?.toString("utf8") ?? "";
	if (!mainPart.test(types) && !archive.names().includes("word/document.xml")) throw otherArchive(archive.names());

	const parts = new Map<string, Buffer>();
	for (const name of archive.names().filter((name) => textPart.test(name))) {
		const part = archive.read(name);
		if (part) parts.set(name, prepare(name, part));
	}
	return readHtmlPart(await convert(writeZip(parts)));
}

/** Office never writes a DOCTYPE; entities in one can grow without end. */
function prepare(name: string, part: Buffer): Buffer {
	const xml = decodeXml(part);
	if (/<!DOCTYPE|<!ENTITY/i.test(xml)) throw unreadable("damaged");
	return Buffer.from(/^word\/[^/]+\.xml$/.test(name) ? markHiddenRuns(xml) : xml);
}

function decodeXml(part: Buffer): string {
	const mark = part.subarray(0, 2).toString("hex");
	if (mark === "fffe") return new TextDecoder("utf-16le").decode(part);
	if (mark === "feff") return new TextDecoder("utf-16be").decode(part);
	return part.toString("utf8");
}

async function convert(buffer: Buffer): Promise<string> {
	const { default: mammoth } = await import("mammoth");
	try {
		const { value } = await mammoth.convertToHtml(
			{ buffer },
			{
				styleMap: [
					`r.${hiddenStyle} => !`,
					"p[style-name='Title'] => h1:fresh",
					"p[style-name='Subtitle'] => h2:fresh",
				],
				convertImage: mammoth.images.imgElement(async () => ({ src: "" })),
				externalFileAccess: false,
			},
		);
		return value;
	} catch (error) {
		throw unreadable(error instanceof RangeError ? "nested" : "damaged", { cause: error });
	}
}

function oldDocument(file: Buffer): UnreadableFile {
	if (file.includes(encryptedPart)) return unreadable("encrypted");
	return new UnreadableFile(
		"wrongType",
		"The file is a Word document of the old kind (.doc). Save it as .docx and upload that.",
	);
}

function otherArchive(names: string[]): UnreadableFile {
	const what = names.some((name) => name.startsWith("xl/"))
		? "an Excel workbook"
		: names.some((name) => name.startsWith("ppt/"))
			? "a PowerPoint presentation"
			: "a ZIP archive";
	return new UnreadableFile(
		"wrongType",
		`The file's ending says a Word document (.docx), but its contents are ${what}. Save it as .docx or PDF and upload that.`,
	);
}
