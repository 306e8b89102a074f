import { buffer } from "node:stream/consumers";
import PDFDocument from "pdfkit";

/** All that a certificate states about an export. */
export type CertificateFacts = {
	exportId: string;
	fileName: string;
	format: string;
	sha256: string;
	bytes: number;
	rows: number;
	firstSeq: number | null;
	lastSeq: number | null;
	/** Every condition in words; none for the whole log. */
	conditions: { name: string; value: string }[];
	requestedBy: string;
	requestedAt: Date;
	finishedAt: Date;
	chain: { id: string; size: number; root: string };
	checkpoint: { size: number; time: string; root: string; kid: string; signature: string } | null;
	verification: { isValid: boolean; from: number; to: number; problem: string | null };
};

const ink = { text: "#161c1b", dim: "#55615f", line: "#d8dfde", accent: "#0f766e", soft: "#e2f3f0" };
const bad = { text: "#ad241b", soft: "#fcecea" };
const left = 56;
const labelWidth = 132;
const valueWidth = 595 - 2 * left - labelWidth;

const count = new Intl.NumberFormat("en");
/** Universal time, so that it reads alike everywhere. */
const moment = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
/** The fonts that every reader has know the letters of Western Europe only; the ids beside names are exact. */
const printable = (text: string): string => text.normalize("NFC").replace(/[^\n\x20-\x7e\u00a0-\u00ff–—‘’“”…€]/gu, "?");

/** The certificate of an export, one page or a few: what is in the file, and what the chain said about it at that time. */
export async function drawCertificate(facts: CertificateFacts): Promise<Buffer> {
	const document = new PDFDocument({
		size: "A4",
		margins: { top: 56, bottom: 48, left, right: left },
		info: { Title: `Certificate of ${facts.fileName}`, Author: "Quarterdeck", CreationDate: facts.finishedAt },
		lang: "en",
	});
	const bytes = buffer(document);
	drawHead(document, facts);
	drawVerdict(document, facts);
	section(document, "File", [
		["Name", facts.fileName],
		["Format", facts.format],
		["Size", `${count.format(facts.bytes)} bytes`],
		["SHA-256", facts.sha256, "code"],
	]);
	section(document, "Contents", [
		["Entries", count.format(facts.rows)],
		["First number", facts.firstSeq === null ? "none" : count.format(facts.firstSeq)],
		["Last number", facts.lastSeq === null ? "none" : count.format(facts.lastSeq)],
		...(facts.conditions.length === 0
			? [["Conditions", "none: every sealed entry"] as Line]
			: facts.conditions.map(({ name, value }): Line => [name, value])),
	]);
	section(document, "Chain at the time of export", [
		["Chain", facts.chain.id, "code"],
		["Sealed entries", count.format(facts.chain.size)],
		["Root hash", facts.chain.root, "code"],
	]);
	const signed = facts.checkpoint;
	section(
		document,
		"Last signed checkpoint",
		signed
			? [
					["Entries covered", count.format(signed.size)],
					["Signed at", moment(new Date(signed.time))],
					["Root hash", signed.root, "code"],
					["Key id", signed.kid, "code"],
					["Signature", signed.signature, "code"],
				]
			: [["Checkpoint", "none was signed yet"]],
	);
	section(document, "Export", [
		["Id", facts.exportId, "code"],
		["Requested by", facts.requestedBy],
		["Requested at", moment(facts.requestedAt)],
		["Finished at", moment(facts.finishedAt)],
	]);
	drawFoot(document);
	document.end();
	return bytes;
}

function drawHead(document: PDFDocument, facts: CertificateFacts): void {
	document.rect(left, 56, 28, 4).fill(ink.accent);
	document.font("Helvetica-Bold").fontSize(19).fillColor(ink.text);
	document.text("Certificate of an audit export", left, 70);
	document.font("Helvetica").fontSize(10).fillColor(ink.dim);
	document.text(`Quarterdeck · ${moment(facts.finishedAt)}`, left, document.y + 3);
	document.y += 14;
}

function drawVerdict(document: PDFDocument, { verification: { isValid, from, to, problem } }: CertificateFacts): void {
	const range =
		to < from ? "There was no sealed entry to verify." : `Entries ${count.format(from)} to ${count.format(to)}`;
	const text =
		to < from
			? range
			: isValid
				? `${range} were verified: each builds on the one before it, and none was changed, left out or added.`
				: `${range} do not verify. ${printable(problem ?? "")}`;
	const { y } = document;
	const width = 595 - 2 * left;
	document.font("Helvetica").fontSize(10);
	const height = document.heightOfString(text, { width: width - 28 }) + 38;
	document.roundedRect(left, y, width, height, 5).fill(isValid ? ink.soft : bad.soft);
	document
		.font("Helvetica-Bold")
		.fontSize(11)
		.fillColor(isValid ? ink.accent : bad.text);
	document.text(isValid ? "The chain is intact" : "The chain is broken", left + 14, y + 11);
	document.font("Helvetica").fontSize(10).fillColor(ink.text);
	document.text(text, left + 14, document.y + 2, { width: width - 28 });
	document.y = y + height + 16;
}

type Line = [label: string, value: string, kind?: "code"];

function section(document: PDFDocument, title: string, lines: Line[]): void {
	if (document.y > 700) document.addPage();
	document.font("Helvetica-Bold").fontSize(10.5).fillColor(ink.text).text(title, left, document.y);
	document.y += 3;
	for (const [label, raw, kind] of lines) {
		const value = printable(raw);
		document.font(kind === "code" ? "Courier" : "Helvetica").fontSize(kind === "code" ? 8 : 9.5);
		const height = Math.max(12, document.heightOfString(value, { width: valueWidth, lineGap: 1 }));
		if (document.y + height > 770) document.addPage();
		const { y } = document;
		document
			.moveTo(left, y)
			.lineTo(595 - left, y)
			.lineWidth(0.5)
			.strokeColor(ink.line)
			.stroke();
		document.fillColor(ink.text).text(value, left + labelWidth, y + 4.5, { width: valueWidth, lineGap: 1 });
		document.font("Helvetica").fontSize(9.5).fillColor(ink.dim);
		document.text(printable(label), left, y + 4, { width: labelWidth - 8 });
		document.y = y + height + 7;
	}
	document.y += 9;
}

function drawFoot(document: PDFDocument): void {
	const text =
		"This page states what the server found. To check it without the server: compare the file's SHA-256, then verify a chain export offline with `npm run audit:verify`, the public key of the key id above and a checkpoint kept outside the server.";
	document.font("Helvetica").fontSize(8.5).fillColor(ink.dim);
	if (document.y > 730) document.addPage();
	document.text(text, left, document.y, { width: 595 - 2 * left, lineGap: 1.5 });
}
