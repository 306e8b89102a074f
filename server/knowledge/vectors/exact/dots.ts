import { dotModule } from "./dot-module";
import { toCoarse } from "./fine";

/** Compared in one go: so few that they fit into a core's own memory. */
const rowsAtOnce = 256;
const pageBytes = 65_536;

/** The dot products of a query with coarse vectors that lie one after the other: of the rows `from` to `to`, at most `rowsAtOnce`. */
export type Dots = { rowsAtOnce: number; of: (vectors: Int16Array, from: number, to: number) => Int32Array };

type Machine = {
	numbers: Int16Array;
	sums: Int32Array;
	vectorsAt: number;
	run: (row: number, end: number, out: number, bytes: number) => void;
};
const machines = new Map<number, Machine | null>();

export function dotsWith(query: Float32Array): Dots {
	const dimension = query.length;
	const coarse = toCoarse(query);
	const machine = machineFor(dimension);
	if (!machine) return dotsInScript(coarse);
	const { numbers, sums, vectorsAt, run } = machine;
	numbers.set(coarse, 0);
	return {
		rowsAtOnce,
		of: (vectors, from, to) => {
			const count = to - from;
			// The vectors lie in memory that threads share, which WebAssembly does not see.
			numbers.set(vectors.subarray(from * dimension, to * dimension), vectorsAt);
			run(vectorsAt * 2, (vectorsAt + count * dimension) * 2, sums.byteOffset, dimension * 2);
			return sums.subarray(0, count);
		},
	};
}

/** One for all queries of a dimension: nothing in it outlives a call. Null where this processor or dimension can't have one. */
function machineFor(dimension: number): Machine | null {
	const known = machines.get(dimension);
	if (known !== undefined) return known;
	const made = dimension % 32 === 0 ? makeMachine(dimension) : null;
	machines.set(dimension, made);
	return made;
}

/** In its memory: the query, the sums, the vectors. */
function makeMachine(dimension: number): Machine | null {
	const sumsAt = dimension * 2;
	const vectorsAt = sumsAt + rowsAtOnce * 4;
	const bytes = dotModule(Math.ceil((vectorsAt + rowsAtOnce * dimension * 2) / pageBytes));
	if (!WebAssembly.validate(bytes)) return null;
	const { memory, dots } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
	if (!(memory instanceof WebAssembly.Memory) || typeof dots !== "function") return null;
	return {
		numbers: new Int16Array(memory.buffer),
		sums: new Int32Array(memory.buffer, sumsAt, rowsAtOnce),
		vectorsAt: vectorsAt / 2,
		run: (row, end, out, size) => dots(row, end, out, size),
	};
}

function dotsInScript(query: Int16Array): Dots {
	const found = new Int32Array(rowsAtOnce);
	return {
		rowsAtOnce,
		of: (vectors, from, to) => {
			for (let row = from; row < to; row++) found[row - from] = dot(vectors, row * query.length, query);
			return found;
		},
	};
}

function dot(vectors: Int16Array, at: number, query: Int16Array): number {
	let sum = 0;
	for (let i = 0; i < query.length; i++) sum += (vectors[at + i] ?? 0) * (query[i] ?? 0);
	return sum;
}
