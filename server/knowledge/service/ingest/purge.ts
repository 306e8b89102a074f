import { and, asc, eq, inArray, isNotNull, lt, notExists, sql } from "drizzle-orm";
import {
	chunks,
	chunkVectors,
	collections,
	documentPages,
	documents,
	extractionResults,
	files,
	grants,
	uploads,
} from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { storeBeside } from "../../vectors";

const rowsAtOnce = 100;
/** Bytes younger than this may belong to an upload that is being written down. */
const youngestOrphanMs = 60 * 60_000;

/** Removes passages, vectors, index and text of a deleted document. Its row stays for an hour, to tell open pages. */
export async function purgeDocument(ctx: ServiceContext, { documentId }: { documentId: string }): Promise<void> {
	const { orm } = ctx.db;
	const [gone] = await orm
		.select({ no: documents.no, model: collections.model, dimension: collections.dimension })
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(
			and(eq(documents.id, documentId), sql`coalesce(${documents.deletedAt}, ${collections.deletedAt}) is not null`),
		);
	if (!gone) return;
	// First: while the rows stand, another try knows what to remove there.
	for (const model of await modelsOf(ctx, documentId, gone)) await storeBeside(model)?.removeDocuments(orm, [gone.no]);
	for (;;) {
		const some = orm
			.select({ id: chunks.id })
			.from(chunks)
			.where(eq(chunks.documentId, documentId))
			.orderBy(asc(chunks.id))
			.limit(rowsAtOnce);
		const removed = await orm.delete(chunks).where(inArray(chunks.id, some)).returning({ id: chunks.id });
		if (removed.length < rowsAtOnce) break;
	}
	await orm.delete(documentPages).where(eq(documentPages.documentId, documentId));
	// What was extracted from it holds words of it.
	await orm.delete(extractionResults).where(eq(extractionResults.documentId, documentId));
}

type Model = { model: string; dimension: number };

/** Those that made any of the document's vectors: of the index that is searched, and of one that is made beside it. */
async function modelsOf(ctx: ServiceContext, documentId: string, { model, dimension }: Model): Promise<Model[]> {
	const rows = await ctx.db.orm
		.selectDistinct({
			model: chunkVectors.model,
			dimension: sql<number>`octet_length(${chunkVectors.vector}) / 4`,
		})
		.from(chunkVectors)
		.where(eq(chunkVectors.documentId, documentId));
	return [{ model, dimension }, ...rows.filter((row) => row.model !== model)];
}

/** The documents of a deleted collection that are still there, at most as many as one step can take. */
export async function listDoomed(ctx: ServiceContext, { collectionId }: { collectionId: string }): Promise<string[]> {
	const rows = await ctx.db.orm
		.update(documents)
		.set({ deletedAt: sql`coalesce(${documents.deletedAt}, now())` })
		.where(
			and(
				eq(documents.collectionId, collectionId),
				inArray(
					documents.collectionId,
					ctx.db.orm.select({ id: collections.id }).from(collections).where(isNotNull(collections.deletedAt)),
				),
			),
		)
		.returning({ id: documents.id });
	return rows.map((row) => row.id);
}

/** Hourly: rows and bytes that nothing needs any more. Answers how many files went. */
export async function sweepKnowledge(ctx: ServiceContext): Promise<number> {
	const { orm } = ctx.db;
	const hourAgo = sql`now() - interval '1 hour'`;
	const dead = await orm
		.select({ id: documents.id })
		.from(documents)
		.where(and(isNotNull(documents.deletedAt), lt(documents.deletedAt, hourAgo)));
	for (const { id } of dead) {
		await purgeDocument(ctx, { documentId: id });
		await orm.delete(grants).where(and(eq(grants.resourceKind, "document"), eq(grants.resourceId, id)));
		await orm.delete(documents).where(eq(documents.id, id));
	}
	const goneCollections = await orm
		.delete(collections)
		.where(
			and(
				lt(collections.deletedAt, hourAgo),
				notExists(orm.select({ id: documents.id }).from(documents).where(eq(documents.collectionId, collections.id))),
			),
		)
		.returning({ id: collections.id });
	if (goneCollections.length > 0)
		await orm.delete(grants).where(
			and(
				eq(grants.resourceKind, "collection"),
				inArray(
					grants.resourceId,
					goneCollections.map((row) => row.id),
				),
			),
		);
	await orm.delete(uploads).where(lt(uploads.createdAt, sql`now() - interval '1 day'`));
	await orm
		.delete(files)
		.where(
			and(
				lt(files.createdAt, hourAgo),
				notExists(orm.select({ id: documents.id }).from(documents).where(eq(documents.sha256, files.sha256))),
				notExists(orm.select({ id: uploads.id }).from(uploads).where(eq(uploads.sha256, files.sha256))),
			),
		);
	return removeOrphans(ctx);
}

async function removeOrphans(ctx: ServiceContext): Promise<number> {
	const store = fileStore();
	let removed = 0;
	for await (const sha256 of store.list()) {
		const age = await store.age(sha256);
		if (age === null || age < youngestOrphanMs) continue;
		const [known] = await ctx.db.orm.select({ sha256: files.sha256 }).from(files).where(eq(files.sha256, sha256));
		if (known) continue;
		await store.remove(sha256);
		removed++;
	}
	return removed;
}
