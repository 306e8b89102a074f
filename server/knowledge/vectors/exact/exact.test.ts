import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { collections, documents } from "@/db/schema";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import { newSince, niceThreads } from "@/tests/support/nice-threads";
import { chunkDocument, deleteDocument, embedChunks, parseDocument } from "../../service";
import { BlockCache } from "./blocks";
import { dotsWith } from "./dots";
import { aboutOf, errorOf, type Fine, fineDot, makeFine, putFine } from "./fine";
import { type Rows, scan } from "./scan";
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

const unit = (vector: Float32Array) => {
	const size = Math.hypot(...vector);
	return vector.map((one) => one / size);
};
const fineOf = (vectors: ArrayLike<number>[], dimension: number): Fine => {
	const made = makeFine(vectors.length, dimension);
	vectors.forEach((vector, row) => {
		putFine(made, row, vector);
	});
	return made;
};
const plain = (a: Float32Array, b: Float32Array) => a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);

describe("the vector scan", () => {
	const count = 20_000;
	const vectors = randomVectors(count);
	const stored = fineOf(
		Array.from({ length: count }, (_, row) => vectors.subarray(row * length, (row + 1) * length)),
		length,
	);
	const ids = Array.from({ length: count }, (_, i) => i * 3 + 1);
	const rows = (...ranges: number[]): Rows => ({
		ids: Float64Array.from(ids),
		vectors: stored,
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

	test("misses none of the nearest, over all blocks, in a thread of its own that lets others go first", async () => {
		const before = await niceThreads();
		const found = await new Scanner().scan([rows(0, 7_000), rows(7_000, count)], query, 100);
		expect(found.map((one) => one.id)).toEqual(exact(() => true));
		expect(await newSince(before)).toBe(1);
	});

	test("compares no row outside of the ranges", async () => {
		const found = await new Scanner().scan([rows(10, 500, 9_000, 12_000)], query, 100);
		expect(found.map((one) => one.id)).toEqual(
			exact((row) => (row >= 10 && row < 500) || (row >= 9_000 && row < 12_000)),
		);
	});

	test.each([16, 20, 32, 384])("compares as plain arithmetic does, in %i dimensions", (dimension) => {
		const values = Array.from({ length: 600 }, (_, row) =>
			unit(Float32Array.from({ length: dimension }, (_, i) => Math.sin((row * dimension + i) * 12.9898))),
		);
		// One number that stands out makes the steps of all others in its row coarse.
		for (const [row, value] of values.entries()) if (row % 5 === 0) value.set(unit(value.with(row % dimension, 3)));
		const asked = values[7] ?? new Float32Array();
		const vectors = fineOf(values, dimension);
		const dots = dotsWith(asked);
		for (const [from, to] of [
			[0, 1],
			[3, 3 + dots.rowsAtOnce],
			[590, 600],
		] as const) {
			const sums = Array.from(dots.of(vectors, from, to).subarray(0, to - from));
			for (const [n, sum] of sums.entries()) {
				const expected = plain(values[from + n] ?? new Float32Array(), asked);
				const error = errorOf(vectors, from + n, dots.query);
				expect(Math.abs(aboutOf(vectors, from + n, dots.query, sum) - expected)).toBeLessThan(error);
				expect(error).toBeLessThan(0.1);
				expect(fineDot(vectors, from + n, asked)).toBeCloseTo(expected, 6);
			}
		}
	});

	test("finds the same as an exact comparison of long vectors, whatever they are like", () => {
		const dimension = 384;
		const all = Array.from({ length: 3_000 }, (_, row) => {
			const noise = randomVectors(dimension / length, row + 1);
			// A third crowds around one direction, a third has a number that stands out.
			if (row % 3 === 1) return unit(noise.map((one, i) => one * 0.3 + (i % 7) - 3));
			return unit(row % 3 === 2 ? noise.with(row % dimension, 2) : noise);
		});
		const vectors = fineOf(all, dimension);
		const ids = Float64Array.from(all, (_, row) => row);
		for (const asked of [all[0], all[1], all[2], unit(randomVectors(dimension / length, 9_999))]) {
			const found = scan(
				[{ ids, vectors, ranges: Int32Array.from([0, all.length]) }],
				asked ?? new Float32Array(),
				100,
			);
			const expected = all
				.map((one, id) => ({ id, similarity: plain(one, asked ?? new Float32Array()) }))
				.toSorted((a, b) => b.similarity - a.similarity);
			expect(found.map(({ id }) => id)).toEqual(expected.slice(0, 100).map(({ id }) => id));
		}
	});

	test("tells apart what is closer together than what it scans can tell", () => {
		const dimension = 32;
		const asked = Float32Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? 0.25 : 0));
		const across = Float32Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? 0 : 0.25));
		// Each turned away a hair further than the one before, by far less than a step of eight bits.
		const close = Array.from({ length: 400 }, (_, n) =>
			asked.map((one, i) => Math.cos(1 + n * 4e-6) * one + Math.sin(1 + n * 4e-6) * (across[i] ?? 0)),
		);
		const order = close.map((_, n) => (n * 37) % close.length);
		const all = fineOf(
			order.map((n) => close[n] ?? []),
			dimension,
		);
		const ranges = Int32Array.from([0, close.length]);
		const found = scan([{ ids: Float64Array.from(order), vectors: all, ranges }], asked, 20);
		const expected = close
			.map((one, id) => ({ id, similarity: plain(one, asked) }))
			.toSorted((a, b) => b.similarity - a.similarity);
		expect(found.map(({ id }) => id)).toEqual(expected.slice(0, 20).map(({ id }) => id));
		expect(found[0]?.similarity).toBeCloseTo(expected[0]?.similarity ?? 0, 6);
	});

	test("keeps numbers at both ends, and gives those who are all alike in the order of their ids", () => {
		const first = [1, ...Array(31).fill(0)];
		const ends = fineOf([first, first.toReversed().map((one) => -one)], 32);
		const query = Float32Array.from({ length: 32 }, (_, i) => (i === 0 || i === 31 ? Math.SQRT1_2 : 0));
		expect(fineDot(ends, 0, query)).toBeCloseTo(Math.SQRT1_2, 6);
		expect(fineDot(ends, 1, query)).toBeCloseTo(-Math.SQRT1_2, 6);
		const alike = fineOf(Array(5_000).fill(first), 32);
		const ids = Float64Array.from({ length: 5_000 }, (_, i) => 5_000 - i);
		const found = scan([{ ids, vectors: alike, ranges: Int32Array.from([0, 5_000]) }], query, 3);
		expect(found.map(({ id }) => id)).toEqual([1, 2, 3]);
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
