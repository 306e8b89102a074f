import { and, count, eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { chunks, chunkVectors, documents, postings } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { prose } from "@/tests/support/documents";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { addReady, bringDocument, ingest, makeCollection } from "@/tests/support/knowledge";
import type { CollectionChange } from "./contract";
import { knowledgeJobs } from "./jobs";
import {
	chunkDocument,
	embedChunks,
	indexDocument,
	parseDocument,
	readDocument,
	searchKnowledge,
	steerDocuments,
	watchCollection,
} from "./service";
import { startAgain } from "./service/retry-document";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	await emptyJobs(db);
	ctx = await testContext(db);
});

const rowOf = async (id: string) => (await db.orm.select().from(documents).where(eq(documents.id, id)))[0];
const stateOf = async (id: string) => (await rowOf(id))?.state;
const settled = (id: string) =>
	until(async () => (["ready", "failed"].includes((await stateOf(id)) ?? "") ? stateOf(id) : null), 60_000);
const firstOf = async (collectionId: string): Promise<CollectionChange["total"]> => {
	const stop = new AbortController();
	for await (const { data } of watchCollection({ ...ctx, signal: stop.signal }, { collectionId })) {
		stop.abort();
		return data.total;
	}
	throw new Error("The collection told nothing");
};

describe("pausing, going on, giving up, trying again", () => {
	test("a paused document stands still in the middle, and goes on where it was", async () => {
		const collection = await makeCollection(ctx);
		const { id } = await bringDocument(ctx, collection, "long.txt", prose(9000));
		const attempt = { documentId: id, attempt: 1 };
		await parseDocument(ctx, attempt);
		await chunkDocument(ctx, attempt);
		await embedChunks(ctx, attempt, { from: 0, to: 4 });
		const steer = (action: "pause" | "resume") => steerDocuments(ctx, { collectionId: collection.id, action });
		expect(await steer("pause")).toEqual({ changed: 1, left: 0 });
		expect(await steer("pause")).toEqual({ changed: 0, left: 0 });
		// The step that was under way finds that it is no longer wanted.
		expect(await embedChunks(ctx, attempt, { from: 4, to: 8 })).toBe(false);
		expect(await stateOf(id)).toBe("paused");
		await expect(readDocument(ctx, { documentId: id })).rejects.toThrow(/is paused.* can resume it/);
		await testEngine(db, inngest, [...knowledgeJobs]);
		expect(await stateOf(id)).toBe("paused");
		expect(await steer("resume")).toEqual({ changed: 1, left: 0 });
		expect(await settled(id)).toBe("ready");
	}, 90_000);

	test("in bulk and by one; a ready one is left alone, a cancelled one can be tried again", async () => {
		const collection = await makeCollection(ctx);
		const ready = await addReady(ctx, collection, "ready.txt", "The lock opens at seven.");
		const [first, second] = await Promise.all([
			bringDocument(ctx, collection, "a.txt", "Bollard one."),
			bringDocument(ctx, collection, "b.txt", "Bollard two."),
		]);
		const steer = (action: "pause" | "cancel" | "retry", ...ids: string[]) =>
			steerDocuments(ctx, { collectionId: collection.id, action, ...(ids.length > 0 ? { documentIds: ids } : {}) });
		expect(await steer("pause", first.id)).toEqual({ changed: 1, left: 0 });
		expect(await firstOf(collection.id)).toMatchObject({ all: 3, ready: 1, paused: 1, queued: 1 });
		expect(await steer("cancel")).toEqual({ changed: 2, left: 0 });
		expect(await Promise.all([ready.id, first.id, second.id].map(stateOf))).toEqual([
			"ready",
			"cancelled",
			"cancelled",
		]);
		await testEngine(db, inngest, [...knowledgeJobs]);
		expect(await steer("retry", second.id, ready.id)).toEqual({ changed: 1, left: 0 });
		expect(await settled(second.id)).toBe("ready");
		expect(await stateOf(first.id)).toBe("cancelled");
	}, 90_000);

	test("a stranger steers nothing, and another collection's document is not touched", async () => {
		const collection = await makeCollection(ctx);
		const elsewhere = await bringDocument(ctx, await makeCollection(ctx), "a.txt", "Bollard.");
		const input = { collectionId: collection.id, action: "cancel" as const, documentIds: [elsewhere.id] };
		expect(await steerDocuments(ctx, input)).toEqual({ changed: 0, left: 0 });
		await expect(steerDocuments(await testContext(db), input)).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(await stateOf(elsewhere.id)).toBe("queued");
	});

	test("whoever waits is told why", async () => {
		const collection = await makeCollection(ctx);
		await bringDocument(ctx, collection, "a.txt", "Bollard.");
		expect((await firstOf(collection.id)).waitsFor).toContain("No worker is running");
		await addReady(ctx, await makeCollection(ctx), "b.txt", "Fender.");
	});
});

