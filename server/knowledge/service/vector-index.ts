import type { Database } from "@/db/connection";
import { storeBeside, vectorStore } from "../vectors";
import { type MoveProgress, moveVectors } from "../vectors/move";

/** Brings all vectors into the index that the environment names; from where it stopped, where it was begun before. */
export async function* moveToIndexBeside(db: Database): AsyncGenerator<MoveProgress> {
	const store = storeBeside();
	if (!store) throw new Error("QDRANT_URL is not set, so there is nothing to move to");
	await store.check();
	yield* moveVectors(db, store);
}

/** Where vectors are searched, and how the index beside PostgreSQL is, where there is one. */
export async function tellVectorIndex(db: Database): Promise<{ isWell: boolean; detail: string }> {
	const store = storeBeside();
	if (!store) return { isWell: true, detail: "Vectors are searched in PostgreSQL." };
	if ((await vectorStore(db)).name !== "qdrant")
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
