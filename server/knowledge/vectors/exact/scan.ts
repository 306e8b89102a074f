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
	const close = new Close(most);
	const dots = dotsWith(query);
	for (const rows of all) {
		const { vectors, ranges } = rows;
		for (let i = 0; i < ranges.length; i += 2) {
			const to = ranges[i + 1] ?? 0;
			for (let from = ranges[i] ?? 0; from < to; from += dots.rowsAtOnce) {
				const until = Math.min(to, from + dots.rowsAtOnce);
				const sums = dots.of(vectors, from, until);
				for (let row = from; row < until; row++) {
					const about = aboutOf(vectors, row, dots.query, sums[row - from] ?? 0);
					const error = errorOf(vectors, row, dots.query);
					if (about + error >= close.least) close.add({ rows, row, low: about - error, high: about + error });
				}
			}
		}
	}
	return nearestOf(close.candidates(), query, most);
}

/** Between which two its similarity lies. */
type Candidate = { rows: Rows; row: number; low: number; high: number };

/** Keeps what may be among the best few: almost all are refused by one comparison. */
class Close {
	/** Below it, so many others are better in any case. */
	least = Number.NEGATIVE_INFINITY;
	private kept: Candidate[] = [];
	private full: number;

	constructor(private readonly most: number) {
		this.full = most * 4;
	}

	add(candidate: Candidate): void {
		this.kept.push(candidate);
		if (this.kept.length >= this.full) this.cut();
	}

	/** What may be best first. */
	candidates(): Candidate[] {
		this.cut();
		return this.kept.sort((a, b) => b.high - a.high);
	}

	private cut(): void {
		const lows = Float64Array.from(this.kept, ({ low }) => low).sort();
		this.least = lows.at(-this.most) ?? this.least;
		this.kept = this.kept.filter(({ high }) => high >= this.least);
		// Where very many are alike, all of them stay.
		this.full = Math.max(this.most * 4, this.kept.length * 2);
	}
}

/** Told apart with all bits, until what is left can't be better. */
function nearestOf(candidates: Candidate[], query: Float32Array, most: number): Near[] {
	let nearest: Near[] = [];
	for (let from = 0; from < candidates.length; from += most) {
		const last = nearest[most - 1];
		if (last && (candidates[from]?.high ?? 0) < last.similarity) break;
		const some = candidates.slice(from, from + most).map(({ rows: { ids, vectors }, row }) => ({
			id: ids[row] ?? 0,
			similarity: fineDot(vectors, row, query),
		}));
		nearest = [...nearest, ...some].sort((a, b) => b.similarity - a.similarity || a.id - b.id).slice(0, most);
	}
	return nearest;
}
