import { and, asc, count, eq, inArray, isNull, sql } from "drizzle-orm";
import { type DocumentState, documents } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { type SteerDocuments, type Steered, workStates } from "../contract";
import { holdManaged, notifyCollection } from "./access";
import { startAgain } from "./retry-document";

const atOnce = 500;

/** In which states a document can be paused, gone on with, given up or tried again. */
const from = {
	pause: workStates,
	resume: ["paused"],
	cancel: [...workStates, "paused"],
	retry: ["failed", "cancelled"],
} as const satisfies Record<SteerDocuments["action"], readonly DocumentState[]>;

/** Pauses, resumes, gives up or tries again: the named documents, or all of a collection. What is in another state stays. */
export async function steerDocuments(
	ctx: ServiceContext,
	{ collectionId, action, documentIds }: SteerDocuments,
): Promise<Steered> {
	return ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, collectionId, "no key update");
		const fits = and(
			eq(documents.collectionId, collectionId),
			inArray(documents.state, [...from[action]]),
			isNull(documents.deletedAt),
			documentIds ? inArray(documents.id, documentIds) : undefined,
		);
		const found = await tx
			.select({ id: documents.id })
			.from(documents)
			.where(fits)
			.orderBy(asc(documents.id))
			.limit(atOnce)
			.for("update");
		const ids = found.map(({ id }) => id);
		if (ids.length === 0) return { changed: 0, left: 0 };
		switch (action) {
			case "pause":
			case "cancel":
				await tx
					.update(documents)
					.set({
						state: action === "pause" ? "paused" : "cancelled",
						// What is being done for it just now changes nothing any more.
						attempt: sql`${documents.attempt} + 1`,
						updatedAt: sql`now()`,
					})
					.where(inArray(documents.id, ids));
				await audit(ctx, tx, {
					action: `document.${action}`,
					resource: "collection",
					resourceId: collectionId,
					detail: { documents: ids.length, ids: ids.slice(0, 50) },
				});
				break;
			case "resume":
			case "retry":
				for (const id of ids) await startAgain(ctx, tx, id);
		}
		await notifyCollection(tx, collectionId);
		const [rest] = await tx.select({ count: count() }).from(documents).where(fits);
		return { changed: ids.length, left: rest?.count ?? 0 };
	});
}
