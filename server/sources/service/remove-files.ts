import { and, asc, eq, isNull, ne, or, sql } from "drizzle-orm";
import { sourceItems, sourceRuns } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { removeSynced } from "@/server/knowledge/service";
import { holdItem } from "./bring-files";
import { holdSync } from "./hold";

const filesAtOnce = 100;

/** Removes the documents of some files that the source has no more. Answers whether more are left. */
export async function removeFiles(ctx: ServiceContext, syncId: string): Promise<boolean> {
	const sync = await ctx.db.transaction((tx) => holdSync(tx, syncId));
	if (!sync) return false;
	const { source } = sync;
	// Where the listing is not whole, what it does not name may be there all the same.
	const [run] = await ctx.db.orm
		.select({ reason: sourceRuns.reason })
		.from(sourceRuns)
		.where(eq(sourceRuns.id, syncId));
	if (run?.reason) return false;
	const gone = await ctx.db.orm
		.select({ path: sourceItems.path })
		.from(sourceItems)
		.where(and(eq(sourceItems.sourceId, source.id), or(isNull(sourceItems.seenIn), ne(sourceItems.seenIn, syncId))))
		.orderBy(asc(sourceItems.path))
		.limit(filesAtOnce);
	for (const { path } of gone) {
		const isRunning = await ctx.db.transaction(async (tx) => {
			if (!(await holdSync(tx, syncId))) return false;
			const item = await holdItem(tx, source.id, path);
			if (!item) return true;
			const { documentId, isShared } = item;
			const place = { collectionId: source.collectionId, sourceId: source.id, documentId, isShared };
			const removed = await removeSynced(ctx, tx, place);
			await tx.delete(sourceItems).where(and(eq(sourceItems.sourceId, source.id), eq(sourceItems.path, path)));
			await tx
				.update(sourceRuns)
				.set({ ...(removed ? { removed: sql`${sourceRuns.removed} + 1` } : {}), beatAt: sql`now()` })
				.where(eq(sourceRuns.id, syncId));
			return true;
		});
		if (!isRunning) return false;
	}
	return gone.length === filesAtOnce;
}
