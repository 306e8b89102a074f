import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { sourceRuns } from "@/db/schema";

/** Ends the sync that is under way, if one is: its next file is not taken any more. */
export async function stopSync(tx: Tx, sourceId: string, reason: string): Promise<void> {
	await tx
		.update(sourceRuns)
		.set({ state: "stopped", reason, endedAt: sql`now()` })
		.where(and(eq(sourceRuns.sourceId, sourceId), eq(sourceRuns.state, "running")));
}
