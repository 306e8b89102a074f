import type { Near } from "../store";
import { dotsWith } from "./dots";
import { coarseError, type Fine, fineDot, similarityOfCoarse } from "./fine";

/** Vectors one after the other in memory that threads share, and the rows of them to compare: from and to, in turn. */
export type Rows = { ids: Float64Array; vectors: Fine; dimension: number; ranges: Int32Array };

export const countRows = (all: Rows[]): number =>
	all.reduce((sum, { ranges }) => {
		for (let i = 0; i < ranges.length; i += 2) sum += (ranges[i + 1] ?? 0) - (ranges[i] ?? 0);
		return sum;
	}, 0);

/** The passages nearest to the query, nearest first, by comparing with every row: vectors have length 1. */
export function scan(all: Rows[], query: Float32Array, most: number): Near[] {
	const nearest = new Nearest(most, 2 * coarseError(query.length));
	const dots = dotsWith(query);
	all.forEach(({ vectors: { coarse }, ranges }, of) => {
		for (let i = 0; i < ranges.length; i += 2) {
			const to = ranges[i + 1] ?? 0;
			for (let from = ranges[i] ?? 0; from < to; from += dots.rowsAtOnce) {
				const until = Math.min(to, from + dots.rowsAtOnce);
				const sums = dots.of(coarse, from, until);
				for (let row = from; row < until; row++) nearest.offer(of, row, (sums[row - from] ?? 0) * similarityOfCoarse);
			}
		}
	});
	return nearest
		.candidates()
		.flatMap(({ of, row }) => {
			const rows = all[of];
			if (!rows) return [];
			return [{ id: rows.ids[row] ?? 0, similarity: fineDot(rows.vectors, row * rows.dimension, query) }];
		})
		.sort((a, b) => b.similarity - a.similarity || a.id - b.id)
		.slice(0, most);
}

type Candidate = { of: number; row: number; about: number };

/** Keeps the best few of many, and what is so close behind them that it may be better yet: almost all are refused by one comparison. */
class Nearest {
	private kept: Candidate[] = [];
	private least = Number.NEGATIVE_INFINITY;
	private full: number;

	constructor(
		private readonly most: number,
		private readonly margin: number,
	) {
		this.full = most * 2;
	}

	offer(of: number, row: number, about: number): void {
		if (about < this.least) return;
		this.kept.push({ of, row, about });
		if (this.kept.length >= this.full) this.cut();
	}

	candidates(): Candidate[] {
		this.cut();
		return this.kept;
	}

	private cut(): void {
		this.kept.sort((a, b) => b.about - a.about);
		const last = this.kept[this.most - 1];
		if (!last) return;
		this.least = last.about - this.margin;
		const end = this.kept.findIndex(({ about }) => about < this.least);
		if (end >= 0) this.kept.length = end;
		// Where very many are alike, all of them stay.
		this.full = Math.max(this.most * 2, this.kept.length * 2);
	}
}
