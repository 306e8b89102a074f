import { Readable } from "node:stream";
import { and, eq, isNull, notInArray } from "drizzle-orm";
import { documents, files } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { maxFileBytes } from "../../contract";
import type { ContainedFile } from "../../parsing";
import { holdManaged } from "../access";
import { insertLink, storeLink } from "../add-address";
import { insertDocument, mediaTypeOf } from "../add-document";
import { removeDocuments } from "../remove-documents";
import type { Held } from "./attempt";

/** A file that came in another is a document of its own, read like any other; one that the collection has already is left. */
export async function addContained(ctx: ServiceContext, container: Held, file: ContainedFile): Promise<string> {
	const stored = await fileStore().putStream(Readable.from([file.content]), { maxBytes: maxFileBytes });
	await ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, container.collectionId);
		await tx.insert(files).values(stored).onConflictDoNothing();
		const about = { name: file.name, mediaType: mediaTypeOf(file.name), source: container.name, isBulk: true };
		const within = { containerId: container.id, sourceId: container.sourceId };
		await insertDocument(ctx, tx, container.collectionId, { ...stored, ...about, ...within });
	});
	return stored.sha256;
}

/** What came out of it when it was read before, and does not any more: an archive that changed at its source. */
export async function removeGone(ctx: ServiceContext, container: Held, hashes: string[]): Promise<void> {
	if (!container.sourceId) return;
	const isGone = and(
		eq(documents.containerId, container.id),
		isNull(documents.deletedAt),
		hashes.length > 0 ? notInArray(documents.sha256, hashes) : undefined,
	);
	await ctx.db.transaction(async (tx) => {
		const gone = await tx.select({ id: documents.id }).from(documents).where(isGone);
		if (gone.length === 0) return;
		await holdManaged(ctx, tx, container.collectionId);
		await removeDocuments(
			ctx,
			tx,
			container.collectionId,
			gone.map(({ id }) => id),
		);
	});
}

/** The pages that a sitemap lists, of its own site alone: anybody could list another's. */
export async function addLinks(ctx: ServiceContext, sitemap: Held, links: string[]): Promise<void> {
	const { host } = URL.parse(sitemap.source) ?? {};
	for (const link of links) {
		const url = URL.parse(link);
		if (!url || url.host !== host || url.href === sitemap.source) continue;
		url.hash = "";
		const stored = await storeLink(url.href);
		await ctx.db.transaction(async (tx) => {
			await holdManaged(ctx, tx, sitemap.collectionId);
			await insertLink(ctx, tx, sitemap.collectionId, { ...stored, isBulk: true, containerId: sitemap.id });
		});
	}
}
