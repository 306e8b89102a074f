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
	model: collections.model,
	dimension: collections.dimension,
	chunkSize: collections.chunkSize,
	chunkOverlap: collections.chunkOverlap,
	indexNo: documents.indexNo,
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
	/** The index that is searched, and how it is made. */
	collectionNo: number;
	model: string;
	dimension: number;
	chunkSize: number;
	chunkOverlap: number;
	/** The index that its passages were cut for. */
	indexNo: number | null;
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
	attempt: Attempt,
	work: (tx: Tx, held: Held) => Promise<T>,
): Promise<T | null> {
	return ctx.db.transaction(async (tx) => {
		await holdIndex(tx, attempt);
		const [held] = await ofAttempt(tx, attempt).for("update", { of: documents });
		return held ? work(tx, held) : null;
	});
}

/** The document as the attempt finds it; none where it is gone, or another has begun. */
export const ofAttempt = (tx: Tx, { documentId, attempt }: Attempt) =>
	tx
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
		);

/**
 * Until the transaction ends nothing switches the collection to another index: what is written goes into the one that is read
 * here. `no key update` for what changes the collection too: it is held before the document, as by everyone else.
 */
export async function holdIndex(
	tx: Tx,
	{ documentId }: Attempt,
	lock: "key share" | "no key update" = "key share",
): Promise<void> {
	await tx
		.select({ id: collections.id })
		.from(collections)
		.where(
			eq(collections.id, tx.select({ id: documents.collectionId }).from(documents).where(eq(documents.id, documentId))),
		)
		.for(lock);
}

/** The collection was switched to another index since the document's passages were cut: they are cut anew. */
export const isOutdated = (held: Held): boolean => held.indexNo !== held.collectionNo;

type Change = Partial<
	Pick<
		typeof documents.$inferInsert,
		"done" | "total" | "pageCount" | "chunkCount" | "termCount" | "indexNo" | "reason" | "dropped"
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
