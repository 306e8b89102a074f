import { and, eq, isNull, sql } from "drizzle-orm";
import { collections, documents, reindexDocuments, reindexes } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { emit } from "@/server/jobs/emit";
import { indexRetired } from "@/server/jobs/events";
import { notifyCollection } from "../access";
import { findBuilding, holdBuilding, isFound, isMissing } from "./building";

/**
 * From this transaction on the new index is the one that is searched, and everything that could be found until then is in it.
 * `behind`: something came that is not in it yet. `over`: nobody wants it any more, or it was switched to already.
 */
export async function switchIndex(ctx: ServiceContext, indexNo: number): Promise<"switched" | "behind" | "over"> {
	const seen = await findBuilding(ctx.db.orm, indexNo);
	if (!seen) return "over";
	return ctx.db.transaction(async (tx) => {
		// From here on no document becomes ready, is deleted or is read again in this collection: each of them holds its row.
		const [live] = await tx
			.select({
				no: collections.no,
				model: collections.model,
				dimension: collections.dimension,
				chunkSize: collections.chunkSize,
				chunkOverlap: collections.chunkOverlap,
			})
			.from(collections)
			.where(and(eq(collections.id, seen.collectionId), isNull(collections.deletedAt)))
			.for("update");
		const index = live && (await holdBuilding(tx, indexNo, "update"));
		if (!index) return "over";
		const { no, collectionId, model, dimension, chunkSize, chunkOverlap } = index;
		const [missing] = await tx
			.select({ id: documents.id })
			.from(documents)
			.where(and(isFound(collectionId), isMissing(no)))
			.limit(1);
		if (missing) return "behind";
		await tx
			.update(documents)
			.set({
				indexNo: no,
				chunkCount: sql`${reindexDocuments.chunkCount}`,
				termCount: sql`${reindexDocuments.termCount}`,
			})
			.from(reindexDocuments)
			.where(and(isFound(collectionId), eq(reindexDocuments.no, no), eq(reindexDocuments.documentId, documents.id)));
		const after = { model, dimension, chunkSize, chunkOverlap };
		await tx
			.update(collections)
			.set({ no, ...after, version: sql`${collections.version} + 1` })
			.where(eq(collections.id, collectionId));
		await tx.update(reindexes).set({ state: "replaced" }).where(eq(reindexes.no, live.no));
		await tx.update(reindexes).set({ state: "live", reason: null, endedAt: sql`now()` }).where(eq(reindexes.no, no));
		await tx.delete(reindexDocuments).where(eq(reindexDocuments.no, no));
		const { no: oldNo, ...before } = live;
		await audit(ctx, tx, {
			action: "collection.reindex",
			resource: "collection",
			resourceId: collectionId,
			detail: { index: no, instead: oldNo },
			before,
			after,
		});
		await emit(tx, indexRetired.create({ indexNo: oldNo, collectionId }));
		await notifyCollection(tx, collectionId);
		return "switched";
	});
}
