// `npm run bench -- NAME…` and `npm run eval -- NAME…`: prints one JSON line a figure on standard output, all else on standard error.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, bundle } from "./build.mjs";
import { install, isInstalled } from "./install.mjs";
import { node24 } from "./node.mjs";
import { describe, Problem } from "./problem.mjs";
import { stage, stagesToStderr } from "./stages.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What can be measured: the files that say how they are called. */
function known(kind) {
	const folder = join(root, "tests", kind);
	const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".ts")) : [];
	const names = files.map((file) => file.replace(/\.ts$/, ""));
	return names.filter((name) =>
		readFileSync(join(folder, `${name}.ts`), "utf8").includes(`npm run ${kind} -- ${name}`),
	);
}

async function measure(kind, name, rest) {
	const outdir = join(root, "node_modules", ".cache", "quarterdeck", `${kind}-${process.pid}`);
	mkdirSync(outdir, { recursive: true });
	try {
		await bundle(root, { [name]: `tests/${kind}/${name}.ts` }, outdir);
		const child = spawn(node24(root), [join(outdir, `${name}.mjs`), ...rest], {
			cwd: root,
			env: { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}` },
			stdio: ["ignore", "inherit", "inherit"],
		});
		for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill(signal));
		const [code] = await once(child, "exit");
		if (code !== 0) throw new Problem(`${kind} ${name} failed.`);
	} finally {
		rmSync(outdir, { recursive: true, force: true });
	}
}

try {
	stagesToStderr();
	process.chdir(root);
	const [kind, ...words] = process.argv.slice(2);
	// Names first, then options for the one that is measured.
	const at = words.findIndex((word) => word.startsWith("-"));
	const names = at < 0 ? words : words.slice(0, at);
	const unknown = names.find((name) => !known(kind).includes(name));
	if (names.length === 0 || unknown) {
		throw new Problem(
			`${unknown ? `There is no ${kind} ${unknown}` : `Say which ${kind}`}: there are ${known(kind).join(", ")}.`,
		);
	}
	if (!isInstalled(root)) await stage("install", () => install(root), "the first time about two minutes");
	await build(root);
	for (const name of names) await measure(kind, name, at < 0 ? [] : words.slice(at));
} catch (error) {
	console.error(describe(error));
	process.exitCode = 1;
}
