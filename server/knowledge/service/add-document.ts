import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documents, files, uploads } from "@/db/schema";
import { expectRoom } from "@/server/budgets/service";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { documentAdded } from "@/server/jobs/events";
import { type AddDocument, type AddedDocument, fileTypes } from "../contract";
import { cleanLine } from "../parsing";
import { holdManaged, notifyCollection } from "./access";
import { readableDocuments, toDocument } from "./document-row";
import { startAgain } from "./retry-document";

/** `source`: where it came from, unless somebody uploaded it. */
type File = {
	sha256: string;
	size: number;
	name: string;
	mediaType: string;
	source?: string;
	sourceId?: string | null;
	containerId?: string;
	isBulk?: boolean;
};

/** Adds brought bytes to a collection. Where it has the same bytes already nothing is done twice; a failed one is tried again. */
export async function addDocument(ctx: ServiceContext, input: AddDocument): Promise<AddedDocument> {
	const user = requireUser(ctx);
	const name = cleanLine(input.name.split(/[\\/]/).at(-1) ?? "");
	const mediaType = mediaTypeOf(name);
	return ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, input.collectionId);
		const file = { ...(await findUpload(tx, user.userId, input.uploadId)), name, mediaType };
		const added = await insertDocument(ctx, tx, input.collectionId, file);
		const documentId = added ?? (await takeExisting(ctx, tx, input.collectionId, file));
		const [row] = await readableDocuments(tx, ctx, eq(documents.id, documentId));
		if (!row) throw notFound("This document");
		return { document: toDocument(row), isNew: added !== null };
	});
}

/** By the ending of its name. Throws UNSUPPORTED for what can't be read. */
export function mediaTypeOf(name: string): string {
	const ending = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
	const type = Object.entries(fileTypes).find(([known]) => known === ending)?.[1];
	if (type) return type;
	const known = Object.keys(fileTypes).map((one) => `.${one}`);
	throw new AppError("UNSUPPORTED", `Files ending in ${known.join(", ")} can be read. Save this one as one of them.`);
}

async function findUpload(tx: Tx, userId: string, uploadId: string): Promise<{ sha256: string; size: number }> {
	const [found] = await tx
		.select({ sha256: files.sha256, size: files.size })
		.from(uploads)
		.innerJoin(files, eq(files.sha256, uploads.sha256))
		.where(
			and(eq(uploads.id, uploadId), eq(uploads.userId, userId), gt(uploads.createdAt, sql`now() - interval '1 day'`)),
		);
	if (!found) throw notFound("This upload");
	return found;
}

/** Null where the collection has these bytes already. */
export async function insertDocument(
	ctx: ServiceContext,
	tx: Tx,
	collectionId: string,
	file: File,
): Promise<string | null> {
	const { userId } = requireUser(ctx);
	const { isBulk = false, ...values } = file;
	const [row] = await tx
		.insert(documents)
		.values({ ...values, collectionId, uploadedBy: userId })
		.onConflictDoNothing({ target: [documents.collectionId, documents.sha256], where: isNull(documents.deletedAt) })
		.returning({ id: documents.id, attempt: documents.attempt });
	if (!row) return null;
	// Looked at with it in place: the transaction ends where it is too much.
	await expectRoom(tx, userId, 0);
	await audit(ctx, tx, {
		action: "document.add",
		resource: "document",
		resourceId: row.id,
		detail: { collectionId, name: file.name, sha256: file.sha256, size: file.size, source: file.source ?? "upload" },
	});
	await emit(tx, documentAdded.create({ documentId: row.id, attempt: row.attempt, isBulk, ...requireCause(ctx) }));
	await notifyCollection(tx, collectionId);
	return row.id;
}

async function takeExisting(ctx: ServiceContext, tx: Tx, collectionId: string, file: File): Promise<string> {
	const [existing] = await tx
		.select({ id: documents.id, state: documents.state })
		.from(documents)
		.where(
			and(eq(documents.collectionId, collectionId), eq(documents.sha256, file.sha256), isNull(documents.deletedAt)),
		)
		.for("update");
	if (!existing) throw new AppError("CONFLICT", "This file was removed from the collection just now: add it again.");
	// Brought by itself too, it stays when the archive or source that it came from goes.
	await tx.update(documents).set({ containerId: null, sourceId: null }).where(eq(documents.id, existing.id));
	// The name may have been what was wrong with it.
	if (existing.state === "failed" || existing.state === "cancelled")
		await startAgain(ctx, tx, existing.id, { name: file.name, mediaType: file.mediaType });
	return existing.id;
}
