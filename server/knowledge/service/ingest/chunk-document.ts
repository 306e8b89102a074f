import { setImmediate as nextTurn } from "node:timers/promises";
import { and, asc, eq, gt } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { chunks, documentPages } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { type Chunk, Chunker } from "../../chunking";
import { type Attempt, setState, withAttempt } from "./attempt";

const pagesAtOnce = 20;
const rowsAtOnce = 200;

/** Cuts the document's text into passages; answers how many. Null where the document is gone. */
export async function chunkDocument(ctx: ServiceContext, attempt: Attempt): Promise<number | null> {
	const passages = await cutPages(ctx, attempt.documentId);
	return withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "chunking") return held.chunkCount ?? 0;
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
			await tx.insert(chunks).values(rows);
		}
		const count = passages.length;
		await setState(tx, held, count > 0 ? "embedding" : "indexing", { done: 0, total: count, chunkCount: count });
		return count;
	});
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
