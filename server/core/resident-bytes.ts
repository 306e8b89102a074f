import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const pageBytes = 4096;
const run = promisify(execFile);

/** Bytes of memory that a process holds; null where it is gone or can't be asked. */
export async function residentBytes(pid: number): Promise<number | null> {
	try {
		if (process.platform === "linux") {
			const pages = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1];
			return Number(pages) * pageBytes;
		}
		const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]);
		return Number(stdout) * 1024;
	} catch {
		return null;
	}
}
