import type { Mean } from "../contract";

/** Random figures that are the same each time: who looks twice sees the same interval. */
function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const samples = 1_000;
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Where 95 % of the means of samples lie that are drawn from these with putting back (percentile bootstrap). */
export function interval(values: readonly number[]): { low: number; high: number } {
	const random = seeded(values.length * 2_654_435_761);
	const means = Array.from({ length: samples }, () => {
		let sum = 0;
		for (let n = 0; n < values.length; n++) sum += values[Math.floor(random() * values.length)] ?? 0;
		return sum / values.length;
	}).sort((one, other) => one - other);
	return { low: means[Math.floor(samples * 0.025)] ?? 0, high: means[Math.ceil(samples * 0.975) - 1] ?? 0 };
}

/** Null without any. */
export const meanWith = (values: readonly number[]): Mean | null =>
	values.length === 0 ? null : { mean: mean(values), ...interval(values), count: values.length };

/** How likely so uneven a split of wins and losses is where neither is better: exact, two-sided. McNemar's test where scores are 0 or 1. */
export function signTest(better: number, worse: number): number | null {
	const all = better + worse;
	if (all === 0) return null;
	const least = Math.min(better, worse);
	let tail = 0;
	// By logarithms: 2,000 over 1,000 is more than a number holds.
	let logChoose = 0;
	for (let k = 0; k <= least; k++) {
		if (k > 0) logChoose += Math.log(all - k + 1) - Math.log(k);
		tail += Math.exp(logChoose - all * Math.LN2);
	}
	return Math.min(1, 2 * tail);
}

/** Agreement beyond chance of two who said yes or no of the same things; null where there are fewer than two, or both always say the same one thing. */
export function kappa(pairs: readonly (readonly [boolean, boolean])[]): number | null {
	const n = pairs.length;
	if (n < 2) return null;
	const alike = pairs.filter(([one, other]) => one === other).length / n;
	const first = pairs.filter(([one]) => one).length / n;
	const second = pairs.filter(([, other]) => other).length / n;
	const byChance = first * second + (1 - first) * (1 - second);
	return byChance === 1 ? null : (alike - byChance) / (1 - byChance);
}

/** The value in the middle; null without any. */
export function median(values: readonly number[]): number | null {
	if (values.length === 0) return null;
	const sorted = [...values].sort((one, other) => one - other);
	return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
