import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { collections, documents, reindexDocuments, reindexes } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";

/** An index that is being made beside the one that is searched. */
export type Building = {
	no: number;
	collectionId: string;
	model: string;
	dimension: number;
	chunkSize: number;
	chunkOverlap: number;
	reason: string | null;
};

const columns = {
	no: reindexes.no,
	collectionId: reindexes.collectionId,
	model: reindexes.model,
	dimension: reindexes.dimension,
	chunkSize: reindexes.chunkSize,
	chunkOverlap: reindexes.chunkOverlap,
	reason: reindexes.reason,
};
const isBuilding = (no: number) =>
	and(eq(reindexes.no, no), eq(reindexes.state, "building"), isNull(collections.deletedAt));

/** Null where it is made, given up, or its collection is gone. */
export async function findBuilding(db: Reader, no: number): Promise<Building | null> {
	const [row] = await db
		.select(columns)
		.from(reindexes)
		.innerJoin(collections, eq(collections.id, reindexes.collectionId))
		.where(isBuilding(no));
	return row ?? null;
}

/** As it is, held until the transaction ends: `update` where its making is ended. */
export async function holdBuilding(tx: Tx, no: number, lock: "share" | "update"): Promise<Building | null> {
	const [row] = await tx
		.select(columns)
		.from(reindexes)
		.innerJoin(collections, eq(collections.id, reindexes.collectionId))
		.where(isBuilding(no))
		.for(lock, { of: reindexes });
	return row ?? null;
}

/** A document as it was read, and which reading that was. */
export type Reading = { id: string; no: number; attempt: number };

/** Holds index and document while `work` writes; null where the document was read again or deleted, or nobody wants the index any more. */
export async function withReading<T>(
	ctx: ServiceContext,
	{ no }: Pick<Building, "no">,
	{ id, attempt }: Reading,
	work: (tx: Tx) => Promise<T>,
): Promise<T | null> {
	return ctx.db.transaction(async (tx) => {
		if (!(await holdBuilding(tx, no, "share"))) return null;
		const [held] = await tx
			.select({ id: documents.id })
			.from(documents)
			.where(
				and(
					eq(documents.id, id),
					eq(documents.attempt, attempt),
					eq(documents.state, "ready"),
					isNull(documents.deletedAt),
				),
			)
			.for("update");
		return held ? work(tx) : null;
	});
}

/** What can be found and is not wholly in the new index, as it was last read. */
export const isMissing = (no: number): SQL =>
	sql`not exists (select 1 from ${reindexDocuments} where ${and(
		eq(reindexDocuments.no, no),
		eq(reindexDocuments.documentId, documents.id),
		eq(reindexDocuments.attempt, documents.attempt),
		reindexDocuments.isDone,
	)})`;

export const isFound = (collectionId: string): SQL | undefined =>
	and(eq(documents.collectionId, collectionId), eq(documents.state, "ready"), isNull(documents.deletedAt));
