/** float32, little-endian as on every machine that this runs on. */
export const toBytes = (vector: Float32Array) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

export function fromBytes(bytes: Uint8Array): Float32Array {
	// A copy: rows of the driver's buffer need not begin at a multiple of four.
	return new Float32Array(Uint8Array.from(bytes).buffer);
}
