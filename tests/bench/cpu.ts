import { readFileSync } from "node:fs";
import { processes } from "@/tests/support/product";

/** Milliseconds of processor time that each process has used so far, with those below it; PostgreSQL is many. */
export function cpuOf(pids: Record<string, number>): Record<string, number> {
	const all = processes();
	const below = (pid: number): number[] => [
		pid,
		...all.filter(({ parent }) => parent === pid).flatMap((one) => below(one.pid)),
	];
	const named = new Set(Object.values(pids));
	return Object.fromEntries(
		Object.entries(pids).map(([name, pid]) => {
			const own = name === "postgres" ? below(pid) : below(pid).filter((one) => one === pid || !named.has(one));
			return [
				name,
				name === "launcher" || name === "client" ? ticksOf(pid) : own.reduce((sum, one) => sum + ticksOf(one), 0),
			];
		}),
	);
}

function ticksOf(pid: number): number {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		// A tick is a hundredth of a second on Linux.
		return (Number(fields[11]) + Number(fields[12])) * 10;
	} catch {
		return 0;
	}
}
