import { createHash } from "node:crypto";
import type { ServiceContext } from "@/server/core/context";
import type { Search } from "../../contract";
import { embedder, embedQuery } from "../../embedding";
import { scopeOf } from "./scope";

const inOrder = (numbers: number[]): number[] => numbers.toSorted((one, other) => one - other);

/**
 * What the person may find things in at this moment, as a mark: whoever has the same may read exactly the same documents there, in
 * the same state. Null where they may find nothing.
 */
export async function scopeMark(ctx: ServiceContext, asked: Pick<Search, "collectionIds">): Promise<string | null> {
	const { collections, except, only } = await scopeOf(ctx, asked);
	if (collections.length === 0) return null;
	// An index that was made anew has another number.
	const parts = collections.map(({ id, no, version, isWhole }) => [id, no, version, isWhole]);
	const text = JSON.stringify([parts, inOrder(except ?? []), inOrder(only ?? [])]);
	return createHash("sha256").update(text).digest("hex");
}

/** A question's meaning, as searching for it works it out. */
export async function questionVector(question: string): Promise<{ model: string; vector: Float32Array }> {
	const by = embedder();
	return { model: `${by.model} ${by.dimension}`, vector: await embedQuery(question, by) };
}
