import { dotModule } from "./dot-module";
import { type CoarseQuery, type Fine, toCoarse } from "./fine";

/** Compared in one go: so few that they fit into a core's own memory. */
const rowsAtOnce = 256;
const pageBytes = 65_536;

/** The dot products of a query with coarse vectors that lie one after the other: of the rows `from` to `to`, at most `rowsAtOnce`. */
export type Dots = {
	rowsAtOnce: number;
	query: CoarseQuery;
	of: (vectors: Fine, from: number, to: number) => Int32Array;
};

type Machine = {
	memory: Buffer;
	sums: Int32Array;
	vectorsAt: number;
	run: (row: number, end: number, out: number, bytes: number) => void;
};
const machines = new Map<number, Machine | null>();

export function dotsWith(asked: Float32Array): Dots {
	const dimension = asked.length;
	const query = toCoarse(asked);
	const machine = machineFor(dimension);
	if (!machine) return dotsInScript(query);
	const { memory, sums, vectorsAt, run } = machine;
	memory.set(query.numbers, 0);
	return {
		rowsAtOnce,
		query,
		of: ({ coarse }, from, to) => {
			const count = to - from;
			// The vectors lie in memory that threads share, which WebAssembly does not see. A typed array's `set` takes twice as long.
			Buffer.from(coarse.buffer).copy(memory, vectorsAt, from * dimension, to * dimension);
			run(vectorsAt, vectorsAt + count * dimension, sums.byteOffset, dimension);
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
	const vectorsAt = dimension + rowsAtOnce * 4;
	const bytes = dotModule(Math.ceil((vectorsAt + rowsAtOnce * dimension) / pageBytes));
	if (!WebAssembly.validate(bytes)) return null;
	const { memory, dots } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
	if (!(memory instanceof WebAssembly.Memory) || typeof dots !== "function") return null;
	return {
		memory: Buffer.from(memory.buffer),
		sums: new Int32Array(memory.buffer, dimension, rowsAtOnce),
		vectorsAt,
		run: (row, end, out, size) => dots(row, end, out, size),
	};
}

function dotsInScript(query: CoarseQuery): Dots {
	const found = new Int32Array(rowsAtOnce);
	return {
		rowsAtOnce,
		query,
		of: (vectors, from, to) => {
			for (let row = from; row < to; row++) found[row - from] = dot(vectors, row, query);
			return found;
		},
	};
}

function dot({ coarse, dimension }: Fine, row: number, { numbers }: CoarseQuery): number {
	let sum = 0;
	for (let i = 0; i < dimension; i++) sum += (coarse[row * dimension + i] ?? 0) * (numbers[i] ?? 0);
	return sum;
}
