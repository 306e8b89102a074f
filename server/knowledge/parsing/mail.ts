import type { Address } from "postal-mime";
import { type Contained, fileNameOf, isReadable } from "./container";
import { drop } from "./dropped";
import { unreadable } from "./failure";
import { readHtmlPart } from "./html";
import type { Block } from "./page";
import { readPlain } from "./plain";

const mostAttachments = 100;
const extensions = [
	["application/pdf", "pdf"],
	["text/plain", "txt"],
	["text/html", "html"],
	["image/png", "png"],
	["image/jpeg", "jpg"],
] as const;

/** A mail: who wrote to whom and when, what it says, and the files that came with it. */
export async function readMail(file: Buffer): Promise<{ blocks: Block[]; files: Contained[] }> {
	const { default: PostalMime } = await import("postal-mime");
	const mail = await PostalMime.parse(file, { maxNestingDepth: 50 }).catch((error: unknown) => {
		throw unreadable("damaged", { cause: error });
	});
	// Any text at all passes for a mail: one without a sender or a date is something else.
	if (!mail.from && !mail.date && !mail.subject) throw unreadable("damaged");
	const facts = [
		["From", people(mail.from ? [mail.from] : [])],
		["To", people(mail.to ?? [])],
		["Copy to", people(mail.cc ?? [])],
		["Date", dayOf(mail.date)],
	].flatMap(([name, value]): Block[] => (value ? [{ kind: "row", text: `${name}: ${value}` }] : []));
	const body = mail.html ? await readHtmlPart(mail.html) : [...readPlain(mail.text ?? "")];
	const files: Contained[] = [];
	const list: Block[] = [];
	for (const [i, one] of mail.attachments.entries()) {
		// What the text itself shows is a logo or a signature, not a file that somebody sent.
		const isShown = one.related || (one.disposition === "inline" && one.mimeType.startsWith("image/"));
		if (isShown || i >= mostAttachments || typeof one.content === "string") {
			drop(isShown ? "pictures" : "attachments");
			continue;
		}
		const file = { name: nameOf(one, i), content: Buffer.from(new Uint8Array(one.content)) };
		const isTaken = isReadable(file.name) && file.content.length > 0;
		if (isTaken) files.push(file);
		else drop("attachments");
		list.push({ kind: "item", text: `Attached: ${file.name}${isTaken ? "" : " (not read)"}` });
	}
	return { blocks: [{ kind: "heading", level: 1, text: mail.subject ?? "Mail" }, ...facts, ...body, ...list], files };
}

function nameOf({ filename, mimeType }: { filename: string | null; mimeType: string }, i: number): string {
	const ending = mimeType === "message/rfc822" ? "eml" : extensions.find(([type]) => type === mimeType)?.[1];
	return fileNameOf(filename, `attachment-${i + 1}.${ending ?? "bin"}`);
}

const dayOf = (date: string | undefined) => (date ? date.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, "$1 $2") : "");

const people = (addresses: Address[]): string =>
	addresses
		.flatMap((one) => one.group ?? [one])
		.map(({ name, address }) => (name && address ? `${name} <${address}>` : name || address || ""))
		.filter(Boolean)
		.join(", ");
