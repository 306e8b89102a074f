import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import {
	agents,
	auditPending,
	groupMembers,
	groups,
	modelCalls,
	runs,
	safetyPolicies,
	safetyVerdicts,
	threads,
} from "@/db/schema";
import { insertAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError } from "@/server/core/errors";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase } from "@/tests/support";

let db: Database;
let ada: ServiceContext;
let sam: ServiceContext;
let ben: ServiceContext;
let agentId: string;
beforeAll(async () => {
	db = await testDatabase();
	ada = await testContext(db, { role: "admin", name: "Ada" });
	sam = await testContext(db, { name: "Sam" });
	ben = await testContext(db, { name: "Ben" });
	agentId = await insertAgent(db.orm, { name: "Assistant", isDefault: true });
	await Promise.all([fillCalls(), fillRuns()]);
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).insights;
const userOf = (ctx: ServiceContext) => requireUser(ctx).userId;
const refused = (code: AppError["code"]) => ({ cause: expect.objectContaining({ code }) });
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

type Call = typeof modelCalls.$inferInsert;
const call = (ctx: ServiceContext, more: Partial<Call> = {}): Call => ({
	...{ id: randomUUID(), userId: userOf(ctx), agentId, modelKey: "env:swift", model: "swift", connection: "Ours" },
	...{ outcome: "answered", inputTokens: 100, outputTokens: 10, ms: 1_000, firstTokenMs: 100, createdAt: hoursAgo(2) },
	...more,
});
const euros = { costMicros: 2_000_000, currency: "EUR" };

async function fillCalls(): Promise<void> {
	await db.orm
		.insert(modelCalls)
		.values([
			...[1_000, 2_000, 3_000].map((ms) => call(sam, { ms, ...euros })),
			call(sam, { outcome: "failed", reason: "timeout", ms: 60_000, firstTokenMs: null, outputTokens: 0 }),
			call(sam, { modelKey: "env:grand", model: "grand", hop: 2, costMicros: 5_000_000, currency: "USD" }),
			call(ben, { ms: 9_000, createdAt: hoursAgo(50) }),
			call(ben, { createdAt: hoursAgo(24 * 20), ms: 4_000 }),
			call(ada, { userId: null, agentId: null, inputTokens: 7 }),
		]);
}

async function fillRuns(): Promise<void> {
	const [thread] = await db.orm
		.insert(threads)
		.values({ userId: userOf(sam), agentId, title: "Leave" })
		.returning({ id: threads.id });
	const [agent] = await db.orm.select().from(agents).where(eq(agents.id, agentId));
	const run = { threadId: thread?.id ?? "", userId: userOf(sam), agentId, requestId: "r", question: "How many days?" };
	const made = { ...run, agentVersionId: agent?.publishedVersionId ?? "", createdAt: hoursAgo(2) };
	await db.orm.insert(runs).values([
		{ ...made, state: "succeeded", result: { cached: { savedTokens: 5 } } },
		{ ...made, state: "succeeded", result: {} },
		{ ...made, state: "failed" },
		{ ...made, state: "cancelled" },
	]);
	const [policy] = await db.orm.select({ id: safetyPolicies.id }).from(safetyPolicies).limit(1);
	const policyId = policy?.id ?? (await somePolicy());
	const found = {
		policyId,
		policyVersion: 1,
		place: "input",
		found: { email: 1 },
		agentId,
		userId: userOf(sam),
	} as const;
	await db.orm
		.insert(safetyVerdicts)
		.values((["blocked", "warned", "warned"] as const).map((action) => ({ ...found, id: randomUUID(), action })));
}

async function somePolicy(): Promise<string> {
	const [made] = await db.orm
		.insert(safetyPolicies)
		.values({ name: "Secrets", detector: "secrets" })
		.returning({ id: safetyPolicies.id });
	return made?.id ?? "";
}

describe("insights", () => {
	test("of one's own are of oneself alone, over time and by model", async () => {
		const { total, points, breakdown, unit, only } = await api(sam).own({ span: "24h" });
		expect(unit).toBe("hour");
		expect(only).toBeNull();
		expect(total.calls).toMatchObject({
			calls: 5,
			failed: 1,
			answered: 4,
			fallbacks: 1,
			inputTokens: 500,
			outputTokens: 40,
		});
		expect(total.runs).toEqual({ runs: 4, failed: 1, succeeded: 2, cached: 1 });
		expect(total.verdicts).toEqual({ blocked: 1, warned: 2, redacted: 0, shadowed: 0 });
		expect(points).toHaveLength(24);
		expect(points.map(({ calls }) => calls.calls).reduce((a, b) => a + b)).toBe(5);
		expect(breakdown.map(({ name, calls, runs: of }) => [name, calls.calls, of])).toEqual([
			["swift", 4, null],
			["grand", 1, null],
		]);
		expect((await api(ben).own({ span: "24h" })).total).toMatchObject({
			calls: { calls: 0, latency: { p50: null, p95: null }, costs: [] },
			runs: { runs: 0 },
		});
	});

	test("percentiles are of answered calls, and costs never cross a currency", async () => {
		const { breakdown, total } = await api(sam).own({ span: "24h" });
		const swift = breakdown.find(({ name }) => name === "swift");
		expect(swift?.calls.latency.p50).toBe(2_000);
		expect(swift?.calls.latency.p95).toBeCloseTo(2_900);
		expect(total.calls.firstToken).toEqual({ p50: 100, p95: 100 });
		expect(total.calls.costs).toHaveLength(2);
		expect(total.calls.costs).toEqual(
			expect.arrayContaining([
				{ micros: 6_000_000, currency: "EUR" },
				{ micros: 5_000_000, currency: "USD" },
			]),
		);
	});

	test("everybody's are for who may see them, by person, group and agent", async () => {
		await expect(api(sam).everybody({})).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(api(sam).export({})).rejects.toMatchObject(refused("FORBIDDEN"));
		const byUser = await api(ada).everybody({ span: "7d", by: "user" });
		expect(byUser.breakdown.map(({ name, calls }) => [name, calls.calls])).toEqual([
			["Sam", 5],
			["Ben", 1],
			["The installation itself", 1],
		]);
		const [group] = await db.orm.insert(groups).values({ name: "Harbour" }).returning({ id: groups.id });
		const groupId = group?.id ?? "";
		await db.orm.insert(groupMembers).values([
			{ groupId, userId: userOf(sam) },
			{ groupId, userId: userOf(ben) },
		]);
		const byGroup = await api(ada).everybody({ span: "90d", by: "group" });
		expect(byGroup.breakdown).toMatchObject([{ name: "Harbour", calls: { calls: 7 }, runs: { runs: 4 } }]);
		const byAgent = await api(ada).everybody({ span: "30d", by: "agent", groupId });
		expect(byAgent).toMatchObject({ unit: "day", only: "Harbour", total: { calls: { calls: 7 } } });
		expect(byAgent.breakdown).toMatchObject([{ subject: agentId, verdicts: { blocked: 1, warned: 2 } }]);
		expect(byAgent.points).toHaveLength(30);
		expect(byAgent.points.at(-21)?.calls.latency.p50 ?? byAgent.points.at(-20)?.calls.latency.p50).toBe(4_000);
	});

	test("narrowed to a model, they say nothing of runs, which may ask several", async () => {
		const { total, only } = await api(ada).everybody({ span: "24h", modelKey: "env:grand", userId: userOf(sam) });
		expect(only).toBe("grand, Sam");
		expect(total).toMatchObject({ calls: { calls: 1, fallbacks: 1 }, runs: null, verdicts: null });
	});

	test("a name that a spreadsheet would calculate does not get into the file as one", async () => {
		const mean = await testContext(db, { name: '=HYPERLINK("http://evil.test")' });
		await db.orm.insert(modelCalls).values(call(mean));
		const { name, content } = await api(ada).export({ span: "24h", by: "user", userId: userOf(mean) });
		expect(name).toBe("insights-user-24h.csv");
		expect(content.split("\r\n")[0]).toMatch(/^"By user","Id","Calls"/);
		expect(content).toContain(`"'=HYPERLINK(""http://evil.test"")"`);
		const [entry] = await db.orm
			.select()
			.from(auditPending)
			.where(and(eq(auditPending.action, "insights.export"), eq(auditPending.outcome, "done")));
		expect(entry).toMatchObject({ userId: userOf(ada), detail: { by: "user", span: "24h" } });
	});
});
