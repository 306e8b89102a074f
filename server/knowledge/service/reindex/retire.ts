import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import { chunks, chunkVectors, collections, documents, formerPassages, reindexes } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { storeBeside } from "../../vectors";

const documentsAtOnce = 50;

/** Removes an index that nothing searches. Of one that was searched, it stays where its passages stood: answers cite them. */
export async function removeIndex(
	ctx: ServiceContext,
	{ indexNo, collectionId }: { indexNo: number; collectionId: string },
): Promise<void> {
	const { orm } = ctx.db;
	const [kept] = await orm
		.select({ id: collections.id })
		.from(collections)
		.leftJoin(reindexes, and(eq(reindexes.no, indexNo), eq(reindexes.state, "building")))
		.where(and(eq(collections.id, collectionId), sql`(${collections.no} = ${indexNo} or ${reindexes.no} is not null)`));
	if (kept) return;
	const [made] = await orm.select({ state: reindexes.state }).from(reindexes).where(eq(reindexes.no, indexNo));
	const wasSearched = !made || made.state === "replaced";
	// First: while the rows stand, another try knows what to remove there.
	for (const model of await modelsOf(ctx, indexNo)) await storeBeside(model)?.removeIndex(orm, indexNo);
	for (let after: string | null = null; ; ) {
		const some: { id: string }[] = await orm
			.select({ id: documents.id })
			.from(documents)
			.where(and(eq(documents.collectionId, collectionId), after ? gt(documents.id, after) : undefined))
			.orderBy(asc(documents.id))
			.limit(documentsAtOnce);
		after = some.at(-1)?.id ?? null;
		if (after === null) return;
		const ids = some.map(({ id }) => id);
		await ctx.db.transaction(async (tx) => {
			const isIts = and(inArray(chunks.documentId, ids), eq(chunks.collectionNo, indexNo));
			if (wasSearched)
				await tx
					.insert(formerPassages)
					.select(
						tx
							.select({
								chunkId: chunks.id,
								documentId: chunks.documentId,
								page: chunks.page,
								startOffset: chunks.startOffset,
								endOffset: chunks.endOffset,
							})
							.from(chunks)
							.where(isIts),
					)
					.onConflictDoNothing();
			await tx.delete(chunks).where(isIts);
		});
	}
}

/** Those that made any of its vectors. */
const modelsOf = (ctx: ServiceContext, indexNo: number) =>
	ctx.db.orm
		.selectDistinct({
			model: chunkVectors.model,
			dimension: sql<number>`octet_length(${chunkVectors.vector}) / 4`,
		})
		.from(chunkVectors)
		.where(eq(chunkVectors.collectionNo, indexNo));
