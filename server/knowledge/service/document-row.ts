import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { collections, type DocumentState, documents, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { Version } from "@/server/core/version";
import type { Document, OneDocument } from "../contract";
import { mayManage, mayReadDocument, readsWhole } from "./access";

const columns = (ctx: ServiceContext) => ({
	id: documents.id,
	collectionId: documents.collectionId,
	name: documents.name,
	mediaType: documents.mediaType,
	source: documents.source,
	sourceId: documents.sourceId,
	sourceName: sql<string | null>`(select name from sources where sources.id = ${documents.sourceId})`,
	fields: documents.fields,
	isRestricted: documents.isRestricted,
	size: documents.size,
	state: documents.state,
	reason: documents.reason,
	dropped: documents.dropped,
	done: documents.done,
	total: documents.total,
	pageCount: documents.pageCount,
	chunkCount: documents.chunkCount,
	uploadedByName: users.name,
	createdAt: documents.createdAt,
	updatedAt: documents.updatedAt,
	/** To the microsecond, which a Date does not hold. */
	key: sql<string>`${documents.createdAt}::text`,
	sha256: documents.sha256,
	mayManage: mayManage(ctx),
	collectionName: collections.name,
	/** Somebody may read a document that was granted to them, but not what else is in its collection. */
	isCollectionReadable: sql<boolean>`${readsWhole(ctx)}`,
});

/** The documents that the person may read; more conditions as needed. */
export const readableDocuments = (db: Reader, ctx: ServiceContext, ...conditions: (SQL | undefined)[]) =>
	db
		.select(columns(ctx))
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.innerJoin(users, eq(users.id, documents.uploadedBy))
		.where(and(mayReadDocument(ctx), ...conditions));

/** Its own row's, and what the caller's rights, its collection and whoever brought it add to it. */
export async function versionOfDocument(ctx: ServiceContext, { documentId }: OneDocument): Promise<Version> {
	const { mayManage, collectionName, isCollectionReadable, uploadedByName } = columns(ctx);
	const [of] = await ctx.db.orm
		.select({ row: sql`documents.xmin::text`, mayManage, collectionName, isCollectionReadable, uploadedByName })
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.innerJoin(users, eq(users.id, documents.uploadedBy))
		.where(and(mayReadDocument(ctx), eq(documents.id, documentId)));
	if (!of) throw notFound("This document");
	return { of };
}

type Row = Awaited<ReturnType<typeof readableDocuments>>[number];

type Inner = "key" | "sha256" | "mayManage" | "collectionName" | "isCollectionReadable";

export function toDocument(row: Omit<Row, Inner> & Partial<Pick<Row, Inner>>): Document {
	const { key: _, collectionName: __, isCollectionReadable: ___, ...facts } = row;
	return { ...facts, progress: progressOf(row.state, row.done, row.total) };
}

/** Where the way from queued to ready stands. Embedding is nearly all of the work; a failed one has nothing before it. */
export function progressOf(state: DocumentState, done: number, total: number): number {
	switch (state) {
		case "queued":
			return 0;
		case "parsing":
			return 0.02 + 0.08 * (total > 0 ? Math.min(1, done / total) : 0);
		case "chunking":
			return 0.1;
		case "embedding":
			return 0.12 + 0.83 * (total > 0 ? Math.min(1, done / total) : 0);
		case "indexing":
			return 0.95;
		case "ready":
		case "failed":
		case "paused":
		case "cancelled":
			return 1;
	}
}
