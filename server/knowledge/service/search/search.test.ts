import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, collections } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Collection } from "@/server/knowledge/contract";
import { testContext, testDatabase } from "@/tests/support";
import { prose } from "@/tests/support/documents";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { searchKnowledge } from "..";
import { fuse } from "./fuse";
import { findKeywords } from "./keywords";
import { scopeOf } from "./scope";

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

	test("reads the rarest words first and tells the best apart by the rest, however many passages have those", async () => {
		const scope = await scopeOf(ctx, {});
		const words = "zx-4410 treasurer budget council";
		const whole = await findKeywords(db, words, scope, 10);
		expect(whole.ids.length).toBeGreaterThan(1);
		const bounded = await findKeywords(db, words, scope, 10, { passagesOfTerm: 1_000, postings: 1, enough: 1 });
		// Only what has the rarest word is looked at, and has the score that all of its words give it.
		expect(bounded.ids).toEqual([whole.ids[0]]);
		expect(bounded.scores[0]).toBeCloseTo(whole.scores[0] ?? 0, 9);
		// Where that would be too few, the next ones are read as well.
		expect(await findKeywords(db, words, scope, 10, { passagesOfTerm: 1_000, postings: 1, enough: 1_000 })).toEqual(
			whole,
		);
		const few = await findKeywords(db, words, scope, 10, { passagesOfTerm: 1, postings: 1, enough: 1 });
		expect(few.ids).toEqual([whole.ids[0]]);
		expect(few.scores[0]).toBeLessThan(whole.scores[0] ?? 0);
		expect(
			(await findKeywords(db, "budget council", scope, 10, { passagesOfTerm: 1, postings: 1, enough: 1 })).ids,
		).toHaveLength(1);
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
			degraded: null,
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

test("fusion adds up the places of both lists, so that what both have comes first", () => {
	const fused = fuse([10, 20, 30], [30, 40]);
	expect(fused.map((one) => one.id)).toEqual([30, 10, 20, 40]);
	expect(fused[0]).toEqual({ id: 30, score: 1 / 63 + 1 / 61, lexicalRank: 3, vectorRank: 1 });
	expect(fused[3]).toMatchObject({ lexicalRank: null, vectorRank: 2 });
});
