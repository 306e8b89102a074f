import { randomInt } from "node:crypto";
import type { Found } from "./passages";

/** From this part of their words' runs in common on, two passages say the same. */
const sameFrom = 0.8;
const wordsInRun = 4;
const sampled = 8;

/** Passages in their order, each that says the same as one before it folded into that one. */
export class Folded {
	readonly kept: Found[] = [];
	private readonly runs: Runs[] = [];

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

/** A number each, of 32 bits: words put together would be garbage for every search. */
export type Runs = Set<number>;

/** Another one each time the process starts: nobody can write a text that passes for somebody else's. */
const seed = randomInt(2 ** 32);

/** Every four words that follow each other; what only looks different is the same. */
export function runsOf(text: string): Runs {
	const words = text
		.normalize("NFKC")
		.toLowerCase()
		.split(/[^\p{L}\p{N}]+/u)
		.filter(Boolean)
		.map(hashOf);
	const runs: Runs = new Set();
	for (let from = 0; from === 0 || from + wordsInRun <= words.length; from++) {
		let run = seed;
		for (let i = from; i < from + wordsInRun; i++) run = mixed(run ^ (words[i] ?? 0));
		runs.add(run);
	}
	return runs;
}

function hashOf(word: string): number {
	let hash = seed;
	for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
	return mixed(hash);
}

/** Spreads what differs over all bits (the end of MurmurHash3). */
function mixed(number: number): number {
	let hash = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return hash ^ (hash >>> 16);
}

export function isSame(a: Runs, b: Runs): boolean {
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
