import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** What runs outside the process or thread that needs it: its bundle's name, and its source for where there is no bundle. */
const sources = {
	parser: "server/knowledge/parsing/child.ts",
	embedder: "server/knowledge/embedding/thread.ts",
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
	// Inside node_modules, so that the bundle finds its packages; one a process, so that no two write the same file.
	const folder = join(root, "node_modules", ".cache", "quarterdeck");
	await mkdir(folder, { recursive: true });
	const outfile = join(
		folder,
		`${entry}-${createHash("sha256").update(root).digest("hex").slice(0, 8)}-${process.pid}.mjs`,
	);
	const { build } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ "esbuild");
	await build({
		absWorkingDir: root,
		entryPoints: [sources[entry]],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		packages: "external",
		alias: { "@": root },
		logLevel: "error",
	});
	process.once("exit", () => rmSync(outfile, { force: true }));
	return outfile;
}
