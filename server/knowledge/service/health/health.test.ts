import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { documents, documentUses, runs } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { startRun } from "@/server/runs/service";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import { getDuplicates, getHealth, searchKnowledge } from "..";
import { writeFound } from "../found";

let db: Database;
let ctx: ServiceContext;
let collectionId: string;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	ctx = await testContext(db, { role: "builder" });
	collectionId = (await makeCollection(ctx)).id;
});

const add = (name: string, text: string) => addReady(ctx, { id: collectionId }, name, text);
const age = (id: string, days: number) =>
	db.orm
		.update(documents)
		.set({
			createdAt: sql`now() - make_interval(days => ${days})`,
			readyAt: sql`now() - make_interval(days => ${days})`,
		})
		.where(eq(documents.id, id));

test("says what is stale, what no search ever found, and where documents stand", async () => {
	const found = await add("tides.md", "High water at the south quay is at noon.");
	const never = await add("anchors.md", "Anchors are weighed by hand.");
	const young = await add("young.md", "Fenders hang over the side.");
	await bringDocument(ctx, { id: collectionId }, "waits.md", "Not read yet.");
	await age(found.id, 400);
	await age(never.id, 40);
	await searchKnowledge(ctx, { query: "When is high water at the south quay?", limit: 1 });
	await searchKnowledge(ctx, { query: "south quay high water", limit: 1 });
	await writeFound(db);
	expect(await db.orm.select().from(documentUses).where(eq(documentUses.documentId, found.id))).toMatchObject([
		{ foundCount: 2 },
	]);
	const health = await getHealth(ctx, { collectionId });
	expect(health.states).toEqual([
		{ state: "queued", count: 1 },
		{ state: "ready", count: 3 },
	]);
	expect(health.stale).toMatchObject({ count: 1, rows: [{ id: found.id }] });
	expect(health.unfound).toMatchObject({ count: 1, rows: [{ id: never.id }] });
	expect(JSON.stringify(health)).not.toContain(young.id);
	// A source that still has it so keeps it from being stale.
	await db.orm.execute(sql`with source as (
			insert into sources (collection_id, owner_id, kind, name, address)
			select ${collectionId}, owner_id, 'sitemap', 'Site', 'https://example.test/' from collections where id = ${collectionId} returning id
		), run as (insert into source_runs (source_id, state, ended_at) select id, 'done', now() from source)
		update documents set source_id = (select id from source) where id = ${found.id}`);
	expect((await getHealth(ctx, { collectionId })).stale.count).toBe(0);
});

test("tells a person their own questions without an answer, and nobody those of others", async () => {
	const agent = async (name: string, ids: string[] | null) => {
		const fields = { name, description: "", promptVersionId: null, collectionIds: ids };
		return (await createAgent(ctx, { ...fields, access: "everyone" })).id;
	};
	const elsewhere = (await makeCollection(ctx)).id;
	const ask = async (as: ServiceContext, question: string, agentId: string, abstained: boolean) => {
		const { runId } = await startRun(as, { question, agentId });
		await db.orm.update(runs).set({ state: "succeeded", result: { abstained } }).where(eq(runs.id, runId));
	};
	const [here, there] = [await agent("Harbour", [collectionId]), await agent("Docks", [elsewhere])];
	await ask(ctx, "How deep is the dock?", here, true);
	await ask(ctx, "Who pays the dues?", here, false);
	await ask(ctx, "Where is the crane?", there, true);
	await ask(await testContext(db, { role: "admin" }), "What do others ask?", here, true);
	const { unanswered } = await getHealth(ctx, { collectionId });
	expect(unanswered.map(({ question }) => question)).toEqual(["How deep is the dock?"]);
	await expect(getHealth(await testContext(db, { role: "owner" }), { collectionId })).rejects.toMatchObject({
		code: "NOT_FOUND",
	});
});

test("finds documents that say nearly the same, and looks again when the collection changed", async () => {
	const sentence = (n: number) =>
		`Bollard ${n} at the north mole carries ${n * 3} tons and is painted in year ${n % 7}.`;
	const text = [...Array(60).keys()].map(sentence).join(" ");
	const first = await add("mole-2024.md", text);
	const second = await add("mole-2025.md", `${text} Checked in spring.`);
	await add(
		"other.md",
		[...Array(60).keys()].map((n) => `Tug ${n} tows barge ${n + 100} past buoy ${n * 2}.`).join(" "),
	);
	const found = await getDuplicates(ctx, { collectionId });
	expect(found).toEqual({
		compared: 3,
		isWhole: true,
		pairs: [{ newer: { id: second.id, name: "mole-2025.md" }, older: { id: first.id, name: "mole-2024.md" } }],
	});
	expect(await getDuplicates(ctx, { collectionId })).toBe(found);
	await add("mole-2026.md", `In short: ${text}`);
	expect((await getDuplicates(ctx, { collectionId })).pairs).toHaveLength(3);
	await expect(getDuplicates(await testContext(db), { collectionId })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
