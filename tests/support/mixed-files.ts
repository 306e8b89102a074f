import { Paragraph } from "docx";
import { makeDocx, makePdf } from "./documents";
import { cell, makePptx, makeXlsx, shape } from "./offices";
import { makeScan } from "./scans";

type Made = { name: string; content: Buffer };

/** Of a hundred files: what offices have most of, and some of the slow ones. No two are the same. */
export async function mixedFile(n: number, text: string): Promise<Made> {
	const kind = n % 100;
	if (kind < 35) return made(`${n}.md`, text);
	if (kind < 50) return made(`${n}.html`, `<h1>${n}</h1><p>${text.replaceAll("\n\n", "</p><p>")}</p>`);
	if (kind < 65) return made(`${n}.docx`, await makeDocx(text.split("\n\n").map((one) => new Paragraph(one))));
	if (kind < 80) return made(`${n}.pdf`, await longPdf(5, (page) => text.slice(page * 800, page * 800 + 800)));
	if (kind < 88) return made(`${n}.xlsx`, sheet(n));
	if (kind < 94)
		return made(`${n}.pptx`, makePptx([{ shapes: shape(text.slice(0, 500)) }, { shapes: shape(`Slide of ${n}`) }]));
	if (kind < 99) return made(`${n}.csv`, `Item,Fee\n${lines(80, (row) => `Berth ${row},${n + row}`).join("\n")}`);
	return made(`${n}.pdf`, await makeScan([[`Scanned page ${n}`, "The lock opens at seven."]]));
}

export const longPdf = (pages: number, text: (page: number) => string): Promise<Buffer> =>
	makePdf((pdf) => {
		for (let page = 0; page < pages; page++) (page > 0 ? pdf.addPage() : pdf).text(text(page));
	});

const made = (name: string, content: string | Buffer): Made => ({ name, content: Buffer.from(content) });
const lines = (count: number, line: (row: number) => string) => Array.from({ length: count }, (_, row) => line(row));
const sheet = (n: number) =>
	makeXlsx([
		{
			name: `Sheet ${n}`,
			rows: lines(60, (row) => `<row>${cell("A1", `Item ${row}`)}${cell("B1", `${n * row}`)}</row>`).join(""),
		},
	]);
