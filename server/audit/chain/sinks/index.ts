import { eq, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import { auditSinks } from "@/db/schema";
import { checkpointsAfter } from "../checkpoint";
import { pushToFile } from "./file";
import { remoteSinks, type Sink } from "./remote";

export { readCheckpointFile } from "./file";

const mostAtOnce = 20;
/** No longer at a stretch, in ms: a transaction that stands idle is ended by the database. */
const longestMs = 10_000;

/**
 * Brings every sink up to date, one process at a time. A sink that fails keeps its place and its problem, which the health
 * page tells, and holds up no other. A checkpoint can arrive twice; none is left out.
 */
export async function pushCheckpoints(db: Database, remotes: readonly Sink[] = remoteSinks()): Promise<void> {
	await db.transaction(async (tx) => {
		const [row] = await tx.execute<{ held: boolean }>(
			sql`select pg_try_advisory_xact_lock(hashtext('quarterdeck audit sinks')) as held`,
		);
		if (!row?.held) return;
		await tracked(tx, "file", () => pushToFile(tx));
		for (const sink of remotes) await tracked(tx, sink.name, (size) => pushAll(tx, sink, size));
	});
}

async function pushAll(tx: Tx, sink: Sink, size: number): Promise<number> {
	let done = size;
	const deadline = performance.now() + longestMs;
	for (const checkpoint of await checkpointsAfter(tx, size, mostAtOnce)) {
		if (performance.now() > deadline) break;
		await sink.push(checkpoint);
		done = checkpoint.size;
		await remember(tx, sink.name, done, null);
	}
	return done;
}

async function tracked(tx: Tx, name: string, push: (size: number) => Promise<number>): Promise<void> {
	const [before] = await tx.select().from(auditSinks).where(eq(auditSinks.name, name));
	try {
		const size = await push(before?.size ?? 0);
		if (size !== before?.size || before.problem) await remember(tx, name, size, null);
	} catch (error) {
		await remember(tx, name, null, (error instanceof Error ? error.message : String(error)).slice(0, 500));
	}
}

/** `size` null: no further than before. */
async function remember(tx: Tx, name: string, size: number | null, problem: string | null): Promise<void> {
	const now = { at: sql`now()`, problem };
	await tx
		.insert(auditSinks)
		.values({ name, size: size ?? 0, ...now })
		.onConflictDoUpdate({ target: auditSinks.name, set: size === null ? now : { size, ...now } });
}
