import { and, eq, inArray, max, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { chunks, type DocumentState, documentPages, documents, formerPassages, sourceItems } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { noteSources } from "@/server/core/spans";
import { fileStore } from "@/server/files/store";
import type {
	Document,
	DocumentText,
	ListDocuments,
	OneDocument,
	OpenedDocument,
	ReadDocument,
	UpdateDocument,
} from "../contract";
import { cleanLine } from "../parsing";
import { holdManaged, notifyCollection } from "./access";
import { getCollection } from "./collections";
import { readableDocuments, toDocument } from "./document-row";
import { removeDocuments, withContents } from "./remove-documents";

/** Newest first. */
export async function listDocuments(
	ctx: ServiceContext,
	input: ListDocuments,
): Promise<{ rows: Document[]; next: string | null }> {
	await getCollection(ctx, input);
	const list = listQuery(input, {
		filter: {
			state: documents.state,
			mediaType: documents.mediaType,
			name: documents.name,
			source: documents.source,
			sourceId: documents.sourceId,
			isRestricted: documents.isRestricted,
			createdAt: documents.createdAt,
		},
		sort: { createdAt: documents.createdAt },
		id: documents.id,
	});
	const rows = await readableDocuments(ctx.db.orm, ctx, eq(documents.collectionId, input.collectionId), list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map(toDocument), next: page.next };
}

export async function getDocument(ctx: ServiceContext, input: OneDocument): Promise<Document> {
	const [row] = await readableDocuments(ctx.db.orm, ctx, eq(documents.id, input.documentId));
	if (!row) throw notFound("This document");
	return toDocument(row);
}

/** Those of the documents that the caller may not read at this moment, or that are gone. */
export async function unreadableDocuments(ctx: ServiceContext, ids: string[]): Promise<string[]> {
	if (ids.length === 0) return [];
	const rows = await readableDocuments(ctx.db.orm, ctx, inArray(documents.id, ids));
	const readable = new Set(rows.map(({ id }) => id));
	return ids.filter((id) => !readable.has(id));
}

/** Why there is no text yet, and what to do. */
const unread = "This document is still being read: try again in a moment.";
export const unreadStates = {
	queued: "This document waits to be read: try again in a moment.",
	parsing: unread,
	chunking: unread,
	embedding: unread,
	indexing: unread,
	paused: "The reading of this document is paused. Whoever manages its collection can resume it there.",
	cancelled: "The reading of this document was given up. Whoever manages its collection can try it again there.",
} as const satisfies Record<Exclude<DocumentState, "ready" | "failed">, string>;

/** One page of a document's text, and in it the passage that was asked for. */
export async function readDocument(ctx: ServiceContext, input: ReadDocument): Promise<DocumentText> {
	const db = ctx.db.orm;
	const [row] = await readableDocuments(db, ctx, eq(documents.id, input.documentId));
	if (!row) throw notFound("This document");
	if (row.state === "failed")
		throw new AppError("CONFLICT", `This document could not be read. ${row.reason ?? ""}`.trim());
	if (row.state !== "ready") throw new AppError("CONFLICT", unreadStates[row.state]);
	const passage = input.chunkId ? await findPlace(db, row.id, input.chunkId) : null;
	if (input.chunkId && !passage) throw notFound("This passage");
	const page = input.page ?? passage?.page ?? 1;
	const [[text], [last]] = await Promise.all([
		db
			.select({ text: documentPages.text })
			.from(documentPages)
			.where(and(eq(documentPages.documentId, row.id), eq(documentPages.page, page))),
		db
			.select({ page: max(documentPages.page) })
			.from(documentPages)
			.where(eq(documentPages.documentId, row.id)),
	]);
	if (!text) throw notFound("This page");
	noteSources([row.id]);
	return {
		document: toDocument(row),
		mayManage: row.mayManage,
		collectionName: row.collectionName,
		isCollectionReadable: row.isCollectionReadable,
		page,
		lastPage: last?.page ?? 1,
		text: text.text,
		passage: markIn(text.text, passage?.page === page ? passage : input),
	};
}

function markIn(text: string, { start = 0, end = 0 }: { start?: number | undefined; end?: number | undefined }) {
	const to = Math.min(end, text.length);
	return start < to ? { start, end: to, text: text.slice(start, to) } : null;
}

/** Where a passage stands, also one of an index that is gone: what cites it still opens there. */
async function findPlace(db: Reader, documentId: string, chunkId: number) {
	const [now] = await db
		.select({ page: chunks.page, start: chunks.startOffset, end: chunks.endOffset })
		.from(chunks)
		.where(and(eq(chunks.id, chunkId), eq(chunks.documentId, documentId)));
	if (now) return now;
	const { page, startOffset: start, endOffset: end } = formerPassages;
	const [then] = await db
		.select({ page, start, end })
		.from(formerPassages)
		.where(and(eq(formerPassages.chunkId, chunkId), eq(formerPassages.documentId, documentId)));
	return then ?? null;
}

/** Its bytes as they were brought, for whoever may read it now. */
export async function openDocument(ctx: ServiceContext, { documentId }: OneDocument): Promise<OpenedDocument> {
	const [row] = await readableDocuments(ctx.db.orm, ctx, eq(documents.id, documentId));
	if (!row) throw notFound("This document");
	if (!(await fileStore().has(row.sha256)))
		throw new AppError("CONFLICT", "The file itself is not in the store any more; its text still is.");
	return { name: row.name, mediaType: row.mediaType, size: row.size, sha256: row.sha256 };
}

/** What deleting it would do, for whoever decides of it. */
export async function tellDeletedDocument(ctx: ServiceContext, { documentId }: OneDocument): Promise<string> {
	const [seen] = await readableDocuments(ctx.db.orm, ctx, eq(documents.id, documentId));
	if (!seen) throw notFound("This document");
	const { name } = await getCollection(ctx, { collectionId: seen.collectionId });
	const more = (await withContents(ctx.db.orm, [documentId])).length - 1;
	const contents =
		more > 0 ? `, with ${more === 1 ? "the document" : `the ${more} documents`} that came out of it` : "";
	return `Delete the document “${seen.name}” of the collection “${name}”${contents}, for good.`;
}

/** What it is called, what is written down about it, and whether all who read its collection may find it. */
export async function updateDocument(ctx: ServiceContext, input: UpdateDocument): Promise<Document> {
	const { documentId, name, fields, isRestricted } = input;
	return ctx.db.transaction(async (tx) => {
		const [seen] = await readableDocuments(tx, ctx, eq(documents.id, documentId));
		if (!seen) throw notFound("This document");
		await holdManaged(ctx, tx, seen.collectionId);
		const before = { name: seen.name, fields: seen.fields, isRestricted: seen.isRestricted };
		const after = {
			name: name === undefined ? seen.name : cleanLine(name),
			fields: fields ?? seen.fields,
			isRestricted: isRestricted ?? seen.isRestricted,
		};
		await tx
			.update(documents)
			.set({ ...after, updatedAt: sql`now()` })
			.where(eq(documents.id, documentId));
		await audit(ctx, tx, {
			action: "document.update",
			resource: "document",
			resourceId: documentId,
			detail: { collectionId: seen.collectionId },
			before,
			after,
		});
		await notifyCollection(tx, seen.collectionId);
		const [row] = await readableDocuments(tx, ctx, eq(documents.id, documentId));
		// An administrator who restricts what is in somebody's shared collection does not see it any more.
		return toDocument(row ?? { ...seen, ...after });
	});
}

/** At once nobody finds it, nor what came out of it; a job removes its rows and, where nothing else needs them, its bytes. */
export async function deleteDocument(ctx: ServiceContext, input: OneDocument): Promise<{ deleted: true }> {
	const { documentId } = input;
	await ctx.db.transaction(async (tx) => {
		const [seen] = await readableDocuments(tx, ctx, eq(documents.id, documentId));
		if (!seen) throw notFound("This document");
		await holdManaged(ctx, tx, seen.collectionId, "no key update");
		const removed = await removeDocuments(ctx, tx, seen.collectionId, [documentId]);
		if (!removed.includes(documentId)) throw notFound("This document");
		// Its source brings it back when the file there changes, and not before.
		await tx.update(sourceItems).set({ isLeftOut: true }).where(inArray(sourceItems.documentId, removed));
	});
	return { deleted: true };
}
