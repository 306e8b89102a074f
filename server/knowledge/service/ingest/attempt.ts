import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { collections, type DocumentState, documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notifyCollection } from "../access";

/** One try at reading one document. A step of an older try changes nothing. */
export type Attempt = { documentId: string; attempt: number };

const columns = {
	id: documents.id,
	no: documents.no,
	collectionId: documents.collectionId,
	collectionNo: collections.no,
	sha256: documents.sha256,
	mediaType: documents.mediaType,
	name: documents.name,
	source: documents.source,
	sourceId: documents.sourceId,
	state: documents.state,
	done: documents.done,
	chunkCount: documents.chunkCount,
};
export type Held = {
	id: string;
	no: number;
	collectionId: string;
	collectionNo: number;
	sha256: string;
	mediaType: string;
	name: string;
	source: string;
	sourceId: string | null;
	state: DocumentState;
	done: number;
	chunkCount: number | null;
};

/** Runs `work` in a transaction that holds the document; null where it is gone, or another attempt has begun. */
export async function withAttempt<T>(
	ctx: ServiceContext,
	{ documentId, attempt }: Attempt,
	work: (tx: Tx, held: Held) => Promise<T>,
): Promise<T | null> {
	return ctx.db.transaction(async (tx) => {
		const [held] = await tx
			.select(columns)
			.from(documents)
			.innerJoin(collections, eq(collections.id, documents.collectionId))
			.where(
				and(
					eq(documents.id, documentId),
					eq(documents.attempt, attempt),
					isNull(documents.deletedAt),
					isNull(collections.deletedAt),
				),
			)
			.for("update", { of: documents });
		return held ? work(tx, held) : null;
	});
}

type Change = Partial<
	Pick<
		typeof documents.$inferInsert,
		"done" | "total" | "pageCount" | "chunkCount" | "termCount" | "reason" | "dropped"
	>
>;

/** Writes where the document stands, and tells the pages that follow it. */
export async function setState(tx: Tx, held: Held, state: DocumentState, change: Change = {}): Promise<void> {
	await tx
		.update(documents)
		.set({ ...change, state, updatedAt: sql`now()`, ...(state === "ready" ? { readyAt: sql`now()` } : {}) })
		.where(eq(documents.id, held.id));
	await notifyCollection(tx, held.collectionId);
}
