/** Just enough of the protobuf wire format to write an ONNX file. */
export function varint(value: number | bigint): Buffer {
	let rest = BigInt.asUintN(64, BigInt(value));
	const bytes: number[] = [];
	while (rest > 127n) {
		bytes.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	bytes.push(Number(rest));
	return Buffer.from(bytes);
}

const tag = (field: number, wire: 0 | 2 | 5) => varint((field << 3) | wire);

export const intField = (field: number, value: number): Buffer => Buffer.concat([tag(field, 0), varint(value)]);

export const bytesField = (field: number, value: Uint8Array): Buffer =>
	Buffer.concat([tag(field, 2), varint(value.byteLength), value]);

export const textField = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value));

export function floatField(field: number, value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeFloatLE(value);
	return Buffer.concat([tag(field, 5), bytes]);
}
