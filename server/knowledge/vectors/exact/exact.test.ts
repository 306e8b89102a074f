import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { collections, documents } from "@/db/schema";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import { chunkDocument, deleteDocument, embedChunks, parseDocument } from "../../service";
import { BlockCache } from "./blocks";
import { dotsWith } from "./dots";
import type { Rows } from "./scan";
import { Scanner } from "./scanner";

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

describe("the vector scan", () => {
	const count = 20_000;
	const shared = (values: Float32Array | Float64Array) => {
		const buffer = new SharedArrayBuffer(values.byteLength);
		new Uint8Array(buffer).set(new Uint8Array(values.buffer));
		return buffer;
	};
	const vectors = randomVectors(count);
	const ids = Array.from({ length: count }, (_, i) => i * 3 + 1);
	const rows = (...ranges: number[]): Rows => ({
		dimension: length,
		ids: new Float64Array(shared(Float64Array.from(ids))),
		vectors: new Float32Array(shared(vectors)),
		ranges: Int32Array.from(ranges),
	});
	const query = randomVectors(1, 99);
	const exact = (isIn: (row: number) => boolean) =>
		ids
			.map((id, row) => ({
				id,
				row,
				similarity: query.reduce((sum, value, i) => sum + value * (vectors[row * length + i] ?? 0), 0),
			}))
			.filter(({ row }) => isIn(row))
			.toSorted((a, b) => b.similarity - a.similarity)
			.slice(0, 100)
			.map(({ id }) => id);

	test("misses none of the nearest, over all blocks, in a thread of its own", async () => {
		const found = await new Scanner().scan([rows(0, 7_000), rows(7_000, count)], query, 100);
		expect(found.map((one) => one.id)).toEqual(exact(() => true));
	});

	test("compares no row outside of the ranges", async () => {
		const found = await new Scanner().scan([rows(10, 500, 9_000, 12_000)], query, 100);
		expect(found.map((one) => one.id)).toEqual(
			exact((row) => (row >= 10 && row < 500) || (row >= 9_000 && row < 12_000)),
		);
	});

	test.each([16, 20, 64, 384])("compares as plain arithmetic does, in %i dimensions", (dimension) => {
		const values = Float32Array.from({ length: dimension * 600 }, (_, i) => Math.sin(i * 12.9898) / 4);
		const asked = values.slice(dimension * 7, dimension * 8);
		const dots = dotsWith(asked);
		for (const [from, to] of [
			[0, 1],
			[3, 3 + dots.rowsAtOnce],
			[590, 600],
		] as const) {
			const found = [...dots.of(values, from, to).subarray(0, to - from)];
			const expected = Array.from({ length: to - from }, (_, n) =>
				asked.reduce((sum, value, i) => sum + value * (values[(from + n) * dimension + i] ?? 0), 0),
			);
			expect(found).toHaveLength(expected.length);
			expect(Math.max(...found.map((one, n) => Math.abs(one - (expected[n] ?? 0))))).toBeLessThan(0.001);
		}
	});

	test("serves many at once, each with its own answer", async () => {
		const scanner = new Scanner(2);
		const answers = await Promise.all(
			Array.from({ length: 12 }, (_, i) => scanner.scan([rows(i * 100, i * 100 + 2_000)], query, 1)),
		);
		expect(answers.map(([first]) => first?.id)).toEqual(
			answers.map((_, i) => exact((row) => row >= i * 100 && row < i * 100 + 2_000)[0]),
		);
	});
});

describe("the block cache", () => {
	test("loads a collection once for many at the same time, and then only what has changed in it", async () => {
		const db = await testDatabase();
		const ctx = await testContext(db);
		const collection = await makeCollection(ctx);
		const first = await addReady(ctx, collection, "a.txt", "One.");
		const cache = new BlockCache({ model: "minilm-l6-v2-int8-1", dimension: 384, maxBytes: 1 });
		const current = async () => {
			const [row] = await db.orm
				.select({ id: collections.id, no: collections.no, version: collections.version })
				.from(collections);
			if (!row) throw new Error("The collection is missing");
			return { ...row, isWhole: true };
		};
		const noOf = async (id: string) => {
			const [row] = await db.orm.select({ no: documents.no }).from(documents).where(eq(documents.id, id));
			return row?.no ?? 0;
		};
		const before = await current();
		const loaded = await Promise.all(Array.from({ length: 5 }, () => cache.get(db, [before])));
		expect(new Set(loaded.map(([block]) => block)).size).toBe(1);
		const second = await addReady(ctx, collection, "b.txt", "Two.");
		// Embedded, but not ready: no block may hold it.
		const half = { documentId: (await bringDocument(ctx, collection, "c.txt", "Three.")).id, attempt: 1 };
		await parseDocument(ctx, half);
		await embedChunks(ctx, half, { from: 0, to: (await chunkDocument(ctx, half)) ?? 0 });
		expect((await cache.get(db, [before]))[0]).toBe(loaded[0]?.[0]);
		const [both] = await cache.get(db, [await current()]);
		expect([...(both?.segments.keys() ?? [])]).toEqual([await noOf(first.id), await noOf(second.id)]);
		expect([...(both?.ranges ?? [])]).toEqual([0, 2]);
		// What was there keeps its rows: it was not read again.
		expect(both?.segments.get(await noOf(first.id))).toEqual(loaded[0]?.[0]?.segments.get(await noOf(first.id)));
		await deleteDocument(ctx, { documentId: first.id });
		const [rest] = await cache.get(db, [await current()]);
		expect([...(rest?.segments.keys() ?? [])]).toEqual([await noOf(second.id)]);
		expect([...(rest?.ranges ?? [])]).toEqual([1, 2]);
	});
});
