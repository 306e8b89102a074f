import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { chunks, chunkVectors, documentPages } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { type Chunk, Chunker, searchText } from "../../chunking";
import { embedder } from "../../embedding";
import { type Attempt, type Held, setState, withAttempt } from "./attempt";

const pagesAtOnce = 20;
const rowsAtOnce = 200;

/** Cuts the document's text into passages; answers how many. Null where the document is gone. */
export async function chunkDocument(ctx: ServiceContext, attempt: Attempt): Promise<number | null> {
	const passages = await cutPages(ctx, attempt.documentId);
	return withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "chunking") return held.chunkCount ?? 0;
		const known = await vectorsBefore(tx, held.id);
		await tx.delete(chunks).where(eq(chunks.documentId, held.id));
		for (let from = 0; from < passages.length; from += rowsAtOnce) {
			const rows = passages.slice(from, from + rowsAtOnce).map(({ start, end, ...passage }) => ({
				...passage,
				documentId: held.id,
				collectionNo: held.collectionNo,
				startOffset: start,
				endOffset: end,
				length: 0,
			}));
			const inserted = await tx.insert(chunks).values(rows).returning({ id: chunks.id, ordinal: chunks.ordinal });
			await keepVectors(tx, held, inserted, passages, known);
		}
		const count = passages.length;
		await setState(tx, held, count > 0 ? "embedding" : "indexing", { done: 0, total: count, chunkCount: count });
		return count;
	});
}

/** A passage's contents as they are embedded, by hash: what did not change is not embedded again. */
const hashOf = (passage: Pick<Chunk, "heading" | "text">) =>
	createHash("sha256").update(searchText(passage)).digest("base64");

/** The vectors that the document has of the embedder in use, by what they are of. */
async function vectorsBefore(tx: Tx, documentId: string): Promise<Map<string, Uint8Array>> {
	const rows = await tx
		.select({ heading: chunks.heading, text: chunks.text, vector: chunkVectors.vector })
		.from(chunks)
		.innerJoin(chunkVectors, eq(chunkVectors.chunkId, chunks.id))
		.where(and(eq(chunks.documentId, documentId), eq(chunkVectors.model, embedder().model)));
	return new Map(rows.map((row) => [hashOf(row), row.vector]));
}

async function keepVectors(
	tx: Tx,
	{ id: documentId, collectionNo }: Held,
	inserted: { id: number; ordinal: number }[],
	passages: Chunk[],
	known: Map<string, Uint8Array>,
): Promise<void> {
	if (known.size === 0) return;
	const { model } = embedder();
	const kept = inserted.flatMap(({ id, ordinal }) => {
		const passage = passages[ordinal];
		const vector = passage && known.get(hashOf(passage));
		return vector ? [{ chunkId: id, collectionNo, documentId, model, vector }] : [];
	});
	if (kept.length > 0) await tx.insert(chunkVectors).values(kept);
}

async function cutPages(ctx: ServiceContext, documentId: string): Promise<Chunk[]> {
	const chunker = new Chunker();
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
