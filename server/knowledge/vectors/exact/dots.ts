import { dotModule } from "./dot-module";

/** Compared in one go: so few that they fit into a core's own memory. */
const rowsAtOnce = 256;
const pageBytes = 65_536;

/** The dot products of a query with vectors that lie one after the other: of the rows `from` to `to`, at most `rowsAtOnce`. */
export type Dots = { rowsAtOnce: number; of: (vectors: Float32Array, from: number, to: number) => Float32Array };

type Machine = { memory: Float32Array; run: (row: number, end: number, out: number, bytes: number) => void };
const machines = new Map<number, Machine | null>();

export function dotsWith(query: Float32Array): Dots {
	const dimension = query.length;
	const machine = machineFor(dimension);
	if (!machine) return dotsInScript(query);
	const { memory, run } = machine;
	memory.set(query, 0);
	const out = dimension;
	const vectorsAt = dimension + rowsAtOnce;
	return {
		rowsAtOnce,
		of: (vectors, from, to) => {
			const count = to - from;
			// The vectors lie in memory that threads share, which WebAssembly does not see.
			memory.set(vectors.subarray(from * dimension, to * dimension), vectorsAt);
			run(vectorsAt * 4, (vectorsAt + count * dimension) * 4, out * 4, dimension * 4);
			return memory.subarray(out, out + count);
		},
	};
}

/** One for all queries of a dimension: nothing in it outlives a call. Null where this processor or dimension can't have one. */
function machineFor(dimension: number): Machine | null {
	const known = machines.get(dimension);
	if (known !== undefined) return known;
	const made = dimension % 16 === 0 ? makeMachine(dimension) : null;
	machines.set(dimension, made);
	return made;
}

function makeMachine(dimension: number): Machine | null {
	const floats = dimension + rowsAtOnce + rowsAtOnce * dimension;
	const bytes = dotModule(Math.ceil((floats * 4) / pageBytes));
	if (!WebAssembly.validate(bytes)) return null;
	const { memory, dots } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
	if (!(memory instanceof WebAssembly.Memory) || typeof dots !== "function") return null;
	return { memory: new Float32Array(memory.buffer), run: (row, end, out, size) => dots(row, end, out, size) };
}

function dotsInScript(query: Float32Array): Dots {
	const found = new Float32Array(rowsAtOnce);
	return {
		rowsAtOnce,
		of: (vectors, from, to) => {
			for (let row = from; row < to; row++) found[row - from] = dot(vectors, row * query.length, query);
			return found;
		},
	};
}

/** Four sums at once: each waits for its own last one only, which is about twice as fast. */
export function dot(vectors: Float32Array, at: number, query: Float32Array): number {
	let [a, b, c, d] = [0, 0, 0, 0];
	for (let i = 0; i < query.length; i += 4) {
		a += (vectors[at + i] ?? 0) * (query[i] ?? 0);
		b += (vectors[at + i + 1] ?? 0) * (query[i + 1] ?? 0);
		c += (vectors[at + i + 2] ?? 0) * (query[i + 2] ?? 0);
		d += (vectors[at + i + 3] ?? 0) * (query[i + 3] ?? 0);
	}
	return a + b + c + d;
}
