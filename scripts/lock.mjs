// Lets one process at a time do something with a folder. The system gives the lock back however its holder ends.

import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "./problem.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Takes the lock that `purpose` has on `folder`. Waits while `holder()` of the other side says that it is about to end.
 * @param {"start" | "build"} purpose @param {string} folder
 * @param {{ isEnding: () => boolean, url: () => string | null }} holder what we tell others who ask
 * @param {number} waitMs how long to wait for a holder who does not say that it ends
 * @returns {Promise<() => void>} gives it back
 */
export async function takeLock(purpose, folder, holder, waitMs = 0) {
	mkdirSync(folder, { recursive: true });
	const address = addressOf(purpose, realpathSync(folder));
	const started = Date.now();
	for (;;) {
		const release = await listen(address, holder);
		if (release) return release;
		const other = await ask(address);
		const waited = Date.now() - started;
		if (other === null && !address.startsWith("\0") && process.platform !== "win32") rmSync(address, { force: true });
		else if (other && !other.isEnding && waited >= waitMs) throw new Problem(inUse(folder, other));
		else if (waited > 30_000)
			throw new Problem(`What ran in ${folder} before does not end: stop process ${other?.pid}.`);
		await pause(50);
	}
}

const inUse = (folder, { pid, url }) =>
	`Quarterdeck already runs on ${folder} (process ${pid}${url ? `, ${url}` : ""}): stop that one first, or give this one a folder of its own with QD_DATA.`;

/** Linux has names that need no file; elsewhere a socket file that a dead holder leaves is found out by asking. */
function addressOf(purpose, folder) {
	const name = `quarterdeck-${purpose}-${createHash("sha256").update(folder).digest("hex").slice(0, 24)}`;
	if (process.platform === "linux") return `\0${name}`;
	return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(address, holder) {
	return new Promise((resolve, reject) => {
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.end(JSON.stringify({ pid: process.pid, isEnding: holder.isEnding(), url: holder.url() }));
		});
		server.on("error", (error) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
		server.listen(address, () => {
			server.unref();
			resolve(() => server.close());
		});
	});
}

/** What the holder says; null where nobody holds it any more. */
function ask(address) {
	return new Promise((resolve) => {
		let text = "";
		const socket = connect(address);
		socket.setTimeout(2_000, () => socket.destroy());
		socket.on("data", (chunk) => {
			text += chunk;
		});
		socket.on("error", () => {});
		socket.on("close", () => resolve(text ? JSON.parse(text) : null));
	});
}
