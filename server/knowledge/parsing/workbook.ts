import { drop } from "./dropped";
import { UnreadableFile, unreadable } from "./failure";
import { openOffice, readRelations } from "./office";
import { type ParsedPage, writePage } from "./page";
import { readSheet, type SheetRules } from "./sheet";
import { writeTable } from "./table";
import { readXml } from "./xml";
import type { ZipReader } from "./zip";

/** A sheet is one page; one that is longer than this would be no page that anybody turns to. */
const mostInSheet = 2_000_000;

type Sheet = { name: string; part: string | null; isHidden: boolean };

/** Each sheet is a page with its number; hidden sheets, rows and columns are left out. */
export function* readWorkbook(file: Buffer): Generator<ParsedPage> {
	const archive = openOffice(file, "xlsx");
	const { sheets, is1904 } = readSheets(archive);
	if (sheets.length === 0) throw unreadable("damaged");
	const rules: SheetRules = { texts: readTexts(archive), dates: readDates(archive), is1904 };
	for (const [i, sheet] of sheets.entries()) {
		if (sheet.isHidden) drop("hiddenSheets");
		const part = sheet.isHidden || !sheet.part ? null : archive.read(sheet.part);
		// A hidden sheet keeps its number, so that the others have theirs.
		const page = part ? writeSheet(i + 1, sheet.name, readSheet(part, rules)) : { page: i + 1, text: "", headings: [] };
		if (page.text.length > mostInSheet)
			throw new UnreadableFile(
				"tooMuchText",
				`The sheet ${sheet.name} has more text than a page can hold. Save it as .csv and upload that.`,
			);
		yield page;
	}
}

function writeSheet(page: number, name: string, rows: string[][]): ParsedPage {
	const blocks = [...writeTable(rows)];
	return writePage(page, blocks.length > 0 ? [{ kind: "heading", level: 1, text: name }, ...blocks] : []);
}

function readSheets(archive: ZipReader): { sheets: Sheet[]; is1904: boolean } {
	const relations = readRelations(archive, "xl/workbook.xml");
	const book = archive.read("xl/workbook.xml");
	if (!book) throw unreadable("damaged");
	const sheets: Sheet[] = [];
	let is1904 = false;
	readXml(book, {
		open: (name, attributes) => {
			if (name === "workbookPr") is1904 = ["1", "true"].includes(attributes.get("date1904") ?? "");
			if (name !== "sheet") return;
			const relation = relations.get(attributes.get("r:id") ?? attributes.get("id") ?? "");
			sheets.push({
				name: attributes.get("name") ?? `Sheet ${sheets.length + 1}`,
				// A sheet of charts has no cells.
				part: relation?.type === "worksheet" ? relation.target : null,
				isHidden: (attributes.get("state") ?? "visible") !== "visible",
			});
		},
	});
	return { sheets, is1904 };
}

/** The texts that cells refer to by number. Phonetic guides are not part of them. */
function readTexts(archive: ZipReader): string[] {
	const part = archive.read("xl/sharedStrings.xml");
	const texts: string[] = [];
	if (!part) return texts;
	let text = "";
	let isText = false;
	let phonetic = 0;
	readXml(part, {
		open: (name) => {
			if (name === "si") text = "";
			else if (name === "rPh") phonetic++;
			else if (name === "t") isText = phonetic === 0;
		},
		text: (some) => {
			if (isText) text += some;
		},
		close: (name) => {
			if (name === "t") isText = false;
			else if (name === "rPh") phonetic--;
			else if (name === "si") texts.push(text);
		},
	});
	return texts;
}

/** Which styles show a number as a day, a time or both. */
function readDates(archive: ZipReader): ("date" | "time" | null)[] {
	const part = archive.read("xl/styles.xml");
	const styles: ("date" | "time" | null)[] = [];
	if (!part) return styles;
	const formats = new Map<number, string>();
	let isCells = false;
	readXml(part, {
		open: (name, attributes) => {
			if (name === "numFmt") formats.set(Number(attributes.get("numFmtId")), attributes.get("formatCode") ?? "");
			else if (name === "cellXfs") isCells = true;
			else if (name === "xf" && isCells) styles.push(kindOf(Number(attributes.get("numFmtId") ?? 0), formats));
		},
		close: (name) => {
			if (name === "cellXfs") isCells = false;
		},
	});
	return styles;
}

function kindOf(id: number, formats: Map<number, string>): "date" | "time" | null {
	if ((id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return "date";
	if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47)) return "time";
	const code = (formats.get(id) ?? "").replace(/"[^"]*"|\[[^\]]*\]|\\./g, "");
	if (/[yd]/i.test(code)) return "date";
	return /h|s(?!t)/i.test(code) && !/general/i.test(code) ? "time" : null;
}
