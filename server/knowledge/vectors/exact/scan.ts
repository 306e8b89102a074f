import type { Near } from "../store";
import { dotsWith } from "./dots";

/** Vectors one after the other in memory that threads share, and the rows of them to compare: from and to, in turn. */
export type Rows = { ids: Float64Array; vectors: Float32Array; dimension: number; ranges: Int32Array };

export const countRows = (all: Rows[]): number =>
	all.reduce((sum, { ranges }) => {
		for (let i = 0; i < ranges.length; i += 2) sum += (ranges[i + 1] ?? 0) - (ranges[i] ?? 0);
		return sum;
	}, 0);

/** The passages nearest to the query, nearest first, by comparing with every row: vectors have length 1. */
export function scan(all: Rows[], query: Float32Array, most: number): Near[] {
	const nearest = new Nearest(most);
	const dots = dotsWith(query);
	for (const { ids, vectors, ranges } of all) {
		for (let i = 0; i < ranges.length; i += 2) {
			const to = ranges[i + 1] ?? 0;
			for (let from = ranges[i] ?? 0; from < to; from += dots.rowsAtOnce) {
				const until = Math.min(to, from + dots.rowsAtOnce);
				const similarities = dots.of(vectors, from, until);
				for (let row = from; row < until; row++) nearest.offer(ids[row] ?? 0, similarities[row - from] ?? 0);
			}
		}
	}
	return nearest.sorted();
}

/** Keeps the best few of many: almost all are refused by one comparison. */
class Nearest {
	private kept: Near[] = [];
	private least = Number.NEGATIVE_INFINITY;

	constructor(private readonly most: number) {}

	offer(id: number, similarity: number): void {
		if (similarity <= this.least) return;
		this.kept.push({ id, similarity });
		if (this.kept.length >= this.most * 2) this.cut();
	}

	sorted(): Near[] {
		this.cut();
		return this.kept;
	}

	private cut(): void {
		this.kept.sort((a, b) => b.similarity - a.similarity || a.id - b.id);
		this.kept.length = Math.min(this.kept.length, this.most);
		if (this.kept.length === this.most) this.least = this.kept.at(-1)?.similarity ?? this.least;
	}
}
