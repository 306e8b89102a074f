/**
 * Vectors of length 1 with 24 bits a number: sixteen that are scanned, and eight more for the few that come near. A scan reads half
 * of what it would read of 32-bit floats, and what it finds is still told apart as finely as by them (2^-23).
 */
export type Fine = { coarse: Int16Array<SharedArrayBuffer>; rest: Int8Array<SharedArrayBuffer> };

/** Of both sides at most: sums of products of two vectors then stay within 2^30, as their lengths are. */
const steps = 32_767;
const stepsOfRest = 254;

export const makeFine = (numbers: number): Fine => ({
	coarse: new Int16Array(new SharedArrayBuffer(numbers * 2)),
	rest: new Int8Array(new SharedArrayBuffer(numbers)),
});

export const bytesOf = ({ coarse, rest }: Fine): number => coarse.byteLength + rest.byteLength;

/** Writes a vector behind the first `at` numbers. */
export function putFine({ coarse, rest }: Fine, at: number, vector: ArrayLike<number>): void {
	for (let i = 0; i < vector.length; i++) {
		const exact = (vector[i] ?? 0) * steps;
		const near = rounded(exact);
		coarse[at + i] = near;
		rest[at + i] = rounded((exact - near) * stepsOfRest);
	}
}

/** A fifth of the time of Math.round: a hundred thousand vectors are 77 million numbers. */
const rounded = (number: number) => ((number + 32_768.5) | 0) - 32_768;

export function copyFine(into: Fine, at: number, from: Fine, start: number, end: number): void {
	into.coarse.set(from.coarse.subarray(start, end), at);
	into.rest.set(from.rest.subarray(start, end), at);
}

/** With sixteen bits a number. */
export const toCoarse = (vector: Float32Array): Int16Array => Int16Array.from(vector, (one) => Math.round(one * steps));

/** What the sum of products of two coarse vectors says of their similarity. */
export const similarityOfCoarse = 1 / (steps * steps);

/** By how much that is wrong at most, up or down: half a step in each number of either vector, whose lengths are 1. */
export const coarseError = (dimension: number): number =>
	Math.sqrt(dimension) / steps + dimension / (4 * steps * steps);

/** The similarity of a query with the vector whose numbers begin at `at`. */
export function fineDot({ coarse, rest }: Fine, at: number, query: Float32Array): number {
	let sum = 0;
	for (let i = 0; i < query.length; i++)
		sum += ((coarse[at + i] ?? 0) + (rest[at + i] ?? 0) / stepsOfRest) * (query[i] ?? 0);
	return sum / steps;
}
