// Runs a program with all that it starts in a group of its own, so that nothing of it outlives us.

import { spawn } from "node:child_process";

const groups = new Set();
const isWindows = process.platform === "win32";

function endAll() {
	for (const pid of groups) {
		try {
			process.kill(isWindows ? pid : -pid, "SIGKILL");
		} catch {
			// It has just ended by itself.
		}
	}
}
process.on("exit", endAll);

/** Ends this process on Ctrl-C and SIGTERM until `restore()`; what it runs goes with it. */
export function endOnSignals() {
	const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
	const end = (signal) => process.exit(codes[signal]);
	for (const signal of Object.keys(codes)) process.on(signal, end);
	return () => {
		for (const signal of Object.keys(codes)) process.off(signal, end);
	};
}

/**
 * @param {string} command @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<{ code: number, said: string }>} how it ended and all that it said
 */
export function run(command, args, { onOutput, ...options } = {}) {
	return new Promise((resolve, reject) => {
		const shell = command.endsWith(".cmd");
		const child = spawn(command, args, { ...options, shell, detached: !isWindows, stdio: ["ignore", "pipe", "pipe"] });
		let said = "";
		const keep = (chunk) => {
			said += chunk;
			onOutput?.(String(chunk));
		};
		child.stdout.on("data", keep);
		child.stderr.on("data", keep);
		child.on("error", reject);
		child.on("spawn", () => groups.add(child.pid));
		child.on("close", (code, signal) => {
			groups.delete(child.pid);
			resolve({ code: code ?? 1, said: signal ? `${said}\nended by ${signal}\n` : said });
		});
	});
}
