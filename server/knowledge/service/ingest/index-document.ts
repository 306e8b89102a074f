import { and, asc, count, eq, gte, lt, sql, sum } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { chunks, chunkVectors, postings } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { searchText } from "../../chunking";
import { embedder } from "../../embedding";
import { markBehind, storeBeside } from "../../vectors";
import { raiseVersion } from "../access";
import { type Attempt, type Held, setState, withAttempt } from "./attempt";

const rowsAtOnce = 100;

/** Writes the lexical index and makes the document findable, in one transaction. False where the document is gone. */
export async function indexDocument(ctx: ServiceContext, attempt: Attempt): Promise<boolean> {
	const indexed = await withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "indexing") return true;
		const total = held.chunkCount ?? 0;
		await expectVectors(tx, held, total);
		for (let from = 0; from < total; from += rowsAtOnce) await indexChunks(tx, held, from, from + rowsAtOnce);
		const [terms] = await tx
			.select({ count: sum(chunks.length).mapWith(Number) })
			.from(chunks)
			.where(eq(chunks.documentId, held.id));
		if (!storeBeside()) await markBehind(tx);
		await setState(tx, held, "ready", { done: total, termCount: terms?.count ?? 0 });
		await raiseVersion(tx, held.collectionId);
		await audit(ctx, tx, {
			action: "document.index",
			resource: "document",
			resourceId: held.id,
			detail: { collectionId: held.collectionId, chunks: total, attempt: attempt.attempt },
		});
		return true;
	});
	return indexed !== null;
}

/** A document is wholly findable or not at all, and never with vectors of two embedders. */
async function expectVectors(tx: Tx, held: Held, total: number): Promise<void> {
	const [found] = await tx
		.select({ count: count() })
		.from(chunkVectors)
		.where(and(eq(chunkVectors.documentId, held.id), eq(chunkVectors.model, embedder().model)));
	if (found?.count !== total) throw new Error(`Document ${held.id} has ${found?.count} vectors for ${total} passages`);
}

async function indexChunks(tx: Tx, held: Held, from: number, to: number): Promise<void> {
	const rows = await tx
		.select({ id: chunks.id, heading: chunks.heading, text: chunks.text })
		.from(chunks)
		.where(and(eq(chunks.documentId, held.id), gte(chunks.ordinal, from), lt(chunks.ordinal, to)))
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
