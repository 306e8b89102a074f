import { eq, sql } from "drizzle-orm";
import { type SyncState, sourceRuns } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { notifyCollection } from "@/server/knowledge/service";
import { kinds } from "../kinds";
import { holdSync, reachOf } from "./hold";

type End = { state: Exclude<SyncState, "running">; reason: string };

/** Ends a sync, with its counts in the audit. One that is over stays as it ended. */
export async function endSync(ctx: ServiceContext, syncId: string, end?: End): Promise<void> {
	const ended = await ctx.db.transaction(async (tx) => {
		const sync = await holdSync(tx, syncId);
		if (!sync) return null;
		const [run] = await tx.select().from(sourceRuns).where(eq(sourceRuns.id, syncId));
		if (!run) return null;
		const { found, added, changed, removed, unchanged, failed, skipped } = run;
		const state = end?.state ?? (run.reason || failed > 0 ? "partial" : "done");
		const reason = end?.reason ?? incompleteness(run.reason) ?? (failed > 0 ? someFailed(failed) : null);
		await tx.update(sourceRuns).set({ state, reason, endedAt: sql`now()` }).where(eq(sourceRuns.id, syncId));
		await audit(ctx, tx, {
			action: "source.synced",
			resource: "source",
			resourceId: sync.source.id,
			...(state === "failed" ? { outcome: "failed", ...(reason ? { reason } : {}) } : {}),
			detail: {
				...{
					collectionId: sync.source.collectionId,
					state,
					found,
					added,
					changed,
					removed,
					unchanged,
					failed,
					skipped,
				},
			},
		});
		await notifyCollection(tx, sync.source.collectionId);
		return sync;
	});
	if (ended) await kinds[ended.source.kind].end?.(reachOf(ended, ctx));
}

const incompleteness = (reason: string | null) =>
	reason && `${reason} What is beyond was not taken, and nothing was removed. Narrow it by patterns.`;
const someFailed = (failed: number) =>
	`${failed === 1 ? "One file" : `${failed} files`} could not be taken: each says why. They are tried again with the next sync.`;

export const failSync = (ctx: ServiceContext, syncId: string, reason: string): Promise<void> =>
	endSync(ctx, syncId, { state: "failed", reason });
