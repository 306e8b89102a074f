import { and, eq } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { collections, vectorIndexes } from "@/db/schema";
import { env } from "@/server/core/env";
import { type Embedder, embedder } from "../embedding";
import { ExactStore } from "./exact";
import { QdrantStore } from "./qdrant";
import type { VectorStore } from "./store";

type Model = Pick<Embedder, "model" | "dimension">;
const nameOf = ({ model, dimension }: Model) => `${model} ${dimension}`;

const global = globalThis as {
	quarterdeckExact?: Map<string, ExactStore>;
	quarterdeckBeside?: QdrantStore | null;
	quarterdeckBesideOf?: Map<string, QdrantStore>;
};
/** How long it is remembered where vectors are searched. */
const rememberedMs = 5_000;
const known = new Map<string, { isReady: boolean; until: number }>();

/** One a model: vectors of two are never in one. Kept on globalThis, where hot reloading leaves it alone: it holds them in memory. */
function exactStore(of: Model): ExactStore {
	global.quarterdeckExact ??= new Map();
	const found = global.quarterdeckExact.get(nameOf(of)) ?? new ExactStore(of);
	global.quarterdeckExact.set(nameOf(of), found);
	return found;
}

/** The index beside PostgreSQL for the vectors of a model, where the environment names one; else null. */
export function storeBeside(of: Model = embedder()): QdrantStore | null {
	if (global.quarterdeckBeside === undefined) {
		const { QDRANT_URL: url, QDRANT_API_KEY: apiKey, QD_QDRANT_QUANTIZATION } = env();
		const { model, dimension } = embedder();
		const isQuantized = QD_QDRANT_QUANTIZATION === "scalar";
		global.quarterdeckBeside = url ? new QdrantStore({ url, apiKey, model, dimension, isQuantized }) : null;
	}
	if (!global.quarterdeckBeside) return null;
	if (global.quarterdeckBeside.model === of.model) return global.quarterdeckBeside;
	global.quarterdeckBesideOf ??= new Map();
	const found = global.quarterdeckBesideOf.get(nameOf(of)) ?? global.quarterdeckBeside.forModel(of);
	global.quarterdeckBesideOf.set(nameOf(of), found);
	return found;
}

/** For tests: another index beside PostgreSQL, or none. */
export function setStoreBeside(store: QdrantStore | null): void {
	global.quarterdeckBeside = store;
	global.quarterdeckBesideOf = new Map();
	known.clear();
}

/** Where a model's vectors are searched now: in the index beside PostgreSQL once that has them all, until then in PostgreSQL. */
export async function vectorStore(db: Database, of: Model = embedder()): Promise<VectorStore> {
	const beside = storeBeside(of);
	if (!beside) return exactStore(of);
	const found = known.get(nameOf(of));
	if (found && found.until > performance.now()) return found.isReady ? beside : exactStore(of);
	const now = { isReady: await isReady(db.orm, beside.collection), until: performance.now() + rememberedMs };
	known.set(nameOf(of), now);
	return now.isReady ? beside : exactStore(of);
}

async function isReady(db: Reader, name: string): Promise<boolean> {
	const [row] = await db.select({ state: vectorIndexes.state }).from(vectorIndexes).where(eq(vectorIndexes.name, name));
	return row?.state === "ready";
}

/** A model that no collection is searched with yet has nothing that could be missing beside: it is whole from the start. */
export async function openBeside(db: Reader, of: Model): Promise<void> {
	const beside = storeBeside(of);
	if (!beside) return;
	const [used] = await db
		.select({ id: collections.id })
		.from(collections)
		.where(and(eq(collections.model, of.model), eq(collections.dimension, of.dimension)))
		.limit(1);
	if (!used) await db.insert(vectorIndexes).values({ name: beside.collection, state: "ready" }).onConflictDoNothing();
}

/** What was written to PostgreSQL alone is missing in every index beside it: none of them is whole any more. */
export async function markBehind(db: Reader): Promise<void> {
	await db.update(vectorIndexes).set({ state: "filling", cursor: 0 }).where(eq(vectorIndexes.state, "ready"));
}
