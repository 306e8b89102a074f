import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";
import { z } from "zod";
import type { Database, Reader } from "@/db/connection";
import { type Near, type Point, type Scope, StoreAway, type VectorStore, type Wanted } from "../store";
import { type CallLimits, Calls, callLimits } from "./calls";
import { filterOf } from "./filter";

export type QdrantOptions = {
	url: string;
	apiKey?: string | undefined;
	model: string;
	dimension: number;
	/** A quarter of the memory; what comes near is compared once more with the whole vectors. */
	isQuantized: boolean;
	timeoutMs?: number;
	limits?: CallLimits;
};

const upsertedAtOnce = 256;
const deletedAtOnce = 1_000;

// What comes over the network is checked like any input: half an answer is none.
const Scored = z.object({ points: z.array(z.object({ id: z.number(), score: z.number() })) });
const Written = z.object({ status: z.literal("completed") });
const Counted = z.object({ count: z.int().min(0) });
const Scrolled = z.object({
	points: z.array(z.object({ id: z.number() })),
	next_page_offset: z.number().nullish(),
});

/**
 * Qdrant as an index of the vectors that PostgreSQL holds: one collection of points for each embedding model, a point for each
 * passage under the passage's own number, with what it belongs to as payload. Rights and filters are a part of each query.
 */
export class QdrantStore implements VectorStore {
	readonly name = "qdrant";
	/** Its own for each model: vectors of two models can't be compared, and never meet. */
	readonly collection: string;
	private opened: Promise<QdrantClient> | null = null;
	private readonly calls: Calls;
	private made: Promise<void> | null = null;

	readonly model: string;

	constructor(private readonly options: QdrantOptions) {
		this.model = options.model;
		this.calls = new Calls("Qdrant", options.limits ?? callLimits);
		this.collection = `quarterdeck-${options.model.replace(/[^a-zA-Z0-9_-]/g, "_")}-${options.dimension}`;
	}

	async nearest(_db: Database, scope: Scope, query: Float32Array, most: number): Promise<Near[]> {
		const filter = filterOf(scope);
		if (!filter) return [];
		const { points } = await this.ask("search", Scored, (client) =>
			client.query(this.collection, {
				query: [...query],
				filter,
				limit: most,
				with_payload: false,
				params: { hnsw_ef: Math.max(128, most), ...this.rescored },
			}),
		);
		return points.map(({ id, score }) => ({ id, similarity: score }));
	}

	async similarities(_db: Database, scope: Scope, query: Float32Array, wanted: Wanted[]): Promise<Map<number, number>> {
		const filter = filterOf(scope);
		if (!filter || wanted.length === 0) return new Map();
		const { points } = await this.ask("compare", Scored, (client) =>
			client.query(this.collection, {
				query: [...query],
				filter: { must: [{ has_id: wanted.map(({ chunkId }) => chunkId) }, filter] },
				limit: wanted.length,
				with_payload: false,
				params: { exact: true, ...this.rescored },
			}),
		);
		return new Map(points.map(({ id, score }) => [id, score]));
	}

	async put(_db: Reader, points: Point[]): Promise<void> {
		await this.make();
		for (let from = 0; from < points.length; from += upsertedAtOnce) {
			const some = points.slice(from, from + upsertedAtOnce);
			await this.ask("store", Written, (client) =>
				client.upsert(this.collection, {
					wait: true,
					points: some.map(({ chunkId, collectionNo, documentNo, vector }) => ({
						id: chunkId,
						vector: [...vector],
						payload: { collection: collectionNo, document: documentNo },
					})),
				}),
			);
		}
	}

	/** The same server's index for the vectors of another model. */
	forModel({ model, dimension }: Pick<QdrantOptions, "model" | "dimension">): QdrantStore {
		return new QdrantStore({ ...this.options, model, dimension });
	}

	async removeDocuments(_db: Reader, documentNos: number[], collectionNo?: number): Promise<void> {
		if (documentNos.length === 0) return;
		const isOfIndex = collectionNo === undefined ? [] : [{ key: "collection", match: { value: collectionNo } }];
		await this.removeWhere([{ key: "document", match: { any: documentNos } }, ...isOfIndex]);
	}

