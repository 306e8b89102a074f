import { makeZip } from "./documents";

const relation = (id: string, type: string, target: string) =>
	`<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"/>`;
const relations = (all: string[]) =>
	`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.join("")}</Relationships>`;

export type SheetSource = { name: string; state?: string; cols?: string; rows: string };

/** A cell with its text in it. */
export const cell = (at: string, text: string) => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;

/** A workbook of sheets, each given by the XML of its rows. The style 1 shows a day. */
export function makeXlsx(sheets: SheetSource[], texts: string[] = []): Buffer {
	const parts: Record<string, string> = {
		"[Content_Types].xml": "<Types/>",
		"xl/workbook.xml": `<workbook xmlns:r="r"><sheets>${sheets
			.map(({ name, state }, i) => `<sheet name="${name}" ${state ? `state="${state}"` : ""} r:id="r${i}"/>`)
			.join("")}</sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": relations(
			sheets.map((_, i) => relation(`r${i}`, "worksheet", `worksheets/sheet${i}.xml`)),
		),
		"xl/sharedStrings.xml": `<sst>${texts.map((text) => `<si><t>${text}</t></si>`).join("")}</sst>`,
		"xl/styles.xml": '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
	};
	for (const [i, { rows, cols = "" }] of sheets.entries())
		parts[`xl/worksheets/sheet${i}.xml`] = `<worksheet>${cols}<sheetData>${rows}</sheetData></worksheet>`;
	return makeZip(parts);
}

export type SlideSource = { shapes: string; isHidden?: boolean; notes?: string };

export const shape = (text: string, { isTitle = false, more = "", x = 10 } = {}) =>
	`<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" ${more}/><p:nvPr>${isTitle ? '<p:ph type="title"/>' : ""}</p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="${x}" y="10"/><a:ext cx="50" cy="50"/></a:xfrm></p:spPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;

/** A presentation of slides, each given by the XML of its shapes. A slide is 1,000 wide and high. */
export function makePptx(slides: SlideSource[]): Buffer {
	const parts: Record<string, string> = {
		"[Content_Types].xml": "<Types/>",
		"ppt/presentation.xml": `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>${slides
			.map((_, i) => `<p:sldId id="${256 + i}" r:id="r${i}"/>`)
			.join("")}</p:sldIdLst><p:sldSz cx="1000" cy="1000"/></p:presentation>`,
		"ppt/_rels/presentation.xml.rels": relations(slides.map((_, i) => relation(`r${i}`, "slide", `slides/${i}.xml`))),
	};
	for (const [i, { shapes, isHidden, notes }] of slides.entries()) {
		parts[`ppt/slides/${i}.xml`] =
			`<p:sld xmlns:p="p" xmlns:a="a" ${isHidden ? 'show="0"' : ""}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`;
		if (notes) {
			parts[`ppt/slides/_rels/${i}.xml.rels`] = relations([relation("n", "notesSlide", `../notesSlides/${i}.xml`)]);
			parts[`ppt/notesSlides/${i}.xml`] = shape(notes);
		}
	}
	return makeZip(parts);
}

/** A text document of LibreOffice, given by the XML of its styles and of its text. */
export const makeOdt = (text: string, styles = ""): Buffer =>
	makeZip({
		mimetype: "application/vnd.oasis.opendocument.text",
		"content.xml": `<office:document-content xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:fo="f" xmlns:table="b"><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:text>${text}</office:text></office:body></office:document-content>`,
	});
