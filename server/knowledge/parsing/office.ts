import { posix } from "node:path";
import { UnreadableFile, unreadable } from "./failure";
import { readXml } from "./xml";
import { ZipReader } from "./zip";

const oldOffice = "d0cf11e0a1b11ae1";
const encryptedPart = Buffer.from("EncryptedPackage", "utf16le");

/** What each kind of office file is called, where its main part lies, and what the kind before it ended in. */
const kinds = {
	docx: { name: "a Word document (.docx)", main: "word/", old: ".doc" },
	xlsx: { name: "an Excel workbook (.xlsx)", main: "xl/", old: ".xls" },
	pptx: { name: "a PowerPoint presentation (.pptx)", main: "ppt/", old: ".ppt" },
	odt: { name: "a text document (.odt)", main: "content.xml", old: ".doc" },
} as const;
type Kind = keyof typeof kinds;

/** The archive that an office file is. Throws the reason where it is another, an old one, or has a password. */
export function openOffice(file: Buffer, kind: Kind, isIt?: (archive: ZipReader) => boolean): ZipReader {
	if (file.subarray(0, 8).toString("hex") === oldOffice) throw oldDocument(file, kind);
	const archive = new ZipReader(file);
	const names = archive.names();
	const fits = isIt ?? (() => names.some((name) => name.startsWith(kinds[kind].main)));
	if (!fits(archive)) throw otherArchive(names, kind);
	return archive;
}

function oldDocument(file: Buffer, kind: Kind): UnreadableFile {
	if (file.includes(encryptedPart)) return unreadable("encrypted");
	const { old } = kinds[kind];
	return new UnreadableFile(
		"wrongType",
		`The file is a document of the old kind (${old}). Save it as .${kind} and upload that.`,
	);
}

function otherArchive(names: string[], kind: Kind): UnreadableFile {
	const other = Object.entries(kinds).find(([one, { main }]) => one !== kind && names.some((n) => n.startsWith(main)));
	const what = other?.[1].name.replace(/ \(.*/, "") ?? "a ZIP archive";
	return new UnreadableFile(
		"wrongType",
		`The file's ending says ${kinds[kind].name}, but its contents are ${what}. Save it as .${kind} or PDF and upload that.`,
	);
}

/** What a part refers to, by id: the target's name in the archive, and the kind of the reference. */
export function readRelations(archive: ZipReader, part: string): Map<string, { target: string; type: string }> {
	const { dir, base } = posix.parse(part);
	const xml = archive.read(posix.join(dir, "_rels", `${base}.rels`));
	const found = new Map<string, { target: string; type: string }>();
	if (!xml) return found;
	readXml(xml, {
		open: (name, attributes) => {
			const target = attributes.get("Target");
			const id = attributes.get("Id");
			if (name !== "Relationship" || !target || !id || attributes.get("TargetMode") === "External") return;
			const type = attributes.get("Type")?.split("/").at(-1) ?? "";
			found.set(id, { type, target: target.startsWith("/") ? target.slice(1) : posix.join(dir, target) });
		},
	});
	return found;
}
