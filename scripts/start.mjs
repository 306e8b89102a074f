// `npm start`: installs and builds what is missing, then runs everything until Ctrl-C.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, buildServer } from "./build.mjs";
import { install, isInstalled } from "./install.mjs";
import { takeLock } from "./lock.mjs";
import { node24 } from "./node.mjs";
import { describe, Problem } from "./problem.mjs";
import { endOnSignals } from "./run.mjs";
import { stage } from "./stages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const flags = ["--demo", "--dev"];

const restoreSignals = endOnSignals();
try {
	process.chdir(root);
	if (Number(process.versions.node.split(".")[0]) < 20) {
		throw new Problem(`Node ${process.versions.node} is too old: install Node 20 or newer from nodejs.org.`);
	}
	const unknown = process.argv.slice(2).find((word) => !flags.includes(word));
	if (unknown) throw new Problem(`${unknown} is not an option: there are ${flags.join(" and ")}.`);
	const demo = process.argv.includes("--demo");
	const dev = process.argv.includes("--dev");
	if (existsSync(".env")) readEnvFile();

	// Of the running product, when there is one: who asks for the lock hears from it.
	let running = null;
	await takeLock("start", resolve(process.env.QD_DATA || ".data"), {
		isEnding: () => running?.isEnding() ?? false,
		url: () => running?.url ?? null,
	});
	if (!isInstalled(root)) await stage("install", () => install(root), "the first time about two minutes");
	if (dev) await buildServer(root, { watch: () => running?.restartWorker() });
	else await build(root);
	const { launch } = await import(pathToFileURL(join(root, "dist", "launcher.mjs")).href);
	restoreSignals();
	await launch({
		root,
		node: node24(root),
		demo,
		dev,
		isUnderNpm: Boolean(process.env.npm_lifecycle_event),
		stage,
		onRunning: (handle) => {
			running = handle;
		},
	});
} catch (error) {
	console.error(`\n  ${describe(error)}\n`);
	process.exit(1);
}

/** What is set already wins over the file. */
function readEnvFile() {
	if (!process.loadEnvFile)
		throw new Problem("Reading .env needs Node 20.12: set the variables themselves, or update Node.");
	process.loadEnvFile(".env");
}
