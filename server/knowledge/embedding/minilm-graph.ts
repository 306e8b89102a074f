import { OnnxGraph } from "./onnx";
import { type Tensor, widen } from "./safetensors";

export type BertConfig = {
	hidden_size: number;
	num_hidden_layers: number;
	num_attention_heads: number;
	intermediate_size: number;
	layer_norm_eps: number;
};

/**
 * The graph of a BERT sentence encoder: token ids and positions in, one normalised vector out. Weights of the matrix
 * products are int8, one scale a column; the word table stays in half floats, which saves 23 MB. One text a run: no
 * padding, so no mask, and a text's vector can't depend on what it was batched with.
 */
export function buildMiniLm(tensors: Map<string, Tensor>, config: BertConfig): Buffer {
	const graph = new OnnxGraph("minilm");
	const { hidden_size: width, intermediate_size: inner, num_attention_heads: heads } = config;
	const epsilon = { float: config.layer_norm_eps };
	const tensor = (name: string): Tensor => {
		const found = tensors.get(name) ?? tensors.get(`bert.${name}`);
		if (!found) throw new Error(`The embedding model's weights lack ${name}`);
		return found;
	};
	const floats = (name: string) => widen(tensor(name).half);
	const vector = (name: string, source: string) => graph.weight(name, "float", [width], floats(source));
	const product = (name: string, input: string, weights: Float32Array, rows: number, bias?: Float32Array) => {
		const { int8, scales } = quantize(weights, rows, weights.length / rows);
		const parts = [
			graph.weight(`${name}_w`, "int8", [weights.length / rows, rows], int8),
			graph.weight(`${name}_s`, "float", [rows], scales),
			graph.weight(`${name}_z`, "int8", [rows], new Int8Array(rows)),
			...(bias ? [graph.weight(`${name}_b`, "float", [rows], bias)] : []),
		];
		return graph.addMicrosoft("DynamicQuantizeMatMul", [input, ...parts], `${name}_y`);
	};

	const ids = graph.input("ids", "int32", [1, "length"]);
	const positions = graph.input("positions", "int32", [1, "length"]);
	const words = tensor("embeddings.word_embeddings.weight");
	graph.weight("words", "float16", words.shape, words.half);
	graph.weight("places", "float", tensor("embeddings.position_embeddings.weight").shape, placeTable(floats, width));
	graph.add("Gather", ["words", ids], "word_half");
	graph.add("Cast", ["word_half"], "word", { to: 1 });
	graph.add("Gather", ["places", positions], "place");
	graph.add("Add", ["word", "place"], "embedded");
	const embeddingNorm = [
		vector("embed_g", "embeddings.LayerNorm.weight"),
		vector("embed_b", "embeddings.LayerNorm.bias"),
	];
	let state = graph.add("LayerNormalization", ["embedded", ...embeddingNorm], "state_0", { axis: -1, epsilon });

	for (let layer = 0; layer < config.num_hidden_layers; layer++) {
		const at = (part: string) => `encoder.layer.${layer}.${part}`;
		const norm = (name: string, part: string) => [
			vector(`${name}_g`, at(`${part}.LayerNorm.weight`)),
			vector(`${name}_b`, at(`${part}.LayerNorm.bias`)),
			vector(`${name}_d`, at(`${part}.dense.bias`)),
		];
		const joined = (kind: "weight" | "bias") =>
			join(["query", "key", "value"].map((part) => floats(at(`attention.self.${part}.${kind}`))));
		const qkv = product(`qkv${layer}`, state, joined("weight"), 3 * width, joined("bias"));
		const parts = ["q", "k", "v"].map((part) => `${part}${layer}`);
		graph.addNode({ op: "Split", inputs: [qkv], outputs: parts, attributes: { axis: 2, num_outputs: 3 } });
		const attended = graph.addMicrosoft("MultiHeadAttention", parts, `attended${layer}`, { num_heads: heads });
		const projected = product(`out${layer}`, attended, floats(at("attention.output.dense.weight")), width);
		const attention = graph.addMicrosoft(
			"SkipLayerNormalization",
			[state, projected, ...norm(`mid${layer}`, "attention.output")],
			`attention${layer}`,
			{ epsilon },
		);
		const wide = product(`up${layer}`, attention, floats(at("intermediate.dense.weight")), inner);
		const wideBias = graph.weight(`up${layer}_d`, "float", [inner], floats(at("intermediate.dense.bias")));
		const active = graph.addMicrosoft("BiasGelu", [wide, wideBias], `active${layer}`);
		const narrow = product(`down${layer}`, active, floats(at("output.dense.weight")), width);
		state = graph.addMicrosoft(
			"SkipLayerNormalization",
			[attention, narrow, ...norm(`end${layer}`, "output")],
			`state_${layer + 1}`,
			{ epsilon },
		);
	}

	graph.weight("axes", "int64", [1], new BigInt64Array([1n]));
	graph.add("ReduceMean", [state, "axes"], "pooled", { keepdims: 0 });
	graph.add("LpNormalization", ["pooled"], "embedding", { axis: -1, p: 2 });
	graph.output("embedding", "float", [1, width]);
	return graph.toBytes();
}

/** Every text is segment 0, so its row is added to the positions once and for all. */
function placeTable(floats: (name: string) => Float32Array, width: number): Float32Array {
	const segments = floats("embeddings.token_type_embeddings.weight");
	return floats("embeddings.position_embeddings.weight").map((value, i) => value + (segments[i % width] ?? 0));
}

function join(parts: Float32Array[]): Float32Array {
	const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
	let offset = 0;
	for (const part of parts) {
		all.set(part, offset);
		offset += part.length;
	}
	return all;
}

/** Transposes `rows × columns` weights to the order that a product wants and rounds each of its columns to 127 steps. */
function quantize(weights: Float32Array, rows: number, columns: number): { int8: Int8Array; scales: Float32Array } {
	const int8 = new Int8Array(weights.length);
	const scales = new Float32Array(rows);
	for (let row = 0; row < rows; row++) {
		const values = weights.subarray(row * columns, (row + 1) * columns);
		const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
		const scale = most / 127 || 1;
		scales[row] = scale;
		for (let column = 0; column < columns; column++)
			int8[column * rows + row] = Math.round((values[column] ?? 0) / scale);
	}
	return { int8, scales };
}
