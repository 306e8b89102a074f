/**
 * Vectors of length 1 with 24 bits a number: eight that are scanned, and sixteen more for the few that come near. A scan reads a quarter
 * of what it would read of 32-bit floats, and what it finds is still told apart as finely as by them. Each row counts in steps of its own.
 */
export type Fine = {
	dimension: number;
	coarse: Int8Array<SharedArrayBuffer>;
	rest: Int16Array<SharedArrayBuffer>;
	/** Of each row in turn: how large its step is, how far its coarse numbers lie from it, and their sum. */
	facts: Float32Array<SharedArrayBuffer>;
};

const steps = 127;
const stepsOfRest = 65_534;
const factsOfRow = 3;

export const makeFine = (rows: number, dimension: number): Fine => ({
	dimension,
	coarse: new Int8Array(new SharedArrayBuffer(rows * dimension)),
	rest: new Int16Array(new SharedArrayBuffer(rows * dimension * 2)),
	facts: new Float32Array(new SharedArrayBuffer(rows * factsOfRow * 4)),
});

export const bytesOf = ({ coarse, rest, facts }: Fine): number =>
	coarse.byteLength + rest.byteLength + facts.byteLength;

/** Writes a vector as this row. */
export function putFine({ dimension, coarse, rest, facts }: Fine, row: number, vector: ArrayLike<number>): void {
	const step = stepOf(vector, steps);
	const at = row * dimension;
	let far = 0;
	let sum = 0;
	for (let i = 0; i < dimension; i++) {
		const exact = (vector[i] ?? 0) / step;
		const near = rounded(exact);
		const left = exact - near;
		coarse[at + i] = near;
		rest[at + i] = rounded(left * stepsOfRest);
		far += left * left;
		sum += near;
	}
	facts.set([step, Math.sqrt(far) * step + slack, sum], row * factsOfRow);
}

/** What arithmetic on floats adds to an error at most, many times over. */
const slack = 1e-5;

/** As a float of 32 bits, as which it is kept. */
function stepOf(vector: ArrayLike<number>, most: number): number {
	let largest = 0;
	for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i] ?? 0));
	return Math.fround(largest / most) || 1;
}

/** A fifth of the time of Math.round: a hundred thousand vectors are 77 million numbers. */
const rounded = (number: number) => ((number + 32_768.5) | 0) - 32_768;

export function copyFine(into: Fine, at: number, from: Fine, start: number, end: number): void {
	for (const [part, each] of [
		["coarse", from.dimension],
		["rest", from.dimension],
		["facts", factsOfRow],
	] as const)
		into[part].set(from[part].subarray(start * each, end * each), at * each);
}

/** A question in numbers of seven bits without a sign, which processors multiply with those of eight bits at once. */
export type CoarseQuery = { numbers: Int8Array; step: number; error: number };
const middle = 64;

export function toCoarse(query: Float32Array): CoarseQuery {
	const step = stepOf(query, middle - 1);
	let far = 0;
	const numbers = Int8Array.from(query, (one) => {
		const near = rounded(one / step);
		far += (one / step - near) ** 2;
		return near + middle;
	});
	return { numbers, step, error: Math.sqrt(far) * step + slack };
}

/** What the sum of products of a coarse row and a coarse query says of their similarity. */
export const aboutOf = ({ facts }: Fine, row: number, { step }: CoarseQuery, sum: number): number =>
	(facts[row * factsOfRow] ?? 0) * step * (sum - middle * (facts[row * factsOfRow + 2] ?? 0));

/**
 * By how much that is wrong at most, up or down. No product of two vectors is more than that of their lengths (Cauchy and Schwarz),
 * so each side's distance from what stands for it is a bound, as the other side's length is 1.
 */
export function errorOf({ facts }: Fine, row: number, { error }: CoarseQuery): number {
	const own = facts[row * factsOfRow + 1] ?? 0;
	return own + error * (1 + own);
}

/** The similarity of a query with the vector of this row. */
export function fineDot({ dimension, coarse, rest, facts }: Fine, row: number, query: Float32Array): number {
	const at = row * dimension;
	let sum = 0;
	for (let i = 0; i < dimension; i++)
		sum += ((coarse[at + i] ?? 0) + (rest[at + i] ?? 0) / stepsOfRest) * (query[i] ?? 0);
	return sum * (facts[row * factsOfRow] ?? 0);
}
