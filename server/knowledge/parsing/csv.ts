import { unreadable } from "./failure";

const separators = [",", ";", "\t", "|"] as const;
const looksAt = 20_000;
const mostCells = 2_000_000;

/** Rows of a CSV file. A quote that never ends is taken for a letter, as spreadsheets do. */
export function* readCsv(text: string): Generator<string[]> {
	const separator = separatorOf(text.slice(0, looksAt));
	let row: string[] = [];
	let cells = 0;
	let at = 0;
	while (at < text.length) {
		const [cell, end] = text[at] === '"' ? quoted(text, at) : plain(text, at, separator);
		row.push(cell);
		if (++cells > mostCells) throw unreadable("tooMuchText");
		at = end;
		if (text[at] === separator) {
			at++;
			if (at === text.length) row.push("");
			continue;
		}
		yield row;
		row = [];
		if (text[at] === "\r") at++;
		if (text[at] === "\n") at++;
	}
	if (row.length > 0) yield row;
}

function plain(text: string, from: number, separator: string): [string, number] {
	let end = from;
	while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
	return [text.slice(from, end), end];
}

/** The quoted cell, and whatever stands behind its quote up to the next separator. */
function quoted(text: string, from: number): [string, number] {
	let end = from + 1;
	for (;;) {
		end = text.indexOf('"', end);
		if (end < 0) return plain(text, from, "\n");
		if (text[end + 1] !== '"') break;
		end += 2;
	}
	return [text.slice(from + 1, end).replaceAll('""', '"'), end + 1];
}

/** The one that stands equally often, and at least once, in most of the first lines. */
function separatorOf(head: string): string {
	const lines = head
		.replace(/"(?:[^"]|"")*"/g, "")
		.split(/\r?\n/)
		.filter(Boolean)
		.slice(0, 30);
	const score = (separator: string) => {
		const counts = lines.map((line) => line.split(separator).length - 1);
		const first = counts[0] ?? 0;
		return first === 0 ? 0 : counts.filter((count) => count === first).length + first / 1000;
	};
	return separators.reduce((best, one) => (score(one) > score(best) ? one : best), ",");
}
