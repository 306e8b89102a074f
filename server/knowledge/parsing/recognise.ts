import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Block } from "./page";

/** A picture in grey: one byte a point, row after row. */
export type Grey = { width: number; height: number; points: Uint8Array };

/** The parts of the recognition engine's module that are used here; it comes without types. */
type Engine = {
	FS: { writeFile: (name: string, bytes: Uint8Array) => void };
	TessBaseAPI: new () => {
		Init: (path: null, language: string, mode: number) => number;
		SetVariable: (name: string, value: string) => boolean;
		SetImageFile: (orientation: number, angle: number) => number;
		Recognize: (monitor: null) => number;
		GetUTF8Text: () => string;
		MeanTextConf: () => number;
	};
};
type Api = InstanceType<Engine["TessBaseAPI"]>;

/** Below this much confidence, of 100, what was recognised is noise: a photograph's grain, a drawing's lines. */
const leastConfidence = 45;
const lstmOnly = 1;
let ready: Promise<{ engine: Engine; api: Api }> | null = null;

/** The text in a picture, as paragraphs; none where it shows none. English letters only. */
export async function recognise({ width, height, points }: Grey): Promise<Block[]> {
	ready ??= start();
	const { engine, api } = await ready;
	engine.FS.writeFile("/input", Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), points]));
	if (api.SetImageFile(1, 0) !== 0) throw new Error("The picture could not be handed over");
	api.Recognize(null);
	if (api.MeanTextConf() < leastConfidence) return [];
	return api
		.GetUTF8Text()
		.split(/\n\s*\n/)
		.map((text): Block => ({ kind: "paragraph", text: joinLines(text) }))
		.filter(({ text }) => text);
}

/** A paragraph's lines were broken by the width of the page alone; a word that was cut at a line's end is one word. */
const joinLines = (text: string) =>
	text
		.trim()
		.replace(/(\p{Ll})-\n(\p{Ll})/gu, "$1$2")
		.replace(/\n/g, " ");

/** In this very process: it is made for one file and killed at its limits, so it needs no thread of its own. */
async function start(): Promise<{ engine: Engine; api: Api }> {
	const require = createRequire(import.meta.url);
	const make: (options: object) => Promise<Engine> = require("tesseract.js-core/tesseract-core-simd-lstm.js");
	const engine = await make({ TesseractProgress: () => {} });
	const data = join(dirname(require.resolve("@tesseract.js-data/eng")), "4.0.0_best_int", "eng.traineddata.gz");
	engine.FS.writeFile("eng.traineddata", gunzipSync(readFileSync(data)));
	const api = new engine.TessBaseAPI();
	if (api.Init(null, "eng", lstmOnly) !== 0) throw new Error("Text recognition did not start");
	return { engine, api };
}
