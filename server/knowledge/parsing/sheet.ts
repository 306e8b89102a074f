import { drop } from "./dropped";
import { unreadable } from "./failure";
import { type Attributes, readXml } from "./xml";

export type SheetRules = { texts: string[]; dates: ("date" | "time" | null)[]; is1904: boolean };
type Cell = { column: number; type: string; style: number; value: string };

const mostCells = 2_000_000;
const mostColumns = 16_384;
const dayMs = 86_400_000;

/** The cells of a sheet as they are shown, row by row, without its hidden rows and columns. */
export function readSheet(part: Buffer, rules: SheetRules): string[][] {
	const rows: string[][] = [];
	const hiddenColumns: [number, number][] = [];
	let row: string[] = [];
	let isHiddenRow = false;
	let cell: Cell | null = null;
	let isValue = false;
	let cells = 0;
	const isHidden = (column: number) => hiddenColumns.some(([from, to]) => column >= from && column <= to);
	readXml(part, {
		open: (name, attributes) => {
			if (name === "col" && isOn(attributes.get("hidden"))) hiddenColumns.push(rangeOf(attributes));
			else if (name === "row") {
				row = [];
				isHiddenRow = isOn(attributes.get("hidden"));
				cell = null;
			} else if (name === "c") {
				cell = newCell(attributes, cell);
				if (++cells > mostCells) throw unreadable("tooMuchText");
			} else isValue = name === "v" || name === "t";
		},
		text: (text) => {
			if (cell && isValue) cell.value += text;
		},
		close: (name) => {
			if (name === "v" || name === "t") isValue = false;
			else if (name === "c" && cell && !isHiddenRow && !isHidden(cell.column)) row[cell.column] = shown(cell, rules);
			else if (name === "row") {
				if (isHiddenRow) drop("hiddenRows");
				else rows.push(Array.from(row, (text) => text ?? ""));
			}
		},
	});
	drop("hiddenColumns", hiddenColumns.length);
	return rows;
}

const isOn = (flag: string | undefined) => flag === "1" || flag === "true";

/** From 0. */
function rangeOf(attributes: Attributes): [number, number] {
	return [Number(attributes.get("min") ?? 1) - 1, Number(attributes.get("max") ?? mostColumns) - 1];
}

function newCell(attributes: Attributes, before: Cell | null): Cell {
	const letters = /^[A-Z]{1,3}/.exec(attributes.get("r") ?? "")?.[0];
	const column = letters ? columnOf(letters) : (before?.column ?? -1) + 1;
	if (column >= mostColumns) throw unreadable("damaged");
	return { column, type: attributes.get("t") ?? "n", style: Number(attributes.get("s") ?? 0), value: "" };
}

const columnOf = (letters: string) => [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;

function shown({ type, style, value }: Cell, { texts, dates, is1904 }: SheetRules): string {
	switch (type) {
		case "s":
			return texts[Number(value)] ?? "";
		case "b":
			return value === "1" ? "yes" : "no";
		case "e":
			return "";
		case "n": {
			const kind = dates[style];
			return kind && value !== "" ? showTime(Number(value), kind, is1904) : showNumber(value);
		}
		default:
			return value;
	}
}

/** As a person would write it: what a computer can't hold exactly has long tails. */
function showNumber(value: string): string {
	const number = Number(value);
	return value === "" || !Number.isFinite(number) ? value : String(Number(number.toPrecision(15)));
}

/** Days since the end of 1899, which knows a 29 February 1900, or since 1904. */
function showTime(days: number, kind: "date" | "time", is1904: boolean): string {
	if (!Number.isFinite(days) || Math.abs(days) > 3_000_000) return String(days);
	const since = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
	const iso = new Date(Math.round((since + days * dayMs) / 1000) * 1000).toISOString();
	const time = iso.slice(11, iso.slice(17, 19) === "00" ? 16 : 19);
	if (kind === "time") return time;
	return days % 1 === 0 ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`;
}
