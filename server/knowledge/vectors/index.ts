import type { Database } from "@/db/connection";
import { ExactStore } from "./exact";
import type { VectorStore } from "./store";

const global = globalThis as { quarterdeckExact?: ExactStore };

/** Kept on globalThis, where hot reloading leaves it alone: it holds the vectors in memory. */
export function exactStore(): ExactStore {
	global.quarterdeckExact ??= new ExactStore();
	return global.quarterdeckExact;
}

/** Where vectors are searched now. */
export async function vectorStore(_db: Database): Promise<VectorStore> {
	return exactStore();
}
