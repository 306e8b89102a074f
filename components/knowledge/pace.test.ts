import { expect, test } from "vitest";
import { paceOf } from "./pace";

test("the rate is of what was done while it was looked at, and what is left takes as long again", () => {
	const looks = [
		{ at: 0, done: 10 },
		{ at: 30_000, done: 40 },
	];
	expect(paceOf(looks, 100)).toEqual({ perMinute: 60, leftMs: 60_000 });
});

test("there is none at first, nor while nothing moves", () => {
	expect(paceOf([], 10)).toBeNull();
	expect(paceOf([{ at: 0, done: 1 }], 10)).toBeNull();
	expect(
		paceOf(
			[
				{ at: 0, done: 1 },
				{ at: 1_000, done: 2 },
			],
			10,
		),
	).toBeNull();
	expect(
		paceOf(
			[
				{ at: 0, done: 1 },
				{ at: 60_000, done: 1 },
			],
			10,
		),
	).toBeNull();
});
