import { and, eq } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { reindexDocuments } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Embedder } from "../../embedding";
import { markBehind, storeBeside } from "../../vectors";
import { cutPages, storePassages } from "../ingest/chunk-document";
import { embedPassages, writeVectors } from "../ingest/embed-passages";
import { indexPart } from "../ingest/index-document";
import { publishPart, removePart } from "../ingest/publish-vectors";
import { type Building, type Reading, withReading } from "./building";

/**
 * Brings a document into the index that is being made: cut, embedded, published, indexed. Nothing of it is found before the switch.
 * What was done by then is not done again. `over`: it was read again or deleted meanwhile, or the index is not wanted any more.
 */
export async function indexReading(
	ctx: ServiceContext,
	index: Building,
	by: Embedder,
	reading: Reading,
): Promise<"done" | "away" | "over"> {
	const count = (await cutBefore(ctx.db.orm, index, reading)) ?? (await cutReading(ctx, index, reading));
	if (count === null) return "over";
	const part = { documentId: reading.id, collectionNo: index.no };
	for await (const { rows } of embedPassages(ctx, part, by, { from: 0, to: count }))
		if (!(await withReading(ctx, index, reading, (tx) => writeVectors(tx, part, by, rows)))) return "over";
	const target = { ...reading, collectionNo: index.no, model: index.model, dimension: index.dimension };
	if ((await publishPart(ctx, target)) === "away") return "away";
	const indexed = await withReading(ctx, index, reading, async (tx) => {
		const termCount = await indexPart(tx, target, count);
		if (!storeBeside(target)) await markBehind(tx);
		await tx.update(reindexDocuments).set({ termCount, isDone: true }).where(isOf(index, reading));
		return true;
	});
	if (indexed) return "done";
	// A document or index that went meanwhile may have been removed there before it was brought.
	return (await removePart(ctx, target)) === "away" ? "away" : "over";
}

const isOf = ({ no }: Building, { id, attempt }: Reading) =>
	and(eq(reindexDocuments.no, no), eq(reindexDocuments.documentId, id), eq(reindexDocuments.attempt, attempt));

/** How many passages this reading was cut into already. */
async function cutBefore(db: Reader, index: Building, reading: Reading): Promise<number | null> {
	const [row] = await db
		.select({ count: reindexDocuments.chunkCount })
		.from(reindexDocuments)
		.where(isOf(index, reading));
	return row?.count ?? null;
}

async function cutReading(ctx: ServiceContext, index: Building, reading: Reading): Promise<number | null> {
	const passages = await cutPages(ctx, reading.id, index);
	return withReading(ctx, index, reading, async (tx) => {
		// Another worker may have been quicker.
		const before = await cutBefore(tx, index, reading);
		if (before !== null) return before;
		await storePassages(tx, { id: reading.id, collectionNo: index.no, model: index.model }, passages, {
			isBeside: true,
		});
		const { attempt } = reading;
		const values = { attempt, chunkCount: passages.length, termCount: 0, isDone: false };
		await tx
			.insert(reindexDocuments)
			.values({ ...values, no: index.no, documentId: reading.id })
			.onConflictDoUpdate({ target: [reindexDocuments.no, reindexDocuments.documentId], set: values });
		return passages.length;
	});
}
