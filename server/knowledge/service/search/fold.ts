import type { Found } from "./passages";

/** From this part of their words' runs in common on, two passages say the same. */
const sameFrom = 0.8;
const wordsInRun = 4;
const sampled = 8;

/** Passages in their order, each that says the same as one before it folded into that one. */
export class Folded {
	readonly kept: Found[] = [];
	private readonly runs: Set<string>[] = [];

	add(passage: Found): void {
		const runs = runsOf(passage.text);
		const same = this.runs.findIndex((other) => isSame(other, runs));
		const first = this.kept[same];
		if (first) {
			const { chunkId, documentId, documentName, page } = passage;
			first.duplicates.push({ chunkId, documentId, documentName, page });
			return;
		}
		this.kept.push(passage);
		this.runs.push(runs);
	}
}

/** Every four words that follow each other; what only looks different is the same. */
export function runsOf(text: string): Set<string> {
	const words = text
		.normalize("NFKC")
		.toLowerCase()
		.split(/[^\p{L}\p{N}]+/u)
		.filter(Boolean);
	if (words.length <= wordsInRun) return new Set([words.join(" ")]);
	return new Set(words.slice(wordsInRun - 1).map((_, i) => words.slice(i, i + wordsInRun).join(" ")));
}

export function isSame(a: Set<string>, b: Set<string>): boolean {
	const [small, large] = a.size < b.size ? [a, b] : [b, a];
	if (small.size < large.size * sameFrom) return false;
	let shared = 0;
	let looked = 0;
	for (const run of small) {
		if (large.has(run)) shared++;
		// Most pairs have nothing in common, which a few show.
		if (++looked === sampled && shared === 0 && small.size > sampled * 2) return false;
	}
	return shared / (a.size + b.size - shared) >= sameFrom;
}
