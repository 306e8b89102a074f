import { and, asc, eq, gte, isNull, lt, sql } from "drizzle-orm";
import { chunks, chunkVectors } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { searchText } from "../../chunking";
import { embedder, embedTexts } from "../../embedding";
import { type Attempt, setState, withAttempt } from "./attempt";

/** Passages embedded between two writes of the progress. */
const atOnce = 16;

export type Range = { from: number; to: number };

/** Embeds the passages of these ordinals, `to` not among them, that have no vector of the embedder in use yet. False where the document is gone. */
export async function embedChunks(ctx: ServiceContext, attempt: Attempt, { from, to }: Range): Promise<boolean> {
	const waiting = await ctx.db.orm
		.select({ id: chunks.id, ordinal: chunks.ordinal, heading: chunks.heading, text: chunks.text })
		.from(chunks)
		.leftJoin(chunkVectors, and(eq(chunkVectors.chunkId, chunks.id), eq(chunkVectors.model, embedder().model)))
		.where(
			and(
				eq(chunks.documentId, attempt.documentId),
				gte(chunks.ordinal, from),
				lt(chunks.ordinal, to),
				isNull(chunkVectors.chunkId),
			),
		)
		.orderBy(asc(chunks.ordinal));
	for (let i = 0; i < waiting.length; i += atOnce) {
		ctx.signal?.throwIfAborted();
		const some = waiting.slice(i, i + atOnce);
		const vectors = await embedTexts(some.map(searchText));
		const rows = some.flatMap(({ id }, n) => {
			const vector = vectors[n];
			return vector ? [{ chunkId: id, vector: toBytes(vector) }] : [];
		});
		if (!(await storeVectors(ctx, attempt, rows, (some.at(-1)?.ordinal ?? from) + 1))) return false;
	}
	return (await storeVectors(ctx, attempt, [], to)) ?? false;
}

/** float32, little-endian as on every machine that this runs on. */
const toBytes = (vector: Float32Array) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

const storeVectors = (
	ctx: ServiceContext,
	attempt: Attempt,
	rows: { chunkId: number; vector: Buffer }[],
	done: number,
): Promise<boolean | null> =>
	withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "embedding") return true;
		const { collectionNo, id: documentId } = held;
		const { model } = embedder();
		if (rows.length > 0)
			await tx
				.insert(chunkVectors)
				.values(rows.map((row) => ({ ...row, collectionNo, documentId, model })))
				.onConflictDoUpdate({
					target: chunkVectors.chunkId,
					set: { model: sql`excluded.model`, vector: sql`excluded.vector` },
				});
		const total = held.chunkCount ?? 0;
		const now = Math.max(held.done, Math.min(total, done));
		await setState(tx, held, now >= total ? "indexing" : "embedding", { done: now });
		return true;
	});
