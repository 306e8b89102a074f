import { crc32, deflateSync } from "node:zlib";
import { docxParts, makeZip } from "./documents";

/** A page whose content inflates twice, to 700 MB of spaces. */
export function pdfBomb(): Buffer {
	const content = deflateSync(deflateSync(Buffer.alloc(700 * 1024 * 1024, " "), { level: 1 }));
	const objects = [
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>",
	].map((object, i) => Buffer.from(`${i + 1} 0 obj\n${object}\nendobj\n`));
	return Buffer.concat([
		Buffer.from("%PDF-1.7\n"),
		...objects,
		Buffer.from(`4 0 obj\n<</Length ${content.length}/Filter[/FlateDecode/FlateDecode]>>stream\n`),
		content,
		Buffer.from("\nendstream\nendobj\ntrailer<</Size 5/Root 1 0 R>>\n%%EOF"),
	]);
}

/** A small PNG that says it has 900 million points. */
export function pictureBomb(): Buffer {
	const head = Buffer.alloc(13);
	head.writeUInt32BE(30_000, 0);
	head.writeUInt32BE(30_000, 4);
	head.set([8, 0, 0, 0, 0], 8);
	const rows = deflateSync(Buffer.alloc(1_000_000));
	const signature = Buffer.from("89504e470d0a1a0a", "hex");
	return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type), data]);
	const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(data.length);
	sum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, sum]);
}

const zeros = Buffer.alloc(60 * 1024 * 1024);

/** An archive that holds another, which inflates to 60 MB; as many others as there are numbers. */
export const archiveBomb = (n = 0): Buffer => makeZip({ [`in-${n}.zip`]: makeZip({ "a.txt": zeros }) });

/** A Word document that inflates to 60 MB and says that it is small. */
export const docxBomb = (n = 0): Buffer =>
	makeZip(
		{ ...docxParts(""), "word/document.xml": zeros, [`word/media/${n}.png`]: "" },
		{ "word/document.xml": 1_000 },
	);
