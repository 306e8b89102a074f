import { and, asc, eq } from "drizzle-orm";
import { chunkVectors } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { storeBeside } from "../../vectors";
import { fromBytes } from "../../vectors/exact/bytes";
import { StoreAway } from "../../vectors/store";
import { type Attempt, isOutdated, withAttempt } from "./attempt";

/**
 * Brings the document's vectors into the index beside PostgreSQL, where there is one, before it can be found: until then nobody
 * finds it in either. What an earlier attempt left there goes. `away`: the index can't be reached, try again later.
 */
export async function publishVectors(ctx: ServiceContext, attempt: Attempt): Promise<"done" | "gone" | "away"> {
	const held = await withAttempt(ctx, attempt, async (_, found) => found);
	if (!held) return "gone";
	if (held.state !== "indexing" || isOutdated(held)) return "done";
	const published = await publishPart(ctx, held);
	if (published === "away" || !storeBeside(held)) return published;
	// A document that was deleted meanwhile may have been removed there before it was brought.
	if (await withAttempt(ctx, attempt, async () => true)) return "done";
	return (await removePart(ctx, held)) === "away" ? "away" : "gone";
}

type Part = { id: string; no: number; collectionNo: number; model: string; dimension: number };

/** Brings what a document has in one index to the store beside, in place of what that has of it there. */
export const publishPart = (ctx: ServiceContext, part: Part): Promise<"done" | "away"> =>
	beside(part, async (store) => {
		const rows = await ctx.db.orm
			.select({ chunkId: chunkVectors.chunkId, vector: chunkVectors.vector })
			.from(chunkVectors)
			.where(
				and(
					eq(chunkVectors.documentId, part.id),
					eq(chunkVectors.collectionNo, part.collectionNo),
					eq(chunkVectors.model, part.model),
				),
			)
			.orderBy(asc(chunkVectors.chunkId));
		await store.removeDocuments(ctx.db.orm, [part.no], part.collectionNo);
		const { collectionNo, no: documentNo } = part;
		const points = rows.map(({ chunkId, vector }) => ({
			chunkId,
			collectionNo,
			documentNo,
			vector: fromBytes(vector),
		}));
		await store.put(ctx.db.orm, points);
	});

export const removePart = (ctx: ServiceContext, part: Part): Promise<"done" | "away"> =>
	beside(part, (store) => store.removeDocuments(ctx.db.orm, [part.no], part.collectionNo));

type Beside = NonNullable<ReturnType<typeof storeBeside>>;

async function beside({ model, dimension }: Part, work: (store: Beside) => Promise<unknown>): Promise<"done" | "away"> {
	const store = storeBeside({ model, dimension });
	if (!store) return "done";
	try {
		await work(store);
		return "done";
	} catch (error) {
		if (!(error instanceof StoreAway)) throw error;
		return "away";
	}
}
