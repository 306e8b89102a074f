import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, collections } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Collection } from "@/server/knowledge/contract";
import { testContext, testDatabase } from "@/tests/support";
import { prose } from "@/tests/support/documents";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import { chunkDocument, embedChunks, parseDocument, searchKnowledge } from "..";
import { BlockCache } from "./blocks";
import { fuse } from "./fuse";
import { scan, similarityOf } from "./scan";

const length = 16;
/** Vectors of length 1 that repeat from run to run. */
function randomVectors(count: number, seed = 1): Float32Array {
	let state = seed;
	const next = () => {
		state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
		return state / 2 ** 31 - 0.5;
	};
	const vectors = Float32Array.from({ length: count * length }, next);
	for (let row = 0; row < count; row++) {
		const vector = vectors.subarray(row * length, (row + 1) * length);
		const size = Math.hypot(...vector);
		vector.forEach((value, i) => {
			vector[i] = value / size;
		});
	}
	return vectors;
}

describe("a hybrid search", () => {
	let db: Database;
	let ctx: ServiceContext;
	let collection: Collection;
	beforeAll(async () => {
		db = await testDatabase();
		ctx = await testContext(db);
		collection = await makeCollection(ctx);
		await addReady(
			ctx,
			collection,
			"handbook.md",
			[
				"# Leave",
				"Every employee is entitled to thirty days of paid holiday a year.",
				prose(900, "The works council"),
				"# Expenses",
				"Receipts go to form ZX-4410 within four weeks.",
				prose(900, "The treasurer"),
			].join("\n\n"),
		);
	});
	const find = async (query: string, limit = 8) => (await searchKnowledge(ctx, { query, limit })).passages;

	test("finds by a rare word that no meaning has", async () => {
		const [first] = await find("zx-4410");
		expect(first?.text).toContain("ZX-4410");
		expect(first).toMatchObject({ lexicalRank: 1, documentName: "handbook.md", heading: "Expenses", pageCount: null });
		expect(first?.matchedTerms.length).toBeGreaterThan(0);
	});

	test("finds by meaning where no word is the same", async () => {
		const [first] = await find("vacation allowance for staff");
		expect(first?.text).toContain("paid holiday");
		expect(first).toMatchObject({ lexicalRank: null, vectorRank: 1, matchedTerms: [] });
		expect(first?.similarity).toBeGreaterThan(0.3);
	});

	test("tells which of the question's words a passage has, by their stems", async () => {
		const [first] = await find("Which holidays are employees entitled to?");
		expect(first).toMatchObject({ matchedTerms: ["employe", "entitl", "holiday"], queryTermCount: 3 });
	});

	test("gives at most as many as asked, best first, none twice", async () => {
		const passages = await find("annual budget of the council", 2);
		expect(passages).toHaveLength(2);
		const all = await find("annual budget of the council", 50);
		expect(all.map((one) => one.score)).toEqual(all.map((one) => one.score).toSorted((a, b) => b - a));
		expect(new Set(all.map((one) => one.chunkId)).size).toBe(all.length);
		expect(all.slice(0, 2)).toEqual(passages);
	});

	test("takes any question: marks only, stop words only, very long, other scripts", async () => {
		for (const query of [
			"???",
			"the of and",
			"'; drop table chunks; --",
			"日本語の質問",
			"budget ".repeat(570),
			"\\ & | ! :*",
		])
			expect((await find(query)).length).toBeGreaterThan(0);
	});

	test("answers with nothing where nothing may be read", async () => {
		const stranger = await testContext(db);
		expect(await searchKnowledge(stranger, { query: "holiday", limit: 8 })).toEqual({
			passages: [],
			searchedCollections: 0,
		});
	});

	test("sees what is added at once", async () => {
		await find("warm the cache");
		const added = await addReady(ctx, collection, "new.txt", "The sauna opens on Fridays.");
		expect((await find("when does the sauna open"))[0]).toMatchObject({ documentId: added.id });
		const versions = await db.orm
			.select({ version: collections.version })
			.from(collections)
			.where(eq(collections.id, collection.id));
		expect(versions[0]?.version).toBe(3);
	});

	test("writes no audit row: it changes nothing", async () => {
		await find("sauna");
		expect(
			await db.orm
				.select()
				.from(auditEntries)
				.where(and(eq(auditEntries.action, "knowledge.search"))),
		).toEqual([]);
	});
});

