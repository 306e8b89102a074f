import { eq, inArray, sql } from "drizzle-orm";
import type { Database, Reader, Tx } from "@/db/connection";
import { runs } from "@/db/schema";
import { runsChannel, stopNotice } from "../events";

/** Removes runs with their events and checkpoints; whoever carries one of them out stops. Their budget stays spent. */
export async function removeRuns(tx: Tx, runIds: readonly string[]): Promise<void> {
	if (runIds.length === 0) return;
	await tx.delete(runs).where(inArray(runs.id, [...runIds]));
	await removeCheckpoints(tx, runIds);
	for (const runId of runIds) await tx.execute(sql`select pg_notify(${runsChannel}, ${stopNotice(runId)})`);
}

/** The graph library's own tables know nothing of ours. */
export async function removeCheckpoints(reader: Reader, runIds: readonly string[]): Promise<void> {
	const ids = [...runIds];
	await reader.execute(sql`delete from langgraph.checkpoints where thread_id in ${ids}`);
	await reader.execute(sql`delete from langgraph.checkpoint_blobs where thread_id in ${ids}`);
	await reader.execute(sql`delete from langgraph.checkpoint_writes where thread_id in ${ids}`);
}

/** For an executor that has lost a run: was it removed, or has it another holder? */
export async function isRemoved(db: Database, runId: string): Promise<boolean> {
	const [run] = await db.orm.select({ id: runs.id }).from(runs).where(eq(runs.id, runId));
	return !run;
}
