import { readdir, readFile } from "node:fs/promises";
import { getPriority } from "node:os";

const mine = getPriority();

/** Those of our threads that let others go first. */
export async function niceThreads(): Promise<string[]> {
	const ids = await readdir("/proc/self/task");
	const stats = await Promise.all(ids.map((id) => readFile(`/proc/self/task/${id}/stat`, "utf8").catch(() => "")));
	return ids.filter((_, at) => Number(stats[at]?.slice(stats[at].lastIndexOf(")") + 2).split(" ")[16]) > mine);
}

/** How many there are that were not there then; those of before end when they end. */
export async function newSince(then: readonly string[]): Promise<number> {
	return (await niceThreads()).filter((id) => !then.includes(id)).length;
}
