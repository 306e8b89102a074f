import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { chunkVectors, documents, vectorIndexes } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, ingest, makeCollection } from "@/tests/support/knowledge";
import { startQdrant } from "@/tests/support/qdrant";
import { embedder } from "../../embedding";
import {
	chunkDocument,
	deleteDocument,
	embedChunks,
	indexDocument,
	parseDocument,
	publishVectors,
	purgeDocument,
	searchKnowledge,
} from "../../service";
import { setStoreBeside } from "..";
import { type MoveProgress, moveVectors } from "../move";
import { StoreAway } from "../store";
import { QdrantStore } from ".";

const limits = { retries: 1, backoffMs: 1, failuresToOpen: 3, openMs: 60_000 };
const scope = { collections: [{ id: "x", no: 1, version: 1, isWhole: true }], except: [], only: [] };
const vector = (length: number) => Float32Array.from({ length }, (_, i) => (i === 0 ? 1 : 0));

describe("Qdrant that fails", () => {
	let standIn: Awaited<ReturnType<typeof startQdrant>>;
	let db: Database;
	beforeAll(async () => {
		db = await testDatabase();
	});
	const open = async (more: Partial<ConstructorParameters<typeof QdrantStore>[0]> = {}) => {
		standIn = await startQdrant();
		return new QdrantStore({ url: standIn.url, model: "m", dimension: 4, isQuantized: true, limits, ...more });
	};
	afterEach(() => standIn.stop());
	const point = { chunkId: 7, collectionNo: 1, documentNo: 1, vector: vector(4) };

	test("once is asked again, and the caller does not notice", async () => {
		const store = await open();
		await store.put(db.orm, [point]);
		for (const fault of ["refuse", "cut", "garbled", "half"] as const) {
			standIn.fail(fault);
			expect(await store.nearest(db, scope, vector(4), 5)).toEqual([{ id: 7, similarity: 1 }]);
		}
	});

	test("again and again is away, told in one kind of error; then nobody waits for it any more", async () => {
		const store = await open();
		await store.put(db.orm, [point]);
		standIn.become("refuse");
		for (let n = 0; n < 3; n++) await expect(store.nearest(db, scope, vector(4), 5)).rejects.toBeInstanceOf(StoreAway);
		const asked = standIn.asked();
		await expect(store.nearest(db, scope, vector(4), 5)).rejects.toBeInstanceOf(StoreAway);
		expect(standIn.asked()).toBe(asked);
	});

	test("silent ends in time", async () => {
		const store = await open({ timeoutMs: 50 });
		await store.put(db.orm, [point]);
		standIn.become("silent");
		await expect(store.nearest(db, scope, vector(4), 5)).rejects.toBeInstanceOf(StoreAway);
	});

	test("that has not written yet has not written", async () => {
		const store = await open();
		await store.put(db.orm, [point]);
		standIn.become("acknowledged");
		await expect(store.put(db.orm, [{ ...point, chunkId: 8 }])).rejects.toBeInstanceOf(StoreAway);
	});

	test("for what we asked wrongly is not taken for away", async () => {
		const store = await open();
		await store.put(db.orm, [point]);
		const wrong = store.put(db.orm, [{ ...point, chunkId: 1.5 }]);
		await expect(wrong).rejects.not.toBeInstanceOf(StoreAway);
	});
});

