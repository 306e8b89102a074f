import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** What runs outside the process or thread that needs it: its bundle's name, and its source for where there is no bundle. */
const sources = {
	parser: "server/knowledge/parsing/child.ts",
	embedder: "server/knowledge/embedding/thread.ts",
	model: "server/knowledge/embedding/model-child.ts",
	scanner: "server/knowledge/vectors/exact/thread.ts",
	git: "server/sources/kinds/git-child.ts",
} as const;
type Entry = keyof typeof sources;

const built = new Map<Entry, Promise<string>>();

/** The file to run for an entry: the bundle beside the running one, else (in tests and scripts) one made from the source. */
export function entryFile(entry: Entry): Promise<string> {
	const beside = join(dirname(resolve(process.argv[1] ?? "")), `${entry}.mjs`);
	if (existsSync(beside)) return Promise.resolve(beside);
	const known = built.get(entry) ?? buildEntry(entry);
	built.set(entry, known);
	return known;
}

async function buildEntry(entry: Entry): Promise<string> {
	const root = process.cwd();
	const { build } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "esbuild");
	const { outputFiles } = await build({
		absWorkingDir: root,
		entryPoints: [sources[entry]],
		write: false,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		packages: "external",
		alias: { "@": root },
		logLevel: "error",
	});
	const content = outputFiles[0]?.contents ?? new Uint8Array();
	// Inside node_modules, so that it finds its packages; named by its content and renamed into place, as others build it too.
	const folder = join(root, "node_modules", ".cache", "quarterdeck");
	const file = join(folder, `${entry}-${createHash("sha256").update(content).digest("hex").slice(0, 16)}.mjs`);
	if (existsSync(file)) return file;
	await mkdir(folder, { recursive: true });
	const temporary = `${file}.${randomUUID()}`;
	await writeFile(temporary, content);
	await rename(temporary, file);
	return file;
}
