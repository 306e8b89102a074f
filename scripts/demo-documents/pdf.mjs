// Sets blocks of text as a PDF of A4 pages.

import PDFDocument from "pdfkit";

const sizes = { 1: 20, 2: 13.5, 3: 11.5 };
const margin = 56;
const green = "#0F766E";
const made = new Date("2026-11-01T09:00:00Z");

/** @returns {Promise<Buffer>} */
export function writePdf(title, blocks) {
	// Uncompressed, the bytes don't depend on the version of zlib.
	const pdf = new PDFDocument({
		size: "A4",
		margins: { top: 64, bottom: 64, left: margin, right: margin },
		compress: false,
		bufferPages: true,
		info: { Title: title, Author: "Marrowby Harbour & Ferries", CreationDate: made, ModDate: made },
	});
	const parts = [];
	const done = new Promise((resolve, reject) => {
		pdf.on("data", (part) => parts.push(part));
		pdf.on("end", () => resolve(Buffer.concat(parts)));
		pdf.on("error", reject);
	});
	for (const block of blocks) writers[block.kind](pdf, block);
	writeFooters(pdf, title);
	pdf.end();
	return done;
}

const writers = {
	heading(pdf, { level, text }) {
		const size = sizes[level];
		// A heading alone at the foot of a page belongs to the next one.
		if (pdf.y > pdf.page.height - 64 - size * 6) pdf.addPage();
		if (level > 1) pdf.moveDown(0.6);
		pdf
			.font("Helvetica-Bold")
			.fontSize(size)
			.fillColor(level === 1 ? green : "black")
			.text(text, margin);
		pdf.moveDown(0.35).fillColor("black");
	},
	paragraph(pdf, { text }) {
		body(pdf).text(text, margin, undefined, { lineGap: 2 });
		pdf.moveDown(0.6);
	},
	list(pdf, { isOrdered, items }) {
		body(pdf);
		for (const [index, item] of items.entries()) {
			pdf.text(`${isOrdered ? `${index + 1}.` : "•"}  ${item}`, margin + 10, undefined, { lineGap: 2, indent: 0 });
			pdf.moveDown(0.2);
		}
		pdf.moveDown(0.4);
	},
	table(pdf, { head, rows }) {
		const width = pdf.page.width - 2 * margin;
		const columns = columnWidths(pdf, [head, ...rows], width);
		for (const [index, row] of [head, ...rows].entries()) writeRow(pdf, row, columns, index === 0);
		pdf.x = margin;
		pdf.moveDown(0.8);
	},
};

const body = (pdf) => pdf.font("Helvetica").fontSize(10);

/** Each column as wide as its widest cell; what is left of the page is shared out. */
function columnWidths(pdf, rows, whole) {
	const wanted = rows[0].map((_, column) => {
		const widths = rows.map((row, index) => font(pdf, index === 0).widthOfString(row[column]));
		return Math.max(...widths) + 2 * padding + 1;
	});
	const rest = Math.max(0, whole - wanted.reduce((sum, width) => sum + width, 0));
	return wanted.map((width) => width + rest / wanted.length);
}

const padding = 4;
const font = (pdf, isHead) => pdf.font(isHead ? "Helvetica-Bold" : "Helvetica").fontSize(9);

function writeRow(pdf, cells, columns, isHead) {
	font(pdf, isHead);
	const heights = cells.map((cell, index) => pdf.heightOfString(cell, { width: columns[index] - 2 * padding }));
	// A cell of two lines would come apart when the page is read line by line.
	const total = columns.reduce((sum, width) => sum + width, 0);
	if (total > pdf.page.width - 2 * margin + 1)
		throw new Error(`This table is too wide, shorten it: ${cells.join(" | ")}`);
	const height = Math.max(...heights) + 2 * padding;
	if (pdf.y + height > pdf.page.height - 64) pdf.addPage();
	const top = pdf.y;
	let left = margin;
	for (const [index, cell] of cells.entries()) {
		pdf.text(cell, left + padding, top + padding, { width: columns[index] - 2 * padding });
		left += columns[index];
	}
	pdf
		.moveTo(margin, top + height)
		.lineTo(left, top + height)
		.lineWidth(isHead ? 1 : 0.4)
		.strokeColor(isHead ? green : "#999999")
		.stroke();
	pdf.y = top + height;
}

function writeFooters(pdf, title) {
	const { start, count } = pdf.bufferedPageRange();
	for (let page = start; page < start + count; page++) {
		pdf.switchToPage(page);
		// Below the margin pdfkit would begin a new page.
		pdf.page.margins.bottom = 0;
		const text = `Marrowby Harbour & Ferries · ${title} · page ${page + 1} of ${count}`;
		pdf
			.font("Helvetica")
			.fontSize(8)
			.fillColor("#666666")
			.text(text, margin, pdf.page.height - 40, { lineBreak: false });
	}
}
