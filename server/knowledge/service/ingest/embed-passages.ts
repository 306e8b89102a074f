import { and, asc, eq, gte, isNull, lt, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { chunks, chunkVectors } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { searchText } from "../../chunking";
import type { Embedder } from "../../embedding";
import { toBytes } from "../../vectors/exact/bytes";
import { embedFor } from "../counted-embedding";

/** Passages embedded between two writes. */
const atOnce = 16;

export type IndexPart = { documentId: string; collectionNo: number };
export type Range = { from: number; to: number };
export type Embedded = { rows: { chunkId: number; vector: Buffer }[]; to: number };

/** Embeds the passages that a document has in an index, of these ordinals, that have no vector of this model yet; some at a time. */
export async function* embedPassages(
	ctx: ServiceContext,
	{ documentId, collectionNo }: IndexPart,
	by: Embedder,
	{ from, to }: Range,
): AsyncGenerator<Embedded> {
	const waiting = await ctx.db.orm
		.select({ id: chunks.id, ordinal: chunks.ordinal, heading: chunks.heading, text: chunks.text })
		.from(chunks)
		.leftJoin(chunkVectors, and(eq(chunkVectors.chunkId, chunks.id), eq(chunkVectors.model, by.model)))
		.where(
			and(
				eq(chunks.documentId, documentId),
				eq(chunks.collectionNo, collectionNo),
				gte(chunks.ordinal, from),
				lt(chunks.ordinal, to),
				isNull(chunkVectors.chunkId),
			),
		)
		.orderBy(asc(chunks.ordinal));
	for (let i = 0; i < waiting.length; i += atOnce) {
		ctx.signal?.throwIfAborted();
		const some = waiting.slice(i, i + atOnce);
		const vectors = await embedFor(ctx, by, some.map(searchText));
		const rows = some.flatMap(({ id }, n) => {
			const vector = vectors[n];
			return vector ? [{ chunkId: id, vector: toBytes(vector) }] : [];
		});
		yield { rows, to: (some.at(-1)?.ordinal ?? from) + 1 };
	}
}

/** A passage has one vector: another model's gives way. */
export async function writeVectors(
	tx: Tx,
	{ documentId, collectionNo }: IndexPart,
	{ model }: Embedder,
	rows: Embedded["rows"],
): Promise<true> {
	if (rows.length > 0)
		await tx
			.insert(chunkVectors)
			.values(rows.map((row) => ({ ...row, collectionNo, documentId, model })))
			.onConflictDoUpdate({
				target: chunkVectors.chunkId,
				set: { model: sql`excluded.model`, vector: sql`excluded.vector` },
			});
	return true;
}
