import { hostname } from "node:os";
import { and, eq, inArray, lt, ne, sql } from "drizzle-orm";
import { ulid } from "ulid";
import type { Database } from "@/db/connection";
import { workers } from "@/db/schema";
import { cacheCounts } from "@/server/core/cache";

/** Rows that this very process wrote: another one with our process id can only be left over from a dead predecessor. */
const ownRows = new Set<string>();

/** Tells all that this process is there; answers its id. */
export async function announceWorker(db: Database): Promise<string> {
	const id = ulid();
	ownRows.add(id);
	await db.orm.insert(workers).values({ id, pid: process.pid, host: hostname(), ...state() });
	return id;
}

/** A beat every few seconds, or the others take the process for dead. Puts the row back where it was taken for dead. */
export async function beat(db: Database, id: string): Promise<void> {
	await db.orm
		.insert(workers)
		.values({ id, pid: process.pid, host: hostname(), ...state() })
		.onConflictDoUpdate({ target: workers.id, set: { ...state(), beatAt: sql`now()` } });
}

export async function withdrawWorker(db: Database, id: string): Promise<void> {
	ownRows.delete(id);
	await db.orm.delete(workers).where(eq(workers.id, id));
}

/** Workers on this machine whose process is gone, though they still hold leases: there is no need to wait for these. */
export async function findDeadWorkers(db: Database, self: string): Promise<string[]> {
	const neighbours = await db.orm
		.select({ id: workers.id, pid: workers.pid })
		.from(workers)
		.where(and(eq(workers.host, hostname()), ne(workers.id, self)));
	return neighbours
		.filter(({ id, pid }) => !ownRows.has(id) && (pid === process.pid || !isRunning(pid)))
		.map(({ id }) => id);
}

/** Forgets workers that are dead, and those that have been silent for long wherever they were. */
export async function forgetWorkers(db: Database, dead: readonly string[]): Promise<void> {
	if (dead.length > 0) await db.orm.delete(workers).where(inArray(workers.id, [...dead]));
	await db.orm.delete(workers).where(lt(workers.beatAt, sql`now() - interval '1 hour'`));
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// It exists, but belongs to somebody else.
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}

function state() {
	const { rss, heapUsed } = process.memoryUsage();
	return { rssMb: Math.round(rss / 2 ** 20), heapMb: Math.round(heapUsed / 2 ** 20), caches: cacheCounts() };
}
