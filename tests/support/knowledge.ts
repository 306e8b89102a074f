import { Readable } from "node:stream";
import { eq } from "drizzle-orm";
import { documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Collection, CreateCollection, Document } from "@/server/knowledge/contract";
import {
	addDocument,
	chunkDocument,
	createCollection,
	embedChunks,
	indexDocument,
	parseDocument,
	publishVectors,
	storeUpload,
} from "@/server/knowledge/service";

export const makeCollection = (ctx: ServiceContext, more: Partial<CreateCollection> = {}): Promise<Collection> =>
	createCollection(ctx, { name: "Handbook", description: "", access: "private", ...more });

/** Brings a file and adds it, as the console does. */
export async function bringDocument(
	ctx: ServiceContext,
	collection: Pick<Collection, "id">,
	name: string,
	content: Buffer | string,
): Promise<Document & { isNew: boolean }> {
	const { uploadId } = await storeUpload(ctx, Readable.from([Buffer.from(content)]));
	const { document, isNew } = await addDocument(ctx, { collectionId: collection.id, uploadId, name });
	return { ...document, isNew };
}

/** Reads a queued document in, step by step as the job does, without the job engine. */
export async function ingest(ctx: ServiceContext, { id }: Pick<Document, "id">): Promise<void> {
	const [row] = await ctx.db.orm.select({ attempt: documents.attempt }).from(documents).where(eq(documents.id, id));
	if (!row) throw new Error(`There is no document ${id}`);
	const attempt = { documentId: id, attempt: row.attempt };
	await parseDocument(ctx, attempt);
	do {
		const passages = (await chunkDocument(ctx, attempt)) ?? 0;
		await embedChunks(ctx, attempt, { from: 0, to: passages });
		await publishVectors(ctx, attempt);
	} while ((await indexDocument(ctx, attempt)) === "again");
}

export async function addReady(
	ctx: ServiceContext,
	collection: Pick<Collection, "id">,
	name: string,
	content: Buffer | string,
): Promise<Document> {
	const document = await bringDocument(ctx, collection, name, content);
	await ingest(ctx, document);
	return document;
}
