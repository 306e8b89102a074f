export type Line = { kind: "same" | "gone" | "new"; text: string };

const mostCells = 4_000_000;

/** What became of a text, line by line: the longest common run of lines stays, the rest is gone or new. */
export function compareLines(from: string, to: string): Line[] {
	const before = from.split("\n");
	const after = to.split("\n");
	// Too much to compare in a browser at once: show both whole.
	if (before.length * after.length > mostCells)
		return [
			...before.map((text): Line => ({ kind: "gone", text })),
			...after.map((text): Line => ({ kind: "new", text })),
		];
	const width = after.length + 1;
	const common = new Uint32Array((before.length + 1) * width);
	const at = (i: number, j: number) => common[i * width + j] ?? 0;
	for (let i = before.length - 1; i >= 0; i--)
		for (let j = after.length - 1; j >= 0; j--)
			common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
	const lines: Line[] = [];
	let i = 0;
	let j = 0;
	while (i < before.length || j < after.length) {
		const gone = before[i];
		const fresh = after[j];
		if (gone !== undefined && gone === fresh) {
			lines.push({ kind: "same", text: gone });
			i += 1;
			j += 1;
		} else if (gone !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
			lines.push({ kind: "gone", text: gone });
			i += 1;
		} else if (fresh !== undefined) {
			lines.push({ kind: "new", text: fresh });
			j += 1;
		}
	}
	return lines;
}
