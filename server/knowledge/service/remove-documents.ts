import { and, inArray, isNull, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { cachedAnswers, documents } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { emit } from "@/server/jobs/emit";
import { documentRemoved } from "@/server/jobs/events";
import { notifyCollection, raiseVersion } from "./access";

/** These documents, and what came out of them: an archive's files, a mail's attachments, a sitemap's pages. */
export async function withContents(db: Reader, documentIds: string[]): Promise<string[]> {
	const rows = await db.execute<{ id: string }>(sql`
		with recursive family as (
			select id from ${documents} where ${inArray(documents.id, documentIds)} and deleted_at is null
			union select d.id from ${documents} d join family on d.container_id = family.id where d.deleted_at is null
		) select id from family`);
	return rows.map(({ id }) => id);
}

/** Removes them with what came out of them; the caller holds the collection. Answers the ids of all that went. */
export async function removeDocuments(
	ctx: ServiceContext,
	tx: Tx,
	collectionId: string,
	documentIds: string[],
): Promise<string[]> {
	const ids = documentIds.length > 0 ? await withContents(tx, documentIds) : [];
	if (ids.length === 0) return [];
	const removed = await tx
		.update(documents)
		.set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
		.where(and(inArray(documents.id, ids), isNull(documents.deletedAt)))
		.returning({ id: documents.id, name: documents.name, sha256: documents.sha256 });
	await raiseVersion(tx, collectionId);
	// What was answered from them is given to nobody any more.
	const named = sql.join(
		ids.map((id) => sql`${id}`),
		sql`, `,
	);
	await tx.delete(cachedAnswers).where(sql`${cachedAnswers.documentIds} ?| array[${named}]::text[]`);
	for (const { id, ...about } of removed) {
		await audit(ctx, tx, {
			action: "document.delete",
			resource: "document",
			resourceId: id,
			detail: { collectionId, ...about },
		});
		await emit(tx, documentRemoved.create({ documentId: id }));
	}
	await notifyCollection(tx, collectionId);
	return removed.map(({ id }) => id);
}
