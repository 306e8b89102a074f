import { inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { runs } from "@/db/schema";
import { forgetEffects, voidOfRuns } from "@/server/approvals/service";
import { removeTraces } from "@/server/traces/service";
import { runsChannel, stopNotice } from "../events";

/** Removes runs with their events and checkpoints; whoever carries one of them out stops. Their budget stays spent. */
export async function removeRuns(tx: Tx, runIds: readonly string[]): Promise<void> {
	if (runIds.length === 0) return;
	await tx.delete(runs).where(inArray(runs.id, [...runIds]));
	await removeCheckpoints(tx, runIds);
	await voidOfRuns(tx, runIds);
	await forgetEffects(tx, runIds);
	await removeTraces(tx, runIds);
	for (const runId of runIds) await tx.execute(sql`select pg_notify(${runsChannel}, ${stopNotice(runId)})`);
}

/** The graph library's own tables know nothing of ours. After the runs: whoever saves rows of a run locks it first. */
async function removeCheckpoints(tx: Tx, runIds: readonly string[]): Promise<void> {
	const ids = [...runIds];
	await tx.execute(sql`delete from langgraph.checkpoints where thread_id in ${ids}`);
	await tx.execute(sql`delete from langgraph.checkpoint_blobs where thread_id in ${ids}`);
	await tx.execute(sql`delete from langgraph.checkpoint_writes where thread_id in ${ids}`);
}
