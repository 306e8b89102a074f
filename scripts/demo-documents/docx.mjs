// Sets blocks of text as a Word document.

import {
	AlignmentType,
	BorderStyle,
	Document,
	HeadingLevel,
	LevelFormat,
	Packer,
	Paragraph,
	Table,
	TableCell,
	TableRow,
	TextRun,
	WidthType,
} from "docx";

const levels = { 1: HeadingLevel.HEADING_1, 2: HeadingLevel.HEADING_2, 3: HeadingLevel.HEADING_3 };
const made = new Date("2026-11-01T09:00:00Z");

/** @returns {Promise<Buffer>} */
export async function writeDocx(title, blocks) {
	let lists = 0;
	const children = blocks.flatMap((block) => {
		if (block.kind === "list" && block.isOrdered) lists += 1;
		return writers[block.kind](block, lists);
	});
	const numbering = Array.from({ length: lists }, (_, index) => ({
		reference: `list-${index + 1}`,
		levels: [{ level: 0, format: LevelFormat.DECIMAL, text: "%1.", alignment: AlignmentType.START, style: indent }],
	}));
	const document = () =>
		new Document({
			title,
			creator: "Marrowby Harbour & Ferries",
			numbering: { config: numbering },
			sections: [{ children }],
		});
	return atTime(made, () => Packer.toBuffer(document()));
}

const indent = { paragraph: { indent: { left: 480, hanging: 280 } } };

const writers = {
	heading: ({ level, text }) => [
		new Paragraph({ heading: levels[level], text, spacing: { before: level === 1 ? 0 : 280, after: 100 } }),
	],
	paragraph: ({ text }) => [new Paragraph({ text, spacing: { after: 140 } })],
	list: ({ isOrdered, items }, list) =>
		items.map((text) =>
			isOrdered
				? new Paragraph({ text, numbering: { reference: `list-${list}`, level: 0 } })
				: new Paragraph({ text, bullet: { level: 0 } }),
		),
	table: ({ head, rows }) => [
		new Table({
			width: { size: 100, type: WidthType.PERCENTAGE },
			rows: [head, ...rows].map((cells, index) => writeRow(cells, index === 0)),
		}),
		new Paragraph({ text: "" }),
	],
};

const hairline = { style: BorderStyle.SINGLE, size: 4, color: "999999" };
const writeRow = (cells, isHead) =>
	new TableRow({
		tableHeader: isHead,
		children: cells.map(
			(text) =>
				new TableCell({
					borders: { top: hairline, bottom: hairline, left: hairline, right: hairline },
					margins: { top: 60, bottom: 60, left: 100, right: 100 },
					children: [new Paragraph({ children: [new TextRun({ text, bold: isHead })] })],
				}),
		),
	});

/** The package stamps everything with the present time and offers no way to give it another. */
async function atTime(time, work) {
	const RealDate = globalThis.Date;
	globalThis.Date = class extends RealDate {
		constructor(...args) {
			super(...(args.length > 0 ? args : [time.getTime()]));
		}
		static now() {
			return time.getTime();
		}
	};
	try {
		return await work();
	} finally {
		globalThis.Date = RealDate;
	}
}