test("a document that is read again embeds only the passages that changed, and is not found meanwhile", async () => {
	const collection = await makeCollection(ctx);
	const { id } = await addReady(ctx, collection, "depths.txt", `${prose(6000)}`);
	const vectors = () =>
		db.orm
			.select({ ordinal: chunks.ordinal, vector: chunkVectors.vector })
			.from(chunkVectors)
			.innerJoin(chunks, eq(chunks.id, chunkVectors.chunkId))
			.where(eq(chunkVectors.documentId, id))
			.orderBy(chunks.ordinal);
	const [marked] = await db.orm
		.select({ id: chunks.id })
		.from(chunks)
		.where(and(eq(chunks.documentId, id), eq(chunks.ordinal, 2)));
	// A vector that no embedder makes: where it stays, nothing was embedded.
	const mark = Buffer.alloc(384 * 4, 1);
	await db.orm
		.update(chunkVectors)
		.set({ vector: mark })
		.where(eq(chunkVectors.chunkId, marked?.id ?? 0));
	await db.orm
		.update(chunks)
		.set({ text: "What stood here before." })
		.where(and(eq(chunks.documentId, id), eq(chunks.ordinal, 4)));
	const before = await vectors();
	await db.transaction((tx) => startAgain(ctx, tx, id));
	const indexed = await db.orm
		.select({ count: count() })
		.from(postings)
		.innerJoin(chunks, eq(chunks.id, postings.chunkId))
		.where(eq(chunks.documentId, id));
	expect(indexed[0]?.count).toBe(0);
	expect((await searchKnowledge(ctx, { query: "fiscal budget item", limit: 5 })).passages).toEqual([]);
	await ingest(ctx, { id });
	const after = await vectors();
	expect(after).toHaveLength(before.length);
	expect(Buffer.compare(Buffer.from(after[2]?.vector ?? []), mark)).toBe(0);
	expect((await searchKnowledge(ctx, { query: "fiscal budget item", limit: 5 })).passages).not.toEqual([]);
});

test("a document never has vectors of two embedders: what another made is made anew", async () => {
	const { id } = await bringDocument(ctx, await makeCollection(ctx), "long.txt", prose(4000));
	const attempt = { documentId: id, attempt: 1 };
	await parseDocument(ctx, attempt);
	const passages = (await chunkDocument(ctx, attempt)) ?? 0;
	await embedChunks(ctx, attempt, { from: 0, to: passages });
	const [one] = await db.orm.select({ id: chunks.id }).from(chunks).where(eq(chunks.documentId, id)).limit(1);
	await db.orm
		.update(chunkVectors)
		.set({ model: "another" })
		.where(eq(chunkVectors.chunkId, one?.id ?? 0));
	await expect(indexDocument(ctx, attempt)).rejects.toThrow();
	expect(await stateOf(id)).toBe("indexing");
	await db.transaction((tx) => startAgain(ctx, tx, id));
	await ingest(ctx, { id });
	expect(await stateOf(id)).toBe("ready");
	const models = await db.orm
		.selectDistinct({ model: chunkVectors.model })
		.from(chunkVectors)
		.where(eq(chunkVectors.documentId, id));
	expect(models).toHaveLength(1);
	expect(models[0]?.model).not.toBe("another");
});
