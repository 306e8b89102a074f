import { eq } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { vectorIndexes } from "@/db/schema";
import { env } from "@/server/core/env";
import { embedder } from "../embedding";
import { ExactStore } from "./exact";
import { QdrantStore } from "./qdrant";
import type { VectorStore } from "./store";

const global = globalThis as { quarterdeckExact?: ExactStore; quarterdeckBeside?: QdrantStore | null };
/** How long it is remembered where vectors are searched. */
const rememberedMs = 5_000;
let known: { isReady: boolean; until: number } | null = null;

/** Kept on globalThis, where hot reloading leaves it alone: it holds the vectors in memory. */
function exactStore(): ExactStore {
	global.quarterdeckExact ??= new ExactStore();
	return global.quarterdeckExact;
}

/** The index beside PostgreSQL that the environment names; null where it names none. */
export function storeBeside(): QdrantStore | null {
	if (global.quarterdeckBeside === undefined) {
		const { QDRANT_URL: url, QDRANT_API_KEY: apiKey, QD_QDRANT_QUANTIZATION } = env();
		const { model, dimension } = embedder();
		const isQuantized = QD_QDRANT_QUANTIZATION === "scalar";
		global.quarterdeckBeside = url ? new QdrantStore({ url, apiKey, model, dimension, isQuantized }) : null;
	}
	return global.quarterdeckBeside;
}

/** For tests: another index beside PostgreSQL, or none. */
export function setStoreBeside(store: QdrantStore | null): void {
	global.quarterdeckBeside = store;
	known = null;
}

/** Where vectors are searched now: in the index beside PostgreSQL once that has them all, until then in PostgreSQL. */
export async function vectorStore(db: Database): Promise<VectorStore> {
	const beside = storeBeside();
	if (!beside) return exactStore();
	if (!known || known.until < performance.now())
		known = { isReady: await isReady(db.orm, beside.collection), until: performance.now() + rememberedMs };
	return known.isReady ? beside : exactStore();
}

async function isReady(db: Reader, name: string): Promise<boolean> {
	const [row] = await db.select({ state: vectorIndexes.state }).from(vectorIndexes).where(eq(vectorIndexes.name, name));
	return row?.state === "ready";
}

/** What was written to PostgreSQL alone is missing in every index beside it: none of them is whole any more. */
export async function markBehind(db: Reader): Promise<void> {
	await db.update(vectorIndexes).set({ state: "filling", cursor: 0 }).where(eq(vectorIndexes.state, "ready"));
}
