import type { Near } from "../store";

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
	for (const { ids, vectors, dimension, ranges } of all) {
		for (let i = 0; i < ranges.length; i += 2) {
			const to = ranges[i + 1] ?? 0;
			for (let row = ranges[i] ?? 0; row < to; row++)
				nearest.offer(ids[row] ?? 0, dot(vectors, row * dimension, query));
		}
	}
	return nearest.sorted();
}

/** Four sums at once: each waits for its own last one only, which is about twice as fast. */
export function dot(vectors: Float32Array, at: number, query: Float32Array): number {
	let [a, b, c, d] = [0, 0, 0, 0];
	for (let i = 0; i < query.length; i += 4) {
		a += (vectors[at + i] ?? 0) * (query[i] ?? 0);
		b += (vectors[at + i + 1] ?? 0) * (query[i + 1] ?? 0);
		c += (vectors[at + i + 2] ?? 0) * (query[i + 2] ?? 0);
		d += (vectors[at + i + 3] ?? 0) * (query[i + 3] ?? 0);
	}
	return a + b + c + d;
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
