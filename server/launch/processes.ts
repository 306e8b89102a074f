import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/** A process that is surely the same one later: numbers are used again, but not with the same time of birth. */
const Process = z.object({ pid: z.number(), born: z.string() });
export type Process = z.infer<typeof Process>;

const run = promisify(execFile);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** When the process was born; null where there is none, or it has ended and only waits to be collected. */
export async function bornAt(pid: number): Promise<string | null> {
	if (process.platform === "linux") {
		const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
		// The name stands in brackets and may hold spaces.
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return fields[0] === "Z" ? null : (fields[19] ?? null);
	}
	if (process.platform === "win32") return isAlive(pid) ? "unknown" : null;
	return run("ps", ["-o", "lstart=", "-p", String(pid)]).then(
		({ stdout }) => stdout.trim() || null,
		() => null,
	);
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

/** The words that a process was started with; empty where they can't be read. */
export async function commandOf(pid: number): Promise<string> {
	if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
	return run("ps", ["-o", "command=", "-p", String(pid)]).then(
		({ stdout }) => stdout,
		() => "",
	);
}

const fileOf = (folder: string) => join(folder, "processes.json");

let written: Promise<void> = Promise.resolve();

/** Those that the next start has to find gone. One writing after the other: two at once would leave what nobody can read. */
export function rememberProcesses(folder: string, pids: number[]): Promise<void> {
	written = written.catch(() => {}).then(() => writeProcesses(folder, pids));
	return written;
}

async function writeProcesses(folder: string, pids: number[]): Promise<void> {
	const known = await Promise.all(pids.map(async (pid) => ({ pid, born: await bornAt(pid) })));
	await writeFile(`${fileOf(folder)}.new`, JSON.stringify(known.filter(({ born }) => born !== null)));
	await rename(`${fileOf(folder)}.new`, fileOf(folder));
}

/** Processes of an earlier launcher that was killed end by themselves when they notice; this waits, then ends them. */
export async function endLeftovers(folder: string, patienceMs = 3_000): Promise<number> {
	const text = await readFile(fileOf(folder), "utf8").catch(() => "[]");
	const known = z.array(Process).catch([]).parse(parsed(text));
	const left = await stillThere(known);
	for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(30)) {
		if ((await stillThere(left)).length === 0) return left.length;
	}
	for (const { pid, born } of await stillThere(left)) if (born !== "unknown") process.kill(pid, "SIGKILL");
	for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(30)) {
		if ((await stillThere(left)).length === 0) break;
	}
	return left.length;
}

async function stillThere(known: Process[]): Promise<Process[]> {
	const births = await Promise.all(known.map(({ pid }) => bornAt(pid)));
	return known.filter(({ born }, index) => births[index] === born);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return [];
	}
}
