export type Random = {
	next: () => number;
	pick: <T>(from: readonly T[]) => T;
	chance: (of: number) => boolean;
	pause: (mostMs: number) => Promise<void>;
};

/** Random choices that a recorded seed repeats (mulberry32). */
export function seeded(seed: number): Random {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		next,
		pick: (from) => {
			const one = from[Math.floor(next() * from.length)];
			if (one === undefined) throw new Error("nothing to pick from");
			return one;
		},
		chance: (of) => next() < of,
		pause: (mostMs) => new Promise((resolve) => setTimeout(resolve, next() * mostMs)),
	};
}