describe("with Qdrant beside PostgreSQL", () => {
	let db: Database;
	let ctx: ServiceContext;
	let standIn: Awaited<ReturnType<typeof startQdrant>>;
	let store: QdrantStore;
	beforeAll(async () => {
		db = await testDatabase();
		ctx = await testContext(db);
		standIn = await startQdrant();
		const { model, dimension } = embedder();
		store = new QdrantStore({
			url: standIn.url,
			model,
			dimension,
			isQuantized: false,
			limits: { ...limits, openMs: 0 },
		});
	});
	afterAll(() => {
		setStoreBeside(null);
		standIn.stop();
	});
	const move = async () => {
		const steps: MoveProgress[] = [];
		for await (const step of moveVectors(db, store)) steps.push(step);
		return steps;
	};
	const state = async () => (await db.orm.select().from(vectorIndexes))[0]?.state;
	const stored = async () => (await db.orm.select({ id: chunkVectors.chunkId }).from(chunkVectors)).map(({ id }) => id);
	const pointIds = () => standIn.points().map(({ id }) => id);

	test("what was there is moved, resumed where it stopped, verified, and only then searched", async () => {
		const collection = await makeCollection(ctx);
		const document = await addReady(ctx, collection, "a.txt", "The ferry to the island leaves at nine.");
		setStoreBeside(store);
		const search = () => searchKnowledge(ctx, { query: "when does the boat depart", limit: 5 });
		expect((await search()).passages).toHaveLength(1);
		expect(standIn.asked()).toBe(0);
		standIn.become("refuse");
		await expect(move()).rejects.toBeInstanceOf(StoreAway);
		expect(await state()).toBe("filling");
		standIn.become("none");
		// A point that stands for nothing.
		await store.put(db.orm, [{ chunkId: 999_999, collectionNo: 1, documentNo: 999, vector: vector(384) }]);
		expect((await move()).map((step) => step.state)).toEqual(["filling", "verifying", "ready"]);
		expect(pointIds()).toEqual(await stored());
		expect((await move()).map((step) => step.state)).toEqual(["ready"]);
		setStoreBeside(store);
		const { passages, degraded } = await search();
		expect(passages).toMatchObject([{ documentId: document.id, vectorRank: 1 }]);
		expect(degraded).toBeNull();
	});

	test("away: found by words alone, and said so; what is read in waits, and is not half there", async () => {
		const collection = await makeCollection(ctx);
		standIn.become("cut");
		const degraded = await searchKnowledge(ctx, { query: "ferry island", limit: 5 });
		expect(degraded.degraded).toContain("words only");
		expect(degraded.passages).toMatchObject([{ vectorRank: null, similarity: null, lexicalRank: 1 }]);
		const added = await bringDocument(ctx, collection, "b.txt", "The museum opens on Tuesdays.");
		const attempt = { documentId: added.id, attempt: 1 };
		await parseDocument(ctx, attempt);
		await embedChunks(ctx, attempt, { from: 0, to: (await chunkDocument(ctx, attempt)) ?? 0 });
		expect(await publishVectors(ctx, attempt)).toBe("away");
		const found = async () =>
			(await searchKnowledge(ctx, { query: "museum Tuesdays", limit: 5 })).passages.map((one) => one.documentId);
		expect(await found()).not.toContain(added.id);
		standIn.become("none");
		expect(await publishVectors(ctx, attempt)).toBe("done");
		expect(await found()).not.toContain(added.id);
		await indexDocument(ctx, attempt);
		expect(await found()).toContain(added.id);
		expect(pointIds().toSorted()).toEqual((await stored()).toSorted());
	});

	test("deleted is deleted in both, however often it is tried", async () => {
		const collection = await makeCollection(ctx);
		const added = await bringDocument(ctx, collection, "c.txt", "The lighthouse was built of granite.");
		await ingest(ctx, added);
		const [row] = await db.orm.select({ no: documents.no }).from(documents).where(eq(documents.id, added.id));
		await deleteDocument(ctx, { documentId: added.id });
		standIn.become("refuse");
		await expect(purgeDocument(ctx, { documentId: added.id })).rejects.toBeInstanceOf(StoreAway);
		standIn.become("none");
		await purgeDocument(ctx, { documentId: added.id });
		await purgeDocument(ctx, { documentId: added.id });
		expect(standIn.points().filter(({ payload }) => payload.document === row?.no)).toEqual([]);
		expect(pointIds().toSorted()).toEqual((await stored()).toSorted());
	});

	test("a document that came while none was set makes it behind: it is not searched until it is moved again", async () => {
		setStoreBeside(null);
		await addReady(ctx, await makeCollection(ctx), "d.txt", "Snow closes the pass in January.");
		expect(await state()).toBe("filling");
		setStoreBeside(store);
		await move();
		expect(await state()).toBe("ready");
		expect(pointIds().toSorted()).toEqual((await stored()).toSorted());
	});
});
