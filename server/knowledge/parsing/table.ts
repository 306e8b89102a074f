import type { Block } from "./page";

const hasLetter = /\p{L}/u;
const isFigure = /^[-+]?[\d.,\s%€$£]+$/;

/**
 * A table's rows as lines. Where its first row names the columns, each value says which one it is of, so that a row is
 * understood wherever it is cut out.
 */
export function* writeTable(rows: Iterable<string[]>): Generator<Block> {
	let names: string[] | null = null;
	let isFirst = true;
	for (const row of rows) {
		const cells = row.map((cell) => cell.replace(/\s+/g, " ").trim());
		if (!cells.some(Boolean)) continue;
		if (isFirst) {
			names = namesColumns(cells) ? cells : null;
			isFirst = false;
			yield { kind: "row", text: cells.filter(Boolean).join(" | ") };
		} else yield { kind: "row", text: lineOf(cells, names) };
	}
}

/** Two words at least, none of them a figure, none twice. */
function namesColumns(cells: string[]): boolean {
	const filled = cells.filter(Boolean);
	return (
		filled.length > 1 &&
		new Set(filled).size === filled.length &&
		filled.every((cell) => hasLetter.test(cell) && !isFigure.test(cell) && cell.length <= 60)
	);
}

const lineOf = (cells: string[], names: string[] | null): string =>
	cells
		.map((cell, column) => (cell && names?.[column] ? `${names[column]}: ${cell}` : cell))
		.filter(Boolean)
		.join(" | ");
