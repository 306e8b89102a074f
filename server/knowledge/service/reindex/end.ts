import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type ReindexState, reindexDocuments, reindexes } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { indexRetired } from "@/server/jobs/events";
import type { OneCollection, Reindex } from "../../contract";
import { holdManaged, notifyCollection } from "../access";
import { holdBuilding } from "./building";
import { findCurrent, readReindex } from "./read";

/** What was searched is searched on; what was made beside it goes. */
export async function cancelReindex(ctx: ServiceContext, { collectionId }: OneCollection): Promise<Reindex> {
	return ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, collectionId);
		const current = await findCurrent(tx, collectionId);
		const index = current && (await holdBuilding(tx, current.no, "update"));
		if (!index) throw new AppError("CONFLICT", "Nothing is being re-indexed here: it has ended meanwhile.");
		await endBuilding(tx, index, "cancelled");
		await audit(ctx, tx, {
			action: "collection.reindex-cancel",
			resource: "collection",
			resourceId: collectionId,
			detail: { index: index.no },
		});
		return readReindex(tx, index.no);
	});
}

/** As cancelling, with the reason; one that has ended already stays as it is. */
export async function failReindex(ctx: ServiceContext, indexNo: number, reason: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const index = await holdBuilding(tx, indexNo, "update");
		if (!index) return;
		await endBuilding(tx, index, "failed", reason);
		await audit(ctx, tx, {
			action: "collection.reindex",
			resource: "collection",
			resourceId: index.collectionId,
			outcome: "failed",
			reason,
			detail: { index: index.no },
		});
	});
}

type Ended = { no: number; collectionId: string };

async function endBuilding(
	tx: Tx,
	{ no, collectionId }: Ended,
	state: ReindexState,
	reason: string | null = null,
): Promise<void> {
	await tx.update(reindexes).set({ state, reason, endedAt: sql`now()` }).where(eq(reindexes.no, no));
	await tx.delete(reindexDocuments).where(eq(reindexDocuments.no, no));
	await emit(tx, indexRetired.create({ indexNo: no, collectionId }));
	await notifyCollection(tx, collectionId);
}
