/** A run of letters on a page: position from the page's top left, in points. */
export type Glyphs = { text: string; x: number; y: number; width: number; size: number; isTurned: boolean };
export type Line = {
	text: string;
	x: number;
	y: number;
	end: number;
	size: number;
	/** Cells far apart: a row of a table rather than a sentence. */
	isRow: boolean;
	isTurned: boolean;
};

/** Puts runs together to lines, in the order in which the file draws them. */
export function toLines(runs: Iterable<Glyphs>): Line[] {
	const lines: Line[] = [];
	let line: Line | undefined;
	for (const run of runs) {
		if (!run.text.trim()) {
			if (line && run.text && !line.text.endsWith(" ")) line.text += " ";
			continue;
		}
		const gap = line ? run.x - line.end : 0;
		if (line && isSameLine(line, run, gap)) {
			const isCell = gap > 2 * line.size;
			const between = isCell ? " | " : gap > 0.15 * line.size ? " " : "";
			line.text += between + run.text;
			line.isRow ||= isCell;
			line.end = Math.max(line.end, run.x + run.width);
			line.size = Math.max(line.size, run.size);
			continue;
		}
		line = { ...run, end: run.x + run.width, isRow: false };
		lines.push(line);
	}
	return lines.map((found) => ({ ...found, text: found.text.replace(/\s+/g, " ").trim() }));
}

const isSameLine = (line: Line, run: Glyphs, gap: number) =>
	line.isTurned === run.isTurned &&
	Math.abs(run.y - line.y) < 0.5 * Math.max(line.size, run.size) &&
	gap > -0.6 * line.size;

/** Lines under each other that belong to one column, in reading order. */
export function toColumns(lines: Line[]): Line[][] {
	const columns: Line[][] = [];
	let current: Line[] = [];
	for (const line of lines) {
		const last = current.at(-1);
		if (last && (line.y < last.y - 0.5 * last.size || !overlaps([last], [line]) || line.isTurned !== last.isTurned)) {
			place(columns, current);
			current = [];
		}
		current.push(line);
	}
	if (current.length > 0) place(columns, current);
	return columns;
}

/** A file may draw a footer first: what stands above another thing, in the same column, is read before it. */
function place(columns: Line[][], added: Line[]): void {
	const bottom = Math.max(...added.map((line) => line.y));
	const before = columns.findIndex((column) => {
		const top = Math.min(...column.map((line) => line.y));
		return top > bottom && overlaps(column, added);
	});
	columns.splice(before < 0 ? columns.length : before, 0, added);
}

function overlaps(one: Line[], other: Line[]): boolean {
	const [from, to] = span(one);
	const [otherFrom, otherTo] = span(other);
	return Math.min(to, otherTo) > Math.max(from, otherFrom);
}

const span = (lines: Line[]): [number, number] => [
	Math.min(...lines.map((line) => line.x)),
	Math.max(...lines.map((line) => line.end)),
];
