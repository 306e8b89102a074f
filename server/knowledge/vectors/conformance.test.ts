import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { chunks, chunkVectors, collections, documents, files } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { testContext, testDatabase } from "@/tests/support";
import { startQdrant } from "@/tests/support/qdrant";
import { ExactStore } from "./exact";
import { QdrantStore } from "./qdrant";
import type { Point, Scope, VectorStore } from "./store";

// `npm run conformance -- vectors`: what every store of vectors does alike. With QDRANT_URL set, a real Qdrant does it too.

const dimension = 8;
const model = `conformance-${randomUUID()}`;
let db: Database;
let ctx: ServiceContext;

/** A unit vector that points mostly along one axis. */
function along(axis: number, tilt = 0): Float32Array {
	const vector = Float32Array.from({ length: dimension }, (_, i) =>
		i === axis ? 1 : i === (axis + 1) % dimension ? tilt : 0,
	);
	const size = Math.hypot(...vector);
	return vector.map((value) => value / size);
}

type Shelf = { id: string; no: number };
async function makeShelf(): Promise<Shelf> {
	const [row] = await db.orm
		.insert(collections)
		.values({ name: "Shelf", model, dimension, ownerId: requireUser(ctx).userId })
		.returning({ id: collections.id, no: collections.no });
	if (!row) throw new Error("The shelf was not made");
	return row;
}

/** A ready document of so many passages, without its vectors. */
async function makeDocument(shelf: Shelf, count: number): Promise<{ id: string; no: number; chunkIds: number[] }> {
	const sha256 = randomUUID();
	await db.orm.insert(files).values({ sha256, size: 1 });
	const [row] = await db.orm
		.insert(documents)
		.values({
			collectionId: shelf.id,
			...{ sha256, name: sha256, mediaType: "text/plain", size: 1, state: "ready", chunkCount: count },
			uploadedBy: requireUser(ctx).userId,
			readyAt: new Date(),
		})
		.returning({ id: documents.id, no: documents.no });
	if (!row) throw new Error("The document was not made");
	const made = await db.orm
		.insert(chunks)
		.values(
			Array.from({ length: count }, (_, ordinal) => ({
				documentId: row.id,
				collectionNo: shelf.no,
				...{ ordinal, page: 1, startOffset: 0, endOffset: 1, text: "x", length: 1 },
			})),
		)
		.returning({ id: chunks.id });
	return { ...row, chunkIds: made.map(({ id }) => id) };
}

const raise = async (shelf: Shelf) => {
	const [row] = await db.orm
		.update(collections)
		.set({ version: sql`${collections.version} + 1` })
		.where(eq(collections.id, shelf.id))
		.returning({ version: collections.version });
	return row?.version ?? 0;
};

const scopeOf = async (shelves: Shelf[], more: Partial<Scope> & { isWhole?: boolean } = {}): Promise<Scope> => {
	const { isWhole = true, ...rest } = more;
	const versions = await Promise.all(shelves.map(raise));
	return {
		collections: shelves.map(({ id, no }, i) => ({ id, no, version: versions[i] ?? 0, isWhole })),
		except: [],
		only: [],
		...rest,
	};
};

const pointsOf = (shelf: Shelf, document: { no: number; chunkIds: number[] }, vectors: Float32Array[]): Point[] =>
	document.chunkIds.map((chunkId, i) => ({
		chunkId,
		collectionNo: shelf.no,
		documentNo: document.no,
		vector: vectors[i] ?? along(0),
	}));

beforeAll(async () => {
	db = await testDatabase();
	ctx = await testContext(db);
});

const standIn = await startQdrant();
afterAll(() => standIn.stop());
const limits = { retries: 1, backoffMs: 1, failuresToOpen: 3, openMs: 60_000 };
const qdrant = (url: string, apiKey?: string) =>
	new QdrantStore({ url, apiKey, model, dimension, isQuantized: false, limits });
const stores: [string, () => VectorStore][] = [
	["PostgreSQL", () => new ExactStore({ model, dimension })],
	["a stand-in for Qdrant", () => qdrant(standIn.url)],
	...(process.env.QDRANT_URL
		? [
				["Qdrant", () => qdrant(process.env.QDRANT_URL ?? "", process.env.QDRANT_API_KEY)] as [
					string,
					() => VectorStore,
				],
			]
		: []),
];

