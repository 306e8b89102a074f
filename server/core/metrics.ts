/** Counts of calls since the process started, by procedure. */
type Counts = { calls: number; failures: number; totalMs: number; slowestMs: number };
// On globalThis: pages and our own door are bundled apart, and count into one.
const global = globalThis as { quarterdeckCounts?: Map<string, Counts> };
global.quarterdeckCounts ??= new Map();
const counts = global.quarterdeckCounts;

export function countCall(path: string, code: string, ms: number): void {
	const known = counts.get(path) ?? { calls: 0, failures: 0, totalMs: 0, slowestMs: 0 };
	known.calls += 1;
	known.totalMs += ms;
	known.slowestMs = Math.max(known.slowestMs, ms);
	if (code !== "OK") known.failures += 1;
	counts.set(path, known);
}

export const callCounts = (): ReadonlyMap<string, Readonly<Counts>> => counts;
