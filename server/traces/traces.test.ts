import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { makeTrace } from "@/tests/support/traces";
import { setPolicy } from "./service";

let db: Database;
let person: UserActor;
let stranger: UserActor;
let admin: UserActor;
let traceId: string;
beforeAll(async () => {
	db = await testDatabase();
	[person, stranger, admin] = await Promise.all([
		testUser(db),
		testUser(db),
		testUser(db, { role: "admin", name: "Ada Admin" }),
	]);
	traceId = await makeTrace(db, {
		userId: person.userId,
		spans: 41,
		content: { input: "What is it?", output: "It is that." },
	});
});

const as = (who: UserActor) => createCaller(contextForActor(who, { db, requestId: randomUUID(), via: "rpc" })).traces;

describe("who sees a trace", () => {
	test("whose it is, and who oversees; nobody else learns that it is there", async () => {
		const seen = async (who: UserActor) => (await as(who).list({})).rows.map(({ id }) => id);
		expect(await seen(person)).toContain(traceId);
		expect(await seen(admin)).toContain(traceId);
		expect(await seen(stranger)).toEqual([]);
		await expect(as(stranger).read({ traceId })).rejects.toMatchObject({ code: "NOT_FOUND" });
		await expect(as(stranger).spans({ traceId })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("what was said is for those who may read prompts", async () => {
		const { spans: rows } = await as(person).spans({ traceId });
		expect(rows.every(({ hasContent }) => !hasContent)).toBe(true);
		const model = rows.find(({ kind }) => kind === "model");
		const one = { traceId, spanId: model?.id ?? "" };
		await expect(as(person).content(one)).rejects.toMatchObject({ code: "FORBIDDEN" });
		expect(await as(admin).content(one)).toEqual({ input: "What is it?", output: "It is that." });
		expect((await as(admin).read({ traceId })).mayReadContent).toBe(true);
		expect((await as(person).read({ traceId })).mayReadContent).toBe(false);
	});
});

describe("a trace", () => {
	test("is summed up by kind and by model", async () => {
		const head = await as(person).read({ traceId });
		expect(head).toMatchObject({ spans: 41, modelCalls: 10, models: ["a-model"], isOver: true, failures: 0 });
		expect(head.costs).toEqual([{ currency: "EUR", micros: 70 }]);
		expect(head.byModel).toMatchObject([{ model: "a-model", calls: 10, inputTokens: 1_000, outputTokens: 200 }]);
		expect(head.kinds.reduce((sum, { count }) => sum + count, 0)).toBe(41);
	});

	test("comes in pages, whole and in order", async () => {
		const ids: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await as(person).spans({ traceId, limit: 15, ...(cursor ? { cursor } : {}) });
			ids.push(...page.spans.map(({ id }) => id));
			expect(page.spans.map(({ atMs }) => atMs)).toEqual(page.spans.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
			cursor = page.next ?? undefined;
		} while (cursor);
		expect(new Set(ids).size).toBe(41);
		expect(ids).toHaveLength(41);
	});

	test("is found by model, by kind and by how long it took", async () => {
		const found = async (filter: object) => (await as(person).list({ filter })).rows.length;
		expect(await found({ model: { eq: "a-model" } })).toBe(1);
		expect(await found({ model: { eq: "another" } })).toBe(0);
		expect(await found({ kind: { eq: "run" } })).toBe(0);
		expect(await found({ ms: { gte: 50 } })).toBe(1);
		expect(await found({ ms: { gte: 5_000 } })).toBe(0);
		expect(await found({ hasFailures: { eq: true } })).toBe(0);
	});
});

describe("the policy", () => {
	test("is set with an audit row, and not over somebody else's", async () => {
		const now = await as(admin).policy({});
		expect(now).toMatchObject({ samplePercent: 100, keepsContent: false, retentionDays: 30 });
		const ctx = await testContext(db, admin);
		const wanted = { samplePercent: 10, keepsContent: true, retentionDays: 7 };
		expect(await setPolicy(ctx, { ...wanted, revision: now.revision })).toMatchObject({
			...wanted,
			updatedByName: "Ada Admin",
		});
		await expect(setPolicy(ctx, { ...wanted, revision: now.revision })).rejects.toMatchObject({ code: "CHANGED" });
		const [row] = await db.sql`select changes_before, count(*) over () from (
			select before as changes_before from audit_pending where action = 'traces.set-policy'
			union all select before from audit_log where action = 'traces.set-policy') x`;
		expect(row).toMatchObject({ changes_before: { keepsContent: false } });
	});

	test("is for administrators", async () => {
		await expect(as(person).policy({})).rejects.toMatchObject({ code: "FORBIDDEN" });
	});
});

test("a trace that was never there is not found", async () => {
	await expect(as(admin).read({ traceId: randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