describe.each(stores)("%s", (_, make) => {
	let store: VectorStore;
	let open: Shelf;
	let closed: Shelf;
	let first: { id: string; no: number; chunkIds: number[] };
	let second: typeof first;
	let hidden: typeof first;
	beforeAll(async () => {
		store = make();
		[open, closed] = [await makeShelf(), await makeShelf()];
		first = await makeDocument(open, 3);
		second = await makeDocument(open, 1);
		hidden = await makeDocument(closed, 1);
		await store.put(db.orm, pointsOf(open, first, [along(0), along(1), along(0, 0.5)]));
		await store.put(db.orm, pointsOf(open, second, [along(0, 0.2)]));
		await store.put(db.orm, pointsOf(closed, hidden, [along(0)]));
	});
	const near = async (scope: Scope, most = 10) => (await store.nearest(db, scope, along(0), most)).map(({ id }) => id);

	test("is well", async () => {
		await expect(store.check(db.orm)).resolves.toBeUndefined();
	});

	test("finds the nearest first, with their similarity, and no more than asked", async () => {
		const scope = await scopeOf([open]);
		const found = await store.nearest(db, scope, along(0), 2);
		expect(found.map(({ id }) => id)).toEqual([first.chunkIds[0], second.chunkIds[0]]);
		expect(found[0]?.similarity).toBeCloseTo(1, 4);
		expect(await near(scope)).toHaveLength(4);
	});

	test("never compares what is out of the scope: another collection, a hidden document, all but one", async () => {
		expect(await near(await scopeOf([open]))).not.toContain(hidden.chunkIds[0]);
		expect(await near(await scopeOf([open], { except: [first.no] }))).toEqual(second.chunkIds);
		expect(await near(await scopeOf([open, closed], { isWhole: false, only: [hidden.no] }))).toEqual(hidden.chunkIds);
		expect(await near(await scopeOf([closed], { isWhole: false, only: [first.no] }))).toEqual([]);
		expect(await near(await scopeOf([open], { isWhole: false }))).toEqual([]);
		expect(await near(await scopeOf([]))).toEqual([]);
	});

	test("a whole collection and single documents of another go together", async () => {
		const [whole, partly] = [
			await scopeOf([open], { except: [first.no] }),
			await scopeOf([closed], { isWhole: false }),
		];
		const scope = { ...whole, collections: [...whole.collections, ...partly.collections], only: [hidden.no] };
		expect((await near(scope)).toSorted()).toEqual([...second.chunkIds, ...hidden.chunkIds].toSorted());
	});

	test("tells the similarity of named passages, of those in the scope only", async () => {
		const wanted = [...pointsOf(open, first, []), ...pointsOf(closed, hidden, [])];
		const told = await store.similarities(db, await scopeOf([open]), along(1), wanted);
		expect([...told.keys()].toSorted()).toEqual(first.chunkIds.toSorted());
		expect(told.get(first.chunkIds[1] ?? 0)).toBeCloseTo(1, 4);
	});

	test("written twice is written once, and the last one counts", async () => {
		const document = await makeDocument(closed, 1);
		const before = await store.count(db.orm, closed.no);
		await store.put(db.orm, pointsOf(closed, document, [along(3)]));
		await store.put(db.orm, pointsOf(closed, document, [along(4)]));
		expect(await store.count(db.orm, closed.no)).toBe(before + 1);
		const found = await store.nearest(db, await scopeOf([closed]), along(4), 1);
		expect(found).toMatchObject([{ id: document.chunkIds[0] }]);
		expect(found[0]?.similarity).toBeCloseTo(1, 4);
		await store.removeDocuments(db.orm, [document.no]);
		expect(await store.count(db.orm, closed.no)).toBe(before);
		await db.orm.update(documents).set({ deletedAt: new Date() }).where(eq(documents.id, document.id));
		expect(await near(await scopeOf([closed]))).toEqual(hidden.chunkIds);
	});

	test("takes thousands at once, and finds among them what stands in the scope", async () => {
		const shelf = await makeShelf();
		const document = await makeDocument(shelf, 600);
		const vectors = document.chunkIds.map((_, i) => along(i % dimension, (i % 97) / 100));
		await store.put(db.orm, pointsOf(shelf, document, vectors));
		expect(await store.count(db.orm, shelf.no)).toBe(600);
		expect(await near(await scopeOf([shelf]), 75)).toHaveLength(75);
	});
});

test("what is stored for another model is never compared", async () => {
	const shelf = await makeShelf();
	const document = await makeDocument(shelf, 1);
	await new ExactStore({ model: "another", dimension }).put(db.orm, pointsOf(shelf, document, [along(0)]));
	const scope = await scopeOf([shelf]);
	expect(await new ExactStore({ model, dimension }).nearest(db, scope, along(0), 5)).toEqual([]);
	expect(new QdrantStore({ url: standIn.url, model: "a", dimension, isQuantized: false }).collection).not.toBe(
		new QdrantStore({ url: standIn.url, model: "b", dimension, isQuantized: false }).collection,
	);
	expect(await db.orm.select().from(chunkVectors).where(eq(chunkVectors.model, "another"))).toHaveLength(1);
});
