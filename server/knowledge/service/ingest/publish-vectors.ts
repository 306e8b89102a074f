import { and, asc, eq } from "drizzle-orm";
import { chunkVectors } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { embedder } from "../../embedding";
import { storeBeside } from "../../vectors";
import { fromBytes } from "../../vectors/exact";
import { StoreAway } from "../../vectors/store";
import { type Attempt, withAttempt } from "./attempt";

/**
 * Brings the document's vectors into the index beside PostgreSQL, where there is one, before it can be found: until then nobody
 * finds it in either. What an earlier attempt left there goes. `away`: the index can't be reached, try again later.
 */
export async function publishVectors(ctx: ServiceContext, attempt: Attempt): Promise<"done" | "gone" | "away"> {
	const held = await withAttempt(ctx, attempt, async (_, found) => found);
	if (!held) return "gone";
	const store = storeBeside();
	if (!store || held.state !== "indexing") return "done";
	const rows = await ctx.db.orm
		.select({ chunkId: chunkVectors.chunkId, vector: chunkVectors.vector })
		.from(chunkVectors)
		.where(and(eq(chunkVectors.documentId, held.id), eq(chunkVectors.model, embedder().model)))
		.orderBy(asc(chunkVectors.chunkId));
	try {
		await store.removeDocuments(ctx.db.orm, [held.no]);
		await store.put(
			ctx.db.orm,
			rows.map(({ chunkId, vector }) => ({
				chunkId,
				collectionNo: held.collectionNo,
				documentNo: held.no,
				vector: fromBytes(vector),
			})),
		);
		return "done";
	} catch (error) {
		if (!(error instanceof StoreAway)) throw error;
		return "away";
	}
}
