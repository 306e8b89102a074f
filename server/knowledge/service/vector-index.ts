import { eq } from "drizzle-orm";
import { union } from "drizzle-orm/pg-core";
import type { Database } from "@/db/connection";
import { collections, reindexes } from "@/db/schema";
import { embedder } from "../embedding";
import { storeBeside, vectorStore } from "../vectors";
import { type MoveProgress, moveVectors } from "../vectors/move";

/** Brings all vectors into the index that the environment names; from where it stopped, where it was begun before. */
export async function* moveToIndexBeside(db: Database): AsyncGenerator<MoveProgress> {
	for (const model of await modelsInUse(db)) {
		const store = storeBeside(model);
		if (!store) throw new Error("QDRANT_URL is not set, so there is nothing to move to");
		await store.check();
		yield* moveVectors(db, store);
	}
}

/** Every model that an index was made with, and the one for what comes. */
async function modelsInUse({ orm }: Database): Promise<{ model: string; dimension: number }[]> {
	const { model, dimension } = embedder();
	const searched = orm.select({ model: collections.model, dimension: collections.dimension }).from(collections);
	const made = orm.select({ model: reindexes.model, dimension: reindexes.dimension }).from(reindexes);
	const used = await union(searched, made.where(eq(reindexes.state, "building")));
	return [{ model, dimension }, ...used.filter((one) => one.model !== model)];
}

/** Where vectors are searched, and how the index beside PostgreSQL is, where there is one. */
export async function tellVectorIndex(db: Database): Promise<{ isWell: boolean; detail: string }> {
	const store = storeBeside();
	if (!store) return { isWell: true, detail: "Vectors are searched in PostgreSQL." };
	const stores = await Promise.all((await modelsInUse(db)).map((model) => vectorStore(db, model)));
	if (stores.some(({ name }) => name !== "qdrant"))
		return {
			isWell: false,
			detail: "Qdrant does not have all vectors yet: run `npm run vectors`. Until then PostgreSQL searches them.",
		};
	try {
		await store.check();
		return { isWell: true, detail: "Vectors are searched in Qdrant." };
	} catch {
		return { isWell: false, detail: "Qdrant is away: searches go by words alone, and new documents wait for it." };
	}
}