	async removeIndex(_db: Reader, collectionNo: number): Promise<void> {
		await this.removeWhere([{ key: "collection", match: { value: collectionNo } }]);
	}

	private async removeWhere(must: Schemas["FieldCondition"][]): Promise<void> {
		await this.make();
		const filter = { must };
		await this.ask("remove", Written, (client) => client.delete(this.collection, { wait: true, filter }));
	}

	/** Points that stand for no passage any more. */
	async removePoints(ids: number[]): Promise<void> {
		for (let from = 0; from < ids.length; from += deletedAtOnce) {
			const points = ids.slice(from, from + deletedAtOnce);
			await this.ask("remove", Written, (client) => client.delete(this.collection, { wait: true, points }));
		}
	}

	async count(_db: Reader, collectionNo: number): Promise<number> {
		await this.make();
		const filter = { must: [{ key: "collection", match: { value: collectionNo } }] };
		return (await this.ask("count", Counted, (client) => client.count(this.collection, { filter, exact: true }))).count;
	}

	/** The points' numbers in their order, from one on. */
	async idsFrom(first: number, most: number): Promise<{ ids: number[]; next: number | null }> {
		await this.make();
		const { points, next_page_offset: next } = await this.ask("list", Scrolled, (client) =>
			client.scroll(this.collection, { offset: first, limit: most, with_payload: false, with_vector: false }),
		);
		return { ids: points.map(({ id }) => id), next: next ?? null };
	}

	async check(): Promise<void> {
		await this.make();
		const { status } = await this.ask("answer", z.object({ status: z.string() }), (client) =>
			client.getCollection(this.collection),
		);
		if (status === "red") throw new StoreAway("Qdrant says that its collection is damaged");
	}

	private get rescored(): Pick<Schemas["SearchParams"], "quantization"> {
		return this.options.isQuantized ? { quantization: { rescore: true, oversampling: 2 } } : {};
	}

	/** The collection with its payload indexes, made where it is missing; once a process. */
	private make(): Promise<void> {
		this.made ??= this.makeCollection().catch((error: unknown) => {
			this.made = null;
			throw error;
		});
		return this.made;
	}

	private async makeCollection(): Promise<void> {
		const { exists } = await this.ask("answer", z.object({ exists: z.boolean() }), (client) =>
			client.collectionExists(this.collection),
		);
		if (!exists)
			await this.call("make the collection", (client) =>
				client
					.createCollection(this.collection, {
						vectors: { size: this.options.dimension, distance: "Dot" },
						hnsw_config: { m: 16, ef_construct: 128 },
						on_disk_payload: true,
						...(this.options.isQuantized
							? { quantization_config: { scalar: { type: "int8" as const, quantile: 0.99, always_ram: true } } }
							: {}),
					})
					.catch(async (error: unknown) => {
						// Another process may have made it at the same moment.
						const { exists: isThere } = await client.collectionExists(this.collection);
						if (!isThere) throw error;
						return true;
					}),
			);
		for (const field_name of ["collection", "document"])
			await this.ask("make the index", Written, (client) =>
				client.createPayloadIndex(this.collection, {
					wait: true,
					field_name,
					field_schema: { type: "integer", lookup: true, range: false },
				}),
			);
	}

	private ask<T>(what: string, shape: z.ZodType<T>, work: (client: QdrantClient) => Promise<unknown>): Promise<T> {
		return this.call(what, async (client) => shape.parse(await work(client)));
	}

	private call<T>(what: string, work: (client: QdrantClient) => Promise<T>): Promise<T> {
		this.opened ??= openClient(this.options);
		const { opened } = this;
		return this.calls.call(what, async () => work(await opened));
	}
}

/** Loaded where it is asked for: most installations have no Qdrant, and its client is a megabyte of code. */
async function openClient({ url, apiKey, timeoutMs = 5_000 }: QdrantOptions): Promise<QdrantClient> {
	const { QdrantClient } = await import("@qdrant/js-client-rest");
	return new QdrantClient({
		url,
		...(apiKey ? { apiKey } : {}),
		// Without it the client takes its own default port, whatever the address says.
		port: Number(new URL(url).port) || (url.startsWith("https:") ? 443 : 80),
		timeout: timeoutMs,
		checkCompatibility: false,
	});
}
