import type { ServiceContext } from "@/server/core/context";
import { type Embedder, embedderOf } from "../../embedding";
import { UnreadableFile } from "../../parsing";
import { type Attempt, type Held, isOutdated, setState, withAttempt } from "./attempt";
import { type Embedded, embedPassages, type Range, writeVectors } from "./embed-passages";

/** Embeds the passages of these ordinals, `to` not among them, that have no vector of the index's model yet. False where the document is gone. */
export async function embedChunks(ctx: ServiceContext, attempt: Attempt, range: Range): Promise<boolean> {
	const held = await withAttempt(ctx, attempt, async (_, found) => found);
	if (!held) return false;
	// Its passages are cut anew first.
	if (isOutdated(held)) return true;
	const by = embedderFor(held);
	const part = { documentId: held.id, collectionNo: held.collectionNo };
	for await (const some of embedPassages(ctx, part, by, range))
		if (!(await storeVectors(ctx, attempt, by, some))) return false;
	return (await storeVectors(ctx, attempt, by, { rows: [], to: range.to })) ?? false;
}

/** The model that made what the collection has. Without it nothing can be added that would compare with the rest. */
function embedderFor({ model, dimension }: Held): Embedder {
	const found = embedderOf({ model, dimension });
	if (found) return found;
	throw new UnreadableFile(
		"noModel",
		`The collection's embedding model ${model} is not set up any more: re-index the collection with another, then try again.`,
	);
}

const storeVectors = (
	ctx: ServiceContext,
	attempt: Attempt,
	by: Embedder,
	{ rows, to }: Embedded,
): Promise<boolean | null> =>
	withAttempt(ctx, attempt, async (tx, held) => {
		if (held.state !== "embedding" || isOutdated(held)) return true;
		await writeVectors(tx, { documentId: held.id, collectionNo: held.collectionNo }, by, rows);
		const total = held.chunkCount ?? 0;
		const now = Math.max(held.done, Math.min(total, to));
		await setState(tx, held, now >= total ? "indexing" : "embedding", { done: now });
		return true;
	});
