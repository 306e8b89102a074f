/**
 * A WebAssembly module that compares vectors of 8-bit numbers with a query of 7-bit numbers without a sign, thirty-two of them at a time.
 *
 *   memory (export "memory")
 *   dots (export "dots") (row, end, out, bytes): the query lies at 0, vectors of `bytes` bytes each, a multiple of 32, from `row` to `end`;
 *   their dot products with it are written from `out` on, as 32-bit numbers.
 */
export function dotModule(pages: number): Uint8Array<ArrayBuffer> {
	const section = (id: number, ...content: number[]) => [id, ...unsigned(content.length), ...content];
	const types = section(1, 1, 0x60, 4, i32, i32, i32, i32, 0);
	const functions = section(3, 1, 0);
	const memories = section(5, 1, 0, ...unsigned(pages));
	const exports = section(7, 2, ...name("memory"), 2, 0, ...name("dots"), 0, 0);
	const body = [2, 1, i32, sums.length, v128, ...dots(), end];
	const code = section(10, 1, ...unsigned(body.length), ...body);
	const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
	return Uint8Array.from([...magic, ...types, ...functions, ...memories, ...exports, ...code]);
}

const i32 = 0x7f;
const v128 = 0x7b;
const end = 0x0b;
const [row, last, out, bytes, at] = [0, 1, 2, 3, 4] as const;
/** Two sums at once: each waits for its own last one only. */
const sums = [5, 6] as const;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const add = (local: number, value: number[]) => [...get(local), ...value, 0x6a, ...set(local)];
const constant = (value: number) => [0x41, ...signed(value)];
const simd = (opcode: number, ...rest: number[]) => [0xfd, ...unsigned(opcode), ...rest];
const zero = simd(0x0c, ...Array.from({ length: 16 }, () => 0));
const load = (offset: number) => simd(0x00, 0, offset);
/**
 * Products of 8-bit numbers, each four side by side added to one of 32 bits (relaxed SIMD). Processors differ only in what does not
 * occur here: a second number of more than seven bits, and two products that have no room in 16.
 */
const multiplyAndAdd = simd(0x113);
const addLanes = simd(0xae);
const lane = (n: number) => simd(0x1b, n);
const addNumbers = [0x6a];
const storeNumber = [0x36, 2, 0];
const loop = (work: number[], first: number, than: number) => [
	...[0x03, 0x40, ...work],
	...[...get(first), ...get(than), 0x49, 0x0d, 0],
	end,
];

function dots(): number[] {
	const part = [
		...sums.flatMap((sum, n) => [
			...[...get(row), ...get(at), 0x6a, ...load(n * 16)],
			...[...get(at), ...load(n * 16)],
			...[...get(sum), ...multiplyAndAdd, ...set(sum)],
		]),
		...add(at, constant(32)),
	];
	const vector = [
		...[...constant(0), ...set(at)],
		...sums.flatMap((sum) => [...zero, ...set(sum)]),
		...loop(part, at, bytes),
		...[...get(sums[0]), ...get(sums[1]), ...addLanes, ...set(sums[0])],
		...get(out),
		...[...get(sums[0]), ...lane(0), ...get(sums[0]), ...lane(1), ...addNumbers],
		...[...get(sums[0]), ...lane(2), ...get(sums[0]), ...lane(3), ...addNumbers],
		...[...addNumbers, ...storeNumber],
		...add(out, constant(4)),
		...add(row, get(bytes)),
	];
	return loop(vector, row, last);
}

const name = (text: string) => [text.length, ...Buffer.from(text)];

function unsigned(value: number): number[] {
	return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Of small numbers only, which have no sign to mind below 64. */
const signed = (value: number) => (value < 0x40 ? [value] : [(value & 0x7f) | 0x80, value >>> 7]);
