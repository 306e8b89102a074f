import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { chunks, documents, postings } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireCause, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { documentAdded } from "@/server/jobs/events";
import type { Document, OneDocument } from "../contract";
import { holdManaged, notifyCollection, raiseVersion } from "./access";
import { readableDocuments, toDocument } from "./document-row";

/** Reads a failed document once more. */
export async function retryDocument(ctx: ServiceContext, input: OneDocument): Promise<Document> {
	return ctx.db.transaction(async (tx) => {
		const [seen] = await readableDocuments(tx, ctx, eq(documents.id, input.documentId));
		if (!seen) throw notFound("This document");
		await holdManaged(ctx, tx, seen.collectionId, "no key update");
		const [held] = await tx
			.select({ state: documents.state })
			.from(documents)
			.where(and(eq(documents.id, input.documentId), isNull(documents.deletedAt)))
			.for("update");
		if (!held) throw notFound("This document");
		if (held.state !== "failed" && held.state !== "cancelled")
			throw new AppError("CONFLICT", "Only a failed document can be tried again, and this one has not failed.");
		await startAgain(ctx, tx, input.documentId);
		const [row] = await readableDocuments(tx, ctx, eq(documents.id, input.documentId));
		if (!row) throw notFound("This document");
		return toDocument(row);
	});
}

/** Queues a document, which the caller holds, under its next attempt: late steps of the one before change nothing. */
export async function startAgain(
	ctx: ServiceContext,
	tx: Tx,
	documentId: string,
	changed: { name?: string; mediaType?: string; sha256?: string; size?: number } = {},
	isBulk = false,
): Promise<void> {
	// One that was ready is not found until it is ready again.
	await tx
		.delete(postings)
		.where(
			inArray(postings.chunkId, tx.select({ id: chunks.id }).from(chunks).where(eq(chunks.documentId, documentId))),
		);
	const [row] = await tx
		.update(documents)
		.set({
			...changed,
			state: "queued",
			reason: null,
			done: 0,
			total: 0,
			pageCount: null,
			chunkCount: null,
			attempt: sql`${documents.attempt} + 1`,
			updatedAt: sql`now()`,
		})
		.where(eq(documents.id, documentId))
		.returning({ attempt: documents.attempt, collectionId: documents.collectionId });
	if (!row) throw notFound("This document");
	await audit(ctx, tx, {
		action: "document.retry",
		resource: "document",
		resourceId: documentId,
		detail: { attempt: row.attempt },
	});
	await emit(tx, documentAdded.create({ documentId, attempt: row.attempt, isBulk, ...requireCause(ctx) }));
	await raiseVersion(tx, row.collectionId);
	await notifyCollection(tx, row.collectionId);
}
