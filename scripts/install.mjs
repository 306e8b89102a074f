// Installs the packages of the lock file, where that has not been done yet.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mendPackages } from "./mend-packages.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./run.mjs";

const stampOf = (root) => join(root, "node_modules", ".quarterdeck-installed");
const hashOf = (root) =>
	createHash("sha256")
		.update(readFileSync(join(root, "package-lock.json")))
		.digest("hex");

export function isInstalled(root) {
	const stamp = stampOf(root);
	if (existsSync(stamp)) {
		const isSame = readFileSync(stamp, "utf8") === hashOf(root);
		if (isSame) mendPackages(root);
		return isSame;
	}
	// npm writes this file last: who installed by hand has it, and it tells whether that was for this lock file.
	const npms = join(root, "node_modules", ".package-lock.json");
	if (!existsSync(npms) || !samePackages(root, npms)) return false;
	mendPackages(root);
	writeFileSync(stamp, hashOf(root));
	return true;
}

function samePackages(root, npms) {
	const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
	const present = JSON.parse(readFileSync(npms, "utf8")).packages;
	return Object.entries(wanted).every(
		([path, { version, optional, devOptional }]) =>
			path === "" || optional || devOptional || present[path]?.version === version,
	);
}

export async function install(root) {
	const npm = process.env.npm_execpath;
	const [command, ...before] = npm?.endsWith("js")
		? [process.execPath, npm]
		: [process.platform === "win32" ? "npm.cmd" : "npm"];
	// A production setting of the machine would leave out what the build needs.
	const args = [...before, "ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
	const { code, said } = await run(command, args, { cwd: root }).catch((error) => {
		throw error.code === "ENOENT" ? new Problem("npm is not on the PATH: install Node.js with npm.") : error;
	});
	if (code !== 0) throw new Problem(problemOf(said));
	mendPackages(root);
	writeFileSync(stampOf(root), hashOf(root));
}

function problemOf(said) {
	if (said.includes("ENOSPC")) return "The disk is full: free about 3 GB, then start again.";
	if (/E(AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT)/.test(said)) {
		return "The package registry can't be reached: check the network (or npm's registry and proxy settings), then start again.";
	}
	const last = said
		.trim()
		.split("\n")
		.findLast((line) => !line.includes("A complete log of this run"));
	return `\`npm ci\` failed: ${last ?? "it said nothing"}. Run it by hand to see more.`;
}
