// `npm run check`: format, lint, types, import rules, unused code, and what tests can tell without a database.

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { install, isInstalled } from "./install.mjs";
import { node24 } from "./node.mjs";
import { endOnSignals, run } from "./run.mjs";
import { stage } from "./stages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rooms = ["app", "components", "server", "db", "tests"];

const bin = (...path) => join(root, "node_modules", ...path);
const checks = {
	// Each checker goes through what it shares with the others once more: four, as by itself, take half as much time again.
	types: [bin("typescript", "bin", "tsc"), "--noEmit", "-p", ".", "--checkers", "2"],
	tests: [bin("vitest", "vitest.mjs"), "run", "--project", "architecture", "--reporter", "dot"],
	format: [bin("@biomejs", "biome", "bin", "biome"), "ci", "--colors=off", "."],
	unused: [bin("knip", "bin", "knip.js"), "--no-progress"],
	imports: [
		...[bin("dependency-cruiser", "bin", "dependency-cruiser.mjs"), ...rooms],
		...["--config", ".dependency-cruiser.cjs", "--output-type", "err"],
	],
};

/** Runs all checks, as many at once as there are processors; prints one line each and what the failed ones said. */
export async function check() {
	const node = node24(root);
	const env = {
		...process.env,
		PATH: `${bin(".bin")}:${process.env.PATH}`,
		NO_COLOR: "1",
		// The compiler is written in Go and ends before its garbage would matter: 2.5 GB instead of 2.2, and a quarter less work.
		...{ GOGC: "off", GOMEMLIMIT: "4GiB" },
	};
	const failures = [];
	const waiting = Object.entries(checks);
	const one = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			const [name, words] = next;
			await stage(name, async () => {
				const { code, said } = await run(node, words, { cwd: root, env });
				if (code !== 0 || (name === "imports" && !sawEverything(said))) throw new Error(said);
			}).catch((error) => failures.push(`--- ${name} ---\n${error.message.trim()}`));
		}
	};
	await Promise.all([one(), one()]);
	return failures;
}

/** Without a parser for our files the import rules hold for nothing, and pass. */
function sawEverything(said) {
	const cruised = Number(/(\d+) modules/.exec(said)?.[1] ?? 0);
	const files = rooms.flatMap((room) => readdirSync(join(root, room), { recursive: true }));
	return cruised >= files.filter((file) => /\.tsx?$/.test(file)).length;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	endOnSignals();
	// After a pull, a package that is not there yet would look like a fault of the code.
	if (!isInstalled(root)) await stage("install", () => install(root), "the first time about two minutes");
	const failures = await check();
	if (failures.length > 0) console.error(`\n${failures.join("\n\n")}\n`);
	process.exitCode = failures.length > 0 ? 1 : 0;
}
