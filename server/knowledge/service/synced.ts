import { Readable } from "node:stream";
import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documents, files } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { fileTypes, maxFileBytes, sitemapType } from "../contract";
import { cleanLine, parseFile } from "../parsing";
import { holdManaged } from "./access";
import { insertDocument } from "./add-document";
import { removeDocuments } from "./remove-documents";
import { startAgain } from "./retry-document";

const longestName = 240;

/** A file that a source has, already in the store. */
type SyncedFile = { sha256: string; size: number; name: string; mediaType: string; source: string };
type SyncedPlace = {
	collectionId: string;
	sourceId: string;
	/** The document that this file was so far. */
	documentId: string | null;
	/** Whether another file of the source is that document too. */
	isShared: boolean;
};

export const storeBytes = (bytes: Buffer): Promise<{ sha256: string; size: number }> =>
	fileStore().putStream(Readable.from([bytes]), { maxBytes: maxFileBytes });

/** The addresses that a sitemap lists, read in a process of its own like every strange file. */
export async function readSitemapLinks(bytes: Buffer, signal?: AbortSignal): Promise<string[]> {
	const { sha256 } = await storeBytes(bytes);
	const { links } = await parseFile(fileStore().path(sha256), sitemapType, signal ? { signal } : {});
	return links;
}

/**
 * Brings a source's file into its collection: as a new document, or as the next version of the one that it was, which keeps its
 * name, fields and grants. Bytes that the collection has are that document, whoever brought them.
 */
export async function putSynced(
	ctx: ServiceContext,
	tx: Tx,
	{ collectionId, sourceId, documentId, isShared }: SyncedPlace,
	file: SyncedFile,
): Promise<{ documentId: string; outcome: "added" | "changed" | "unchanged" }> {
	await holdManaged(ctx, tx, collectionId, "no key update");
	const { sha256, size } = file;
	await tx.insert(files).values({ sha256, size }).onConflictDoNothing();
	const same = await holdDocument(tx, and(eq(documents.collectionId, collectionId), eq(documents.sha256, sha256)));
	const before = documentId ? await holdDocument(tx, eq(documents.id, documentId)) : null;
	const isOwn = before?.sourceId === sourceId && !isShared;
	if (same) {
		if (same.id === before?.id) return { documentId: same.id, outcome: "unchanged" };
		if (before && isOwn) await removeDocuments(ctx, tx, collectionId, [before.id]);
		return { documentId: same.id, outcome: before ? "changed" : "unchanged" };
	}
	if (!before || !isOwn) {
		const added = await insertDocument(ctx, tx, collectionId, {
			...file,
			name: cleanLine(file.name).slice(-longestName).toWellFormed(),
			sourceId,
			isBulk: true,
		});
		if (!added) throw new Error("The collection got the same file in this very moment");
		return { documentId: added, outcome: before ? "changed" : "added" };
	}
	const next = { sha256, size, mediaType: file.mediaType };
	await audit(ctx, tx, {
		action: "document.change",
		resource: "document",
		resourceId: before.id,
		detail: { collectionId, sourceId },
		before: { sha256: before.sha256, size: before.size },
		after: { sha256, size },
	});
	// What somebody paused stays so: it is the new version that is read when they resume it.
	if (before.state === "paused") await tx.update(documents).set(next).where(eq(documents.id, before.id));
	else await startAgain(ctx, tx, before.id, next, true);
	return { documentId: before.id, outcome: "changed" };
}

/** Removes a document whose file its source has no more; one that was brought by hand too stays. */
export async function removeSynced(
	ctx: ServiceContext,
	tx: Tx,
	{ collectionId, sourceId, documentId, isShared }: SyncedPlace,
): Promise<boolean> {
	await holdManaged(ctx, tx, collectionId, "no key update");
	const before = documentId ? await holdDocument(tx, eq(documents.id, documentId)) : null;
	if (!before || isShared || before.sourceId !== sourceId) return false;
	return (await removeDocuments(ctx, tx, collectionId, [before.id])).length > 0;
}

async function holdDocument(tx: Tx, isIt: ReturnType<typeof and>) {
	const [found] = await tx
		.select({
			...{ id: documents.id, state: documents.state, sourceId: documents.sourceId },
			...{ sha256: documents.sha256, size: documents.size },
		})
		.from(documents)
		.where(and(isIt, isNull(documents.deletedAt)))
		.for("update");
	return found ?? null;
}

/** What a file is by the ending of its name; null where that can't be read. */
export function readableType(path: string): string | null {
	const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
	return Object.entries(fileTypes).find(([known]) => known === ending)?.[1] ?? null;
}
