import { setImmediate as nextTurn } from "node:timers/promises";
import type { Block } from "./blocks";

export type Near = { id: number; similarity: number };

/** Rows compared before other work gets its turn: about 2 ms. */
const rowsAtOnce = 4000;

/** The passages nearest to the query, nearest first, by comparing with all of them: vectors have length 1. */
export async function scan(blocks: Block[], query: Float32Array, most: number): Promise<Near[]> {
	const nearest = new Nearest(most);
	let compared = 0;
	for (const { ids, vectors, dimension } of blocks) {
		for (let row = 0; row < ids.length; row++) {
			nearest.offer(ids[row] ?? 0, dot(vectors, row * dimension, query));
			if (++compared % rowsAtOnce === 0) await nextTurn();
		}
	}
	return nearest.sorted();
}

/** The similarity of one passage; null where no block has it. */
export function similarityOf(blocks: Block[], query: Float32Array, id: number): number | null {
	for (const { ids, vectors, dimension } of blocks) {
		const row = findRow(ids, id);
		if (row !== null) return dot(vectors, row * dimension, query);
	}
	return null;
}

/** Four sums at once: each waits for its own last one only, which is about twice as fast. */
function dot(vectors: Float32Array, at: number, query: Float32Array): number {
	let [a, b, c, d] = [0, 0, 0, 0];
	for (let i = 0; i < query.length; i += 4) {
		a += (vectors[at + i] ?? 0) * (query[i] ?? 0);
		b += (vectors[at + i + 1] ?? 0) * (query[i + 1] ?? 0);
		c += (vectors[at + i + 2] ?? 0) * (query[i + 2] ?? 0);
		d += (vectors[at + i + 3] ?? 0) * (query[i + 3] ?? 0);
	}
	return a + b + c + d;
}

function findRow(ids: number[], id: number): number | null {
	let [from, to] = [0, ids.length - 1];
	while (from <= to) {
		const middle = (from + to) >> 1;
		const found = ids[middle] ?? 0;
		if (found === id) return middle;
		if (found < id) from = middle + 1;
		else to = middle - 1;
	}
	return null;
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
