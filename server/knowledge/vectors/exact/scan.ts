import type { Near } from "../store";
import { dotsWith } from "./dots";
import { aboutOf, errorOf, type Fine, fineDot } from "./fine";

/** Vectors one after the other in memory that threads share, and the rows of them to compare: from and to, in turn. */
export type Rows = { ids: Float64Array; vectors: Fine; ranges: Int32Array };

export const countRows = (all: Rows[]): number =>
	all.reduce((sum, { ranges }) => {
		for (let i = 0; i < ranges.length; i += 2) sum += (ranges[i + 1] ?? 0) - (ranges[i] ?? 0);
		return sum;
	}, 0);

/** The passages nearest to the query, nearest first, by comparing with every row: vectors have length 1. */
export function scan(all: Rows[], query: Float32Array, most: number): Near[] {
	const close = new Close(query, most);
	const dots = dotsWith(query);
	for (const rows of all) {
		const { vectors, ranges } = rows;
		for (let i = 0; i < ranges.length; i += 2) {
			const to = ranges[i + 1] ?? 0;
			for (let from = ranges[i] ?? 0; from < to; from += dots.rowsAtOnce) {
				const until = Math.min(to, from + dots.rowsAtOnce);
				const sums = dots.of(vectors, from, until);
				for (let row = from; row < until; row++) {
					const high = aboutOf(vectors, row, dots.query, sums[row - from] ?? 0) + errorOf(vectors, row, dots.query);
					if (high >= close.least) close.add({ rows, row, high, similarity: null });
				}
			}
		}
	}
	return close.nearest();
}

/** How similar it may be at most, and how similar it is, once it was compared with all bits. */
type Candidate = { rows: Rows; row: number; high: number; similarity: number | null };

/** Keeps what may be among the best few: almost all are refused by one comparison. */
class Close {
	/** So many others are better than this in any case. */
	least = Number.NEGATIVE_INFINITY;
	private kept: Candidate[] = [];
	private full: number;

	constructor(
		private readonly query: Float32Array,
		private readonly most: number,
	) {
		this.full = most * 2;
	}

	add(candidate: Candidate): void {
		this.kept.push(candidate);
		if (this.kept.length >= this.full) this.cut();
	}

	/** Those who may be best first, until what is left can't be better. */
	nearest(): Near[] {
		let nearest: Near[] = [];
		this.kept.sort((a, b) => b.high - a.high);
		for (let from = 0; from < this.kept.length; from += this.most) {
			const last = nearest[this.most - 1];
			if (last && (this.kept[from]?.high ?? 0) < last.similarity) break;
			const some = this.kept.slice(from, from + this.most).map((one) => ({
				id: one.rows.ids[one.row] ?? 0,
				similarity: this.similarityOf(one),
			}));
			nearest = [...nearest, ...some].sort((a, b) => b.similarity - a.similarity || a.id - b.id).slice(0, this.most);
		}
		return nearest;
	}

	/** The best by what is known of them roughly are compared with all bits: whatever can't reach the last of those is out. */
	private cut(): void {
		this.kept.sort((a, b) => b.high - a.high);
		const best = this.kept.slice(0, this.most);
		if (best.length < this.most) return;
		this.least = Math.max(this.least, Math.min(...best.map((one) => this.similarityOf(one))));
		const end = this.kept.findIndex(({ high }) => high < this.least);
		if (end >= 0) this.kept.length = end;
		// Where very many are alike, all of them stay.
		this.full = Math.max(this.most * 2, this.kept.length * 2);
	}

	private similarityOf(one: Candidate): number {
		one.similarity ??= fineDot(one.rows.vectors, one.row, this.query);
		return one.similarity;
	}
}
