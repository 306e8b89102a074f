import { buffer } from "node:stream/consumers";
import { crc32, deflateRawSync } from "node:zlib";
import { Document, type FileChild, Packer } from "docx";
import PDFDocument from "pdfkit";

/** A PDF drawn by `draw`. */
export async function makePdf(
	draw: (pdf: PDFDocument) => void,
	options: ConstructorParameters<typeof PDFDocument>[0] = {},
): Promise<Buffer> {
	const pdf = new PDFDocument({ margin: 72, ...options });
	const bytes = buffer(pdf);
	draw(pdf);
	pdf.end();
	return bytes;
}

export const makeDocx = (children: FileChild[]): Promise<Buffer> =>
	Packer.toBuffer(new Document({ sections: [{ children }] }));

/** A ZIP archive. `claims` are sizes to lie about in its directory. */
export function makeZip(entries: Record<string, Buffer | string>, claims: Record<string, number> = {}): Buffer {
	const locals: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [name, content] of Object.entries(entries)) {
		const plain = Buffer.from(content);
		const packed = deflateRawSync(plain);
		const facts = Buffer.alloc(26);
		facts.writeUInt16LE(20, 0);
		facts.writeUInt16LE(8, 4);
		facts.writeUInt32LE(crc32(plain), 10);
		facts.writeUInt32LE(packed.length, 14);
		facts.writeUInt32LE(claims[name] ?? plain.length, 18);
		facts.writeUInt16LE(Buffer.byteLength(name), 22);
		const place = Buffer.alloc(14);
		place.writeUInt32LE(offset, 10);
		const local = Buffer.concat([Buffer.from("504b0304", "hex"), facts, Buffer.from(name), packed]);
		locals.push(local);
		directory.push(Buffer.from("504b01021400", "hex"), facts, place, Buffer.from(name));
		offset += local.length;
	}
	const index = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(Object.keys(entries).length, 8);
	end.writeUInt16LE(Object.keys(entries).length, 10);
	end.writeUInt32LE(index.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...locals, index, end]);
}

/** The parts of the smallest Word document, around the XML of its paragraphs. */
export const docxParts = (paragraphs: string): Record<string, string> => ({
	"[Content_Types].xml":
		'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
	"_rels/.rels":
		'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
	"word/document.xml": `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${paragraphs}</w:body></w:document>`,
});

/** Sentences that differ from each other, about `length` characters of them. */
export function prose(length: number, subject = "The committee"): string {
	const sentences: string[] = [];
	for (let i = 1, size = 0; size < length; i++) {
		const sentence = `${subject} moved item ${i} of the annual budget into the next fiscal year, pending approval.`;
		sentences.push(sentence);
		size += sentence.length + 1;
	}
	return sentences.join(" ");
}