describe("the vector scan", () => {
	const vectors = randomVectors(20_000);
	const ids = Array.from({ length: 20_000 }, (_, i) => i * 3 + 1);
	const blocks = [
		{ version: 1, dimension: length, ids: ids.slice(0, 7000), vectors: vectors.slice(0, 7000 * length) },
		{ version: 1, dimension: length, ids: ids.slice(7000), vectors: vectors.slice(7000 * length) },
	];
	const query = randomVectors(1, 99);

	test("misses none of the nearest, over all blocks", async () => {
		const exact = ids
			.map((id, row) => ({
				id,
				similarity: query.reduce((sum, value, i) => sum + value * (vectors[row * length + i] ?? 0), 0),
			}))
			.toSorted((a, b) => b.similarity - a.similarity)
			.slice(0, 100);
		const found = await scan(blocks, query, 100);
		expect(found.map((one) => one.id)).toEqual(exact.map((one) => one.id));
	});

	test("lets other work have its turn", async () => {
		let turns = 0;
		let isDone = false;
		const other = async () => {
			while (!isDone) {
				turns++;
				await new Promise((resolve) => setImmediate(resolve));
			}
		};
		const others = other();
		await scan(blocks, query, 10);
		isDone = true;
		await others;
		expect(turns).toBeGreaterThanOrEqual(5);
	});

	test("knows one passage's similarity, and that it does not know another's", async () => {
		const [first] = await scan(blocks, query, 1);
		expect(similarityOf(blocks, query, first?.id ?? 0)).toBe(first?.similarity);
		expect(similarityOf(blocks, query, 2)).toBeNull();
	});
});

describe("the block cache", () => {
	test("loads a collection once for many at the same time, and again when its version has gone up", async () => {
		const db = await testDatabase();
		const ctx = await testContext(db);
		const collection = await makeCollection(ctx);
		await addReady(ctx, collection, "a.txt", "One.");
		const cache = new BlockCache({ model: "minilm-l6-v2-int8-1", dimension: 384, maxBytes: 1 });
		const visible = async () => {
			const [row] = await db.orm
				.select({ id: collections.id, no: collections.no, version: collections.version })
				.from(collections);
			if (!row) throw new Error("The collection is missing");
			return row;
		};
		const before = await visible();
		const loaded = await Promise.all(Array.from({ length: 5 }, () => cache.get(db, [before])));
		expect(new Set(loaded.map(([block]) => block)).size).toBe(1);
		await addReady(ctx, collection, "b.txt", "Two.");
		// Embedded, but not ready: no block may hold it.
		const half = { documentId: (await bringDocument(ctx, collection, "c.txt", "Three.")).id, attempt: 1 };
		await parseDocument(ctx, half);
		await embedChunks(ctx, half, { from: 0, to: (await chunkDocument(ctx, half)) ?? 0 });
		expect((await cache.get(db, [before]))[0]).toBe(loaded[0]?.[0]);
		expect((await cache.get(db, [await visible()]))[0]?.ids).toHaveLength(2);
	});
});

test("fusion adds up the places of both lists, so that what both have comes first", () => {
	const fused = fuse([10, 20, 30], [30, 40]);
	expect(fused.map((one) => one.id)).toEqual([30, 10, 20, 40]);
	expect(fused[0]).toEqual({ id: 30, score: 1 / 63 + 1 / 61, lexicalRank: 3, vectorRank: 1 });
	expect(fused[3]).toMatchObject({ lexicalRank: null, vectorRank: 2 });
});
