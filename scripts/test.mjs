// `npm test`: prepares like `npm start`, then runs every check and every suite, and says at the end what held.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { build } from "./build.mjs";
import { install, isInstalled } from "./install.mjs";
import { node24 } from "./node.mjs";
import { describe } from "./problem.mjs";
import { endOnSignals, run } from "./run.mjs";
import { stage } from "./stages.mjs";
import { expectTools } from "./tools.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, "test-results");
const bin = (...path) => join(root, "node_modules", ...path);
const vitest = (project) => [bin("vitest", "vitest.mjs"), "run", "--project", project, "--reporter", "dot"];

/** In this order: what is quick and tells most comes first. */
const suites = {
	check: [join(root, "scripts", "check.mjs")],
	main: vitest("main"),
	attack: vitest("attack*"),
	launch: vitest("launch"),
	e2e: [bin("playwright", "cli.js"), "test", "--config", "tests/e2e/playwright.config.ts"],
	fault: vitest("fault"),
};

/**
 * What is asked for by its name may take its time: `npm run attack` fuzzes twelve times as long and each time other calls,
 * and `npm run fault` kills more often.
 */
const isThorough = process.argv.length > 2;
const unlessThorough = (quick, thorough) => String(isThorough ? thorough : quick);

/** Runs one suite; its whole output goes to a file. Nothing may be left out in silence, so a skipped test is a failed one. */
async function runSuite(node, name) {
	const env = {
		...process.env,
		PATH: `${bin(".bin")}:${process.env.PATH}`,
		FORCE_COLOR: "0",
		NODE_ENV: "test",
		CI: "1",
		QD_FUZZ_REQUESTS: process.env.QD_FUZZ_REQUESTS ?? unlessThorough(2_000, 24_000),
		QD_FUZZ_SEED: process.env.QD_FUZZ_SEED ?? unlessThorough(7, Date.now() % 1_000_000),
		QD_FAULT_ROUNDS: process.env.QD_FAULT_ROUNDS ?? unlessThorough(16, 50),
		QD_FAILPOINT_ROUNDS: process.env.QD_FAILPOINT_ROUNDS ?? unlessThorough(10, 40),
	};
	const { code, said: coloured } = await run(node, suites[name], { cwd: root, env });
	const said = stripVTControlCharacters(coloured);
	const log = join(results, `${name}.log`);
	mkdirSync(results, { recursive: true });
	writeFileSync(log, said);
	const skipped = /\b([1-9]\d*) (skipped|todo|did not run)\b/.exec(said)?.[0];
	if (code === 0 && !skipped) return counts(said);
	const why = code === 0 ? `${skipped}: no test may be left out` : excerpt(said);
	throw new Error(`--- ${name}: all of it is in ${relative(root, log)} ---\n${why}`);
}

/** Lines that tell nothing of what failed: logs of what was tested, where pictures lie, and how far the browser's tests were. */
const isNoise = (line) =>
	/\{"level":|^\s*$|attachment #|^\s*test-results\/|^\s*─+$|Error Context|show-trace|^\[\d+\/\d+\]/.test(line);

/** The end of what a suite said. */
const excerpt = (said) =>
	said
		.trim()
		.split("\n")
		.filter((line) => !isNoise(line))
		.slice(-70)
		.map((line) => line.slice(0, 240))
		.join("\n");

const counts = (said) =>
	(/Tests +(.*passed)/.exec(said)?.[1] ?? /\d+ passed/.exec(said)?.[0] ?? "").replace(/\s+/g, " ");

endOnSignals();
const started = performance.now();
const failures = [];
try {
	process.chdir(root);
	if (!isInstalled(root)) await stage("install", () => install(root), "the first time about two minutes");
	await stage("tools", expectTools);
	await build(root);
	const node = node24(root);
	const asked = process.argv.slice(2);
	for (const name of Object.keys(suites).filter((suite) => asked.length === 0 || asked.includes(suite))) {
		await stage(name, () => runSuite(node, name)).catch((error) => fail(name, describeAll(error)));
	}
} catch (error) {
	fail("preparation", describe(error));
}
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
	failures.length === 0
		? `\n  All of it holds (${minutes} min).`
		: `\n  Failed: ${failures.join(", ")} (${minutes} min).`,
);
process.exit(failures.length === 0 ? 0 : 1);

/** Says at once why: whoever ends the run early knows it too. */
function fail(name, why) {
	failures.push(name);
	console.error(`\n${why}\n`);
}

function describeAll(error) {
	return error instanceof Error ? error.message : String(error);
}
