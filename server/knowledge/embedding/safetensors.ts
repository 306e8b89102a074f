import { readFileSync } from "node:fs";
import { z } from "zod";

const Header = z.record(
	z.string(),
	z.object({ dtype: z.string(), shape: z.array(z.int()), data_offsets: z.tuple([z.int(), z.int()]) }),
);

/** A tensor as it lies in the file: half floats in `half`, to be widened where they are needed. */
export type Tensor = { shape: number[]; half: Uint16Array };

/** Reads a safetensors file of half floats; other types are left out. */
export function readSafetensors(path: string): Map<string, Tensor> {
	const file = readFileSync(path);
	const headerLength = Number(file.readBigUInt64LE(0));
	const { __metadata__, ...entries } = JSON.parse(file.toString("utf8", 8, 8 + headerLength));
	const tensors = new Map<string, Tensor>();
	for (const [name, { dtype, shape, data_offsets }] of Object.entries(Header.parse(entries))) {
		if (dtype !== "F16") continue;
		const [start, end] = data_offsets.map((offset) => 8 + headerLength + offset);
		const bytes = Uint8Array.prototype.slice.call(file, start, end);
		tensors.set(name, { shape, half: new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2) });
	}
	return tensors;
}

/** IEEE 754 half to single precision. */
export function widen(half: Uint16Array): Float32Array {
	const floats = new Float32Array(half.length);
	for (let i = 0; i < half.length; i++) {
		const bits = half[i] ?? 0;
		const exponent = (bits >> 10) & 31;
		const fraction = bits & 1023;
		const sign = bits & 0x8000 ? -1 : 1;
		if (exponent === 0) floats[i] = sign * fraction * 2 ** -24;
		else if (exponent === 31) floats[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
		else floats[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
	}
	return floats;
}
