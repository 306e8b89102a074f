import { and, asc, count, eq, gte, lt, sql, sum } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { chunks, chunkVectors, documents, postings } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { searchText } from "../../chunking";
import { markBehind, storeBeside } from "../../vectors";
import { raiseVersion } from "../access";
import { type Attempt, type Held, holdIndex, isOutdated, ofAttempt, setState } from "./attempt";

const rowsAtOnce = 100;

/**
 * Writes the lexical index and makes the document findable, in one transaction. False where the document is gone, `again` where
 * the collection was switched to another index meanwhile, for which it is to be cut and embedded.
 */
export async function indexDocument(ctx: ServiceContext, attempt: Attempt): Promise<boolean | "again"> {
	for (;;) {
		try {
			return await ctx.db.transaction((tx) => indexOnce(ctx, tx, attempt));
		} catch (error) {
			// What somebody did to the document while it was indexed shows itself in the next look at it.
			if (!(error instanceof Overtaken)) throw error;
		}
	}
}

class Overtaken extends Error {
	override readonly name = "Overtaken";
}

async function indexOnce(ctx: ServiceContext, tx: Tx, attempt: Attempt): Promise<boolean | "again"> {
	await holdIndex(tx, attempt);
	const [seen] = await ofAttempt(tx, attempt);
	if (!seen) return false;
	if (isOutdated(seen) && (seen.state === "embedding" || seen.state === "indexing")) return "again";
	if (seen.state !== "indexing") return true;
	const total = seen.chunkCount ?? 0;
	const termCount = await indexPart(tx, seen, total);
	// The collection before the document: whoever changes a document holds its collection first, and would wait for us as we for them.
	await holdIndex(tx, attempt, "no key update");
	const [held] = await ofAttempt(tx, attempt).for("update", { of: documents });
	if (held?.state !== "indexing" || held.chunkCount !== seen.chunkCount) throw new Overtaken();
	if (!storeBeside(held)) await markBehind(tx);
	await setState(tx, held, "ready", { done: total, termCount });
	await raiseVersion(tx, held.collectionId);
	await audit(ctx, tx, {
		action: "document.index",
		resource: "document",
		resourceId: held.id,
		detail: { collectionId: held.collectionId, chunks: total, attempt: attempt.attempt },
	});
	return true;
}

type Part = Pick<Held, "id" | "no" | "collectionNo" | "model">;

/** Writes the lexical half of what a document has in one index; answers how many terms it is long. Throws where vectors are missing. */
export async function indexPart(tx: Tx, part: Part, total: number): Promise<number> {
	await expectVectors(tx, part, total);
	for (let from = 0; from < total; from += rowsAtOnce) await indexChunks(tx, part, from, from + rowsAtOnce);
	const [terms] = await tx
		.select({ count: sum(chunks.length).mapWith(Number) })
		.from(chunks)
		.where(and(eq(chunks.documentId, part.id), eq(chunks.collectionNo, part.collectionNo)));
	return terms?.count ?? 0;
}

/** A document is wholly findable or not at all, and never with vectors of two embedders. */
async function expectVectors(tx: Tx, held: Part, total: number): Promise<void> {
	const [found] = await tx
		.select({ count: count() })
		.from(chunkVectors)
		.where(
			and(
				eq(chunkVectors.documentId, held.id),
				eq(chunkVectors.collectionNo, held.collectionNo),
				eq(chunkVectors.model, held.model),
			),
		);
	if (found?.count !== total) throw new Error(`Document ${held.id} has ${found?.count} vectors for ${total} passages`);
}

async function indexChunks(tx: Tx, held: Part, from: number, to: number): Promise<void> {
	const rows = await tx
		.select({ id: chunks.id, heading: chunks.heading, text: chunks.text })
		.from(chunks)
		.where(
			and(
				eq(chunks.documentId, held.id),
				eq(chunks.collectionNo, held.collectionNo),
				gte(chunks.ordinal, from),
				lt(chunks.ordinal, to),
			),
		)
		.orderBy(asc(chunks.ordinal));
	const texts = sql.join(
		rows.map((row) => sql`(${row.id}::bigint, ${searchText(row)}::text)`),
		sql`, `,
	);
	await tx.execute(sql`
		with terms as materialized (
			select texts.id, lexeme, least(coalesce(cardinality(positions), 1), 32767) as tf
			from (values ${texts}) as texts (id, text), unnest(to_tsvector('english', texts.text))
		), lengths as materialized (
			select id, least(sum(tf), 32767) as length from terms group by id
		), measured as (
			update ${chunks} set length = lengths.length from lengths where ${chunks.id} = lengths.id
		)
		insert into ${postings} (term, collection_no, document_no, chunk_id, tf, length)
		select lexeme, ${held.collectionNo}, ${held.no}::int, id, tf, lengths.length from terms join lengths using (id)
		on conflict do nothing`);
}
