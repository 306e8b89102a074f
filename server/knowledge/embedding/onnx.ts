import { bytesField, floatField, intField, textField } from "./protobuf";

/** ONNX's numbers for the element types in use. */
const elementTypes = { float: 1, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
type ElementType = keyof typeof elementTypes;
/** A whole number is written as an int attribute, `{ float }` as a float one: ONNX tells the two apart. */
type Attribute = number | number[] | { float: number };
type Node = {
	op: string;
	inputs: string[];
	outputs: string[];
	attributes?: Record<string, Attribute>;
	domain?: string;
};

const microsoft = "com.microsoft";
const rawBytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Collects nodes and weights, and writes them as an ONNX model. */
export class OnnxGraph {
	private readonly nodes: Buffer[] = [];
	private readonly weights: Buffer[] = [];
	private readonly inputs: Buffer[] = [];
	private readonly outputs: Buffer[] = [];

	constructor(private readonly name: string) {}

	input(name: string, type: ElementType, shape: (string | number)[]): string {
		this.inputs.push(valueInfo(name, type, shape));
		return name;
	}

	output(name: string, type: ElementType, shape: (string | number)[]): void {
		this.outputs.push(valueInfo(name, type, shape));
	}

	weight(name: string, type: ElementType, shape: number[], data: ArrayBufferView): string {
		const dims = shape.map((size) => intField(1, size));
		this.weights.push(
			Buffer.concat([...dims, intField(2, elementTypes[type]), textField(8, name), bytesField(9, rawBytes(data))]),
		);
		return name;
	}

	/** Adds an operation and answers with its first output's name; an operation of ONNX Runtime's own has `microsoft` set. */
	add(op: string, inputs: string[], output: string, attributes?: Record<string, Attribute>): string {
		return this.addNode({ op, inputs, outputs: [output], attributes });
	}

	addMicrosoft(op: string, inputs: string[], output: string, attributes?: Record<string, Attribute>): string {
		return this.addNode({ op, inputs, outputs: [output], attributes, domain: microsoft });
	}

	addNode({ op, inputs, outputs, attributes = {}, domain }: Node): string {
		const [first = ""] = outputs;
		this.nodes.push(
			Buffer.concat([
				...inputs.map((input) => textField(1, input)),
				...outputs.map((output) => textField(2, output)),
				textField(3, `${op}_${first}`),
				textField(4, op),
				...Object.entries(attributes).map(([name, value]) => bytesField(5, attribute(name, value))),
				...(domain ? [textField(7, domain)] : []),
			]),
		);
		return first;
	}

	toBytes(): Buffer {
		const graph = Buffer.concat([
			...this.nodes.map((node) => bytesField(1, node)),
			textField(2, this.name),
			...this.weights.map((weight) => bytesField(5, weight)),
			...this.inputs.map((input) => bytesField(11, input)),
			...this.outputs.map((output) => bytesField(12, output)),
		]);
		const operatorSet = (domain: string, version: number) =>
			bytesField(8, Buffer.concat([textField(1, domain), intField(2, version)]));
		return Buffer.concat([
			intField(1, 9),
			textField(2, "quarterdeck"),
			bytesField(7, graph),
			operatorSet("", 18),
			operatorSet(microsoft, 1),
		]);
	}
}

function attribute(name: string, value: Attribute): Buffer {
	if (Array.isArray(value))
		return Buffer.concat([textField(1, name), ...value.map((item) => intField(8, item)), intField(20, 7)]);
	if (typeof value === "object")
		return Buffer.concat([textField(1, name), floatField(2, value.float), intField(20, 1)]);
	return Buffer.concat([textField(1, name), intField(3, value), intField(20, 2)]);
}

function valueInfo(name: string, type: ElementType, shape: (string | number)[]): Buffer {
	const dims = shape.map((size) => bytesField(1, typeof size === "string" ? textField(2, size) : intField(1, size)));
	const tensor = Buffer.concat([intField(1, elementTypes[type]), bytesField(2, Buffer.concat(dims))]);
	return Buffer.concat([textField(1, name), bytesField(2, bytesField(1, tensor))]);
}
