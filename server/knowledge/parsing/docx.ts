import { hiddenStyle, markHiddenRuns } from "./docx-hidden";
import { unreadable } from "./failure";
import { readHtmlPart } from "./html";
import { openOffice } from "./office";
import type { Block } from "./page";
import { decodeXml } from "./xml";
import { writeZip } from "./zip";

const mainPart = /\/word\/document\d*\.xml|wordprocessingml\.(?:document|template)/;
/** Parts that hold text or say how to read it. Pictures, fonts and macros are never unpacked. */
const textPart = /^(?:\[Content_Types\]\.xml|(?:.*\/)?_rels\/[^/]+\.rels|word\/[^/]+\.xml)$/;

export async function readDocx(file: Buffer): Promise<Block[]> {
	const archive = openOffice(file, "docx", (one) => {
		const types = one.read("[Content_Types].xml")?.toString("utf8") ?? "";
		return mainPart.test(types) || one.names().includes("word/document.xml");
	});

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
