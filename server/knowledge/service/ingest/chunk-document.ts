import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { chunks, chunkVectors, type DocumentState, documentPages, formerPassages } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { type Chunk, Chunker, type Cutting, searchText } from "../../chunking";
import { type Attempt, isOutdated, setState, withAttempt } from "./attempt";

const pagesAtOnce = 20;
const rowsAtOnce = 200;

/** Cuts the document's text into passages; answers how many. Null where the document is gone. */
export async function chunkDocument(ctx: ServiceContext, attempt: Attempt): Promise<number | null> {
	const seen = await withAttempt(ctx, attempt, async (_, held) => held);
	if (!seen) return null;
	const passages = await cutPages(ctx, attempt.documentId, seen);
	const count = await withAttempt(ctx, attempt, async (tx, held) => {
		// Switched between the two: cut for an index that is not the one any more.
		if (held.collectionNo !== seen.collectionNo) return "again";
		const isCut = held.state !== "chunking" && !isOutdated(held);
		if (isCut || !canBeCut.has(held.state)) return held.chunkCount ?? 0;
		await storePassages(tx, held, passages);
		await tx.delete(formerPassages).where(eq(formerPassages.documentId, held.id));
		const total = passages.length;
		const done = { done: 0, total, chunkCount: total, indexNo: held.collectionNo };
		await setState(tx, held, total > 0 ? "embedding" : "indexing", done);
		return total;
	});
	return count === "again" ? chunkDocument(ctx, attempt) : count;
}

/** Also what was cut for an index that the collection does not have any more. */
const canBeCut = new Set<DocumentState>(["chunking", "embedding", "indexing"]);

type Target = { id: string; collectionNo: number; model: string };

/** Writes the passages that a document has in one index, with the vectors that are known; those in another index stay, while it is made. */
export async function storePassages(
	tx: Tx,
	target: Target,
	passages: Chunk[],
	{ isBeside = false } = {},
): Promise<void> {
	const known = await vectorsBefore(tx, target);
	const isIts = eq(chunks.documentId, target.id);
	await tx.delete(chunks).where(isBeside ? and(isIts, eq(chunks.collectionNo, target.collectionNo)) : isIts);
	for (let from = 0; from < passages.length; from += rowsAtOnce) {
		const rows = passages.slice(from, from + rowsAtOnce).map(({ start, end, ...passage }) => ({
			...passage,
			documentId: target.id,
			collectionNo: target.collectionNo,
			startOffset: start,
			endOffset: end,
			length: 0,
		}));
		const inserted = await tx.insert(chunks).values(rows).returning({ id: chunks.id, ordinal: chunks.ordinal });
		await keepVectors(tx, target, inserted, passages, known);
	}
}

/** A passage's contents as they are embedded, by hash: what did not change is not embedded again. */
const hashOf = (passage: Pick<Chunk, "heading" | "text">) =>
	createHash("sha256").update(searchText(passage)).digest("base64");

/** The vectors that the document has of this model, by what they are of. */
async function vectorsBefore(tx: Tx, { id, model }: Target): Promise<Map<string, Uint8Array>> {
	const rows = await tx
		.select({ heading: chunks.heading, text: chunks.text, vector: chunkVectors.vector })
		.from(chunks)
		.innerJoin(chunkVectors, eq(chunkVectors.chunkId, chunks.id))
		.where(and(eq(chunks.documentId, id), eq(chunkVectors.model, model)));
	return new Map(rows.map((row) => [hashOf(row), row.vector]));
}

async function keepVectors(
	tx: Tx,
	{ id: documentId, collectionNo, model }: Target,
	inserted: { id: number; ordinal: number }[],
	passages: Chunk[],
	known: Map<string, Uint8Array>,
): Promise<void> {
	if (known.size === 0) return;
	const kept = inserted.flatMap(({ id, ordinal }) => {
		const passage = passages[ordinal];
		const vector = passage && known.get(hashOf(passage));
		return vector ? [{ chunkId: id, collectionNo, documentId, model, vector }] : [];
	});
	if (kept.length > 0) await tx.insert(chunkVectors).values(kept);
}

/** A document's text as passages. */
export async function cutPages(ctx: ServiceContext, documentId: string, cutting: Cutting): Promise<Chunk[]> {
	const chunker = new Chunker(cutting);
	const passages: Chunk[] = [];
	for (let last = 0; ; ) {
		const pages = await pagesAfter(ctx.db.orm, documentId, last);
		for (const page of pages) {
			passages.push(...chunker.add(page));
			last = page.page;
			// A long document must not hold up what else this process does.
			await nextTurn();
		}
		if (pages.length < pagesAtOnce) return passages;
	}
}

const pagesAfter = (db: Reader, documentId: string, page: number) =>
	db
		.select({ page: documentPages.page, text: documentPages.text, headings: documentPages.headings })
		.from(documentPages)
		.where(and(eq(documentPages.documentId, documentId), gt(documentPages.page, page)))
		.orderBy(asc(documentPages.page))
		.limit(pagesAtOnce);
