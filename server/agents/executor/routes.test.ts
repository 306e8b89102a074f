import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { agentVersions, budgetEntries, modelCalls } from "@/db/schema";
import type { Checkpoints } from "@/server/agents/checkpointer";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { catalogueNow, forgetCatalogue, tellModels } from "@/server/models/catalogue";
import { callsOfRun } from "@/server/models/service";
import { getRun, startRun, stopRun } from "@/server/runs/service";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { urlOf } from "@/tests/support/database";
import { finds } from "@/tests/support/passages";
import { type Provider as StandIn, startProvider } from "@/tests/support/provider";
import { makeRoute } from "@/tests/support/routes";
import { until } from "@/tests/support/until";
import { openAccount } from "./account";
import { startExecutor } from "./index";
import type { ClaimedRun } from "./lease";

let db: Database;
let checkpoints: Checkpoints;
let agentId: string;
let standIn: StandIn;
let staff: ServiceContext;
let executor: { stop: () => Promise<void> };
const question = "How many days of leave are there?";

/** The default route: one model, then a dearer one. */
beforeAll(async () => {
	({ db, agentId, checkpoints } = await agentsDatabase());
	standIn = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	const admin: ServiceContext = { ...(await testContext(db, { role: "admin" })), via: "console" };
	staff = await testContext(db, { role: "staff" });
	await makeRoute(admin, standIn.url, { first: 1_000_000, dearer: 100_000_000 });
	executor = await startExecutor({
		database: db,
		log,
		slots: 8,
		checkpoints,
		search: finds(),
		unreadable: async () => [],
	});
});
beforeEach(() => standIn.forget());
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await executor.stop();
	await standIn.stop();
});

async function ask() {
	const { runId } = await startRun(staff, { question });
	const { events, text } = await readRun(staff, runId);
	return { runId, events, text, run: await getRun(staff, { runId }) };
}
/** Versions that are published never change; a test's may. */
async function agentIs(change: { caps?: { cost: number }; whenAway?: "quote" | "fail" }): Promise<void> {
	await db.transaction(async (tx) => {
		await tx.execute("set local session_replication_role = replica");
		await tx.update(agentVersions).set(change).where(eq(agentVersions.agentId, agentId));
	});
}

test("a run says who answered, who was away and why, and what it cost; its budget is settled by the same count", async () => {
	standIn.when("first", { fault: "500" });
	standIn.when("dearer", { text: "There are thirty days of leave [1]." });
	const { runId, run, events } = await ask();
	expect(run).toMatchObject({ state: "succeeded", result: { model: "dearer", degraded: null } });
	expect(run.result?.hops).toMatchObject([
		{ model: "first", connection: "Stand-in", outcome: "failed", reason: "failed", status: 500 },
		{ model: "dearer", outcome: "answered" },
	]);
	expect(events.map(({ body }) => body)).toContainEqual(
		expect.objectContaining({ type: "model.passed", model: "first", reason: "failed", status: 500 }),
	);
	const { usage } = run.result ?? { usage: { inputTokens: 0, outputTokens: 0 } };
	const tokens = usage.inputTokens + usage.outputTokens;
	expect(run.result?.cost).toEqual({ micros: tokens * 100, currency: "EUR", isEstimated: false });
	const calls = await until(async () => {
		const read = await callsOfRun(staff, { runId });
		return read.calls.length === 2 ? read : null;
	});
	expect(calls).toMatchObject({ costs: [{ micros: tokens * 100, currency: "EUR" }], isEstimated: false });
	expect(calls.calls.reduce((sum, call) => sum + call.inputTokens + call.outputTokens, 0)).toBe(tokens);
	const [entry] = await db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	expect(entry?.settled).toBe(tokens);
	await expect(callsOfRun(await testContext(db, { role: "staff" }), { runId })).rejects.toMatchObject({
		code: "NOT_FOUND",
	});
});

test("an answer that broke off is begun anew by another model, and everyone sees it", async () => {
	standIn.when("first", { fault: "cut", text: "one two three four five six", intervalMs: 1 });
	standIn.when("dearer", { text: "There are thirty days of leave [1]." });
	const { run, events, text } = await ask();
	expect(text).toBe("There are thirty days of leave [1].");
	expect(run).toMatchObject({ state: "succeeded", result: { model: "dearer", incomplete: false } });
	const told = events.flatMap(({ body }) => (body.type === "answer.restarted" ? [body.why] : []));
	expect(told).toEqual(["first broke off (it broke off): another model answers from the beginning."]);
	expect(events.some(({ body }) => body.type === "answer.delta" && body.text.includes("one"))).toBe(true);
});

test("a dearer model is not asked where the run has not that much left: it ends at its cap, and says so", async () => {
	await agentIs({ caps: { cost: 0.05 } });
	standIn.when("first", { fault: "500" });
	const before = standIn.seen.filter(({ body }) => body.model === "dearer").length;
	const { run, events } = await ask();
	await agentIs({ caps: { cost: 5 } });
	expect(run).toMatchObject({ state: "failed", result: { cap: "cost" } });
	expect(run.reason).toMatch(
		/^It met its cap of 0\.05 on what a run may cost: dearer was next\. It may cost [\d.]+, and/,
	);
	expect(events.map(({ body }) => body)).toContainEqual(
		expect.objectContaining({ type: "model.passed", model: "dearer", reason: "budget" }),
	);
	expect(standIn.seen.filter(({ body }) => body.model === "dearer")).toHaveLength(before);
});

test("where the budget can't be looked up, no other model is asked", async () => {
	const gone = { value: () => Promise.reject(new Error("away")) };
	const away = Object.create(db, { orm: { value: { execute: gone.value } }, transaction: gone }) as Database;
	const run = {
		id: crypto.randomUUID(),
		attempt: 1,
		user: { id: crypto.randomUUID() },
		key: null,
		agent: { id: agentId, caps: {}, graph: "assistant" },
	};
	const { asker } = openAccount(run as unknown as ClaimedRun, { db: away, log, stops: () => [], tell: () => {} });
	const [model] = [...(await catalogueNow(db)).models.values()];
	if (!model) throw new Error("no model");
	const hop = { model, worstMicros: 1, mostTokens: 1 };
	await expect(asker.expectPaid({ ...hop, isFirst: false })).rejects.toMatchObject({ reason: "unchecked" });
	// What was held back for the run holds for its first.
	await asker.expectPaid({ ...hop, isFirst: true });
	const resumed = openAccount({ ...run, attempt: 2 } as unknown as ClaimedRun, {
		db: away,
		log,
		stops: () => [],
		tell: () => {},
	});
	await expect(resumed.asker.expectPaid({ ...hop, isFirst: true })).rejects.toMatchObject({ reason: "unchecked" });
	const everything = [{ kind: "model" as const, target: model.name }];
	const stopped = openAccount(run as unknown as ClaimedRun, { db: away, log, stops: () => everything, tell: () => {} });
	expect(() => stopped.asker.expectGoing(model)).toThrow("An administrator has stopped this model.");
});

test("where all are away an agent quotes or gives no answer, as it is set to", async () => {
	standIn.usually({ fault: "400" });
	expect((await ask()).run).toMatchObject({ state: "succeeded", result: { model: "built-in extractive" } });
	await agentIs({ whenAway: "fail" });
	const { run } = await ask();
	await agentIs({ whenAway: "quote" });
	expect(run).toMatchObject({ state: "failed", answer: null });
	expect(run.reason).toBe("Unavailable: No model of this route answered: first (400), dearer (400).");
});

test("what another process turns off is not asked any more, and what it turns on is", async () => {
	const other = new Database({ url: urlOf(db) });
	const turn = async (isEnabled: boolean) => {
		await other.orm.execute(sql`update models set is_enabled = ${isEnabled} where name = 'first'`);
		await tellModels(other.orm);
	};
	const firstHop = async () => (await ask()).run.result?.hops?.[0];
	try {
		await turn(false);
		await until(async () => (await firstHop())?.reason === "off");
		await turn(true);
		await until(async () => (await firstHop())?.outcome === "answered");
	} finally {
		await other.close();
	}
});

test("a run that is stopped in the middle of an answer has its call counted once", async () => {
	standIn.when("first", { fault: "endless", text: "one two three four", intervalMs: 5 });
	const { runId } = await startRun(staff, { question });
	await until(() => standIn.seen.at(-1)?.behaviour.fault === "endless");
	await stopRun(staff, { runId });
	await until(async () => (await getRun(staff, { runId })).state === "cancelled");
	const rows = await until(async () => {
		const found = await db.orm.select().from(modelCalls).where(eq(modelCalls.runId, runId));
		return found.length > 0 ? found : null;
	});
	expect(rows).toMatchObject([{ outcome: "cancelled", isEstimated: true }]);
	const [entry] = await db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	expect(entry?.settled).toBe((rows[0]?.inputTokens ?? 0) + (rows[0]?.outputTokens ?? 0));
});

test("costs of two currencies are never one sum", async () => {
	standIn.when("first", { fault: "cut", text: "one two three four five six", intervalMs: 1 });
	standIn.when("dearer", { text: "There are thirty days of leave [1]." });
	await db.orm.execute(
		sql`update model_prices set currency = 'USD' where model_id = (select id from models where name = 'dearer')`,
	);
	await until(async () => {
		forgetCatalogue(db);
		return [...(await catalogueNow(db)).models.values()].some(({ price }) => price?.currency === "USD");
	});
	const { run, runId } = await ask();
	const [first, second] = run.result?.hops ?? [];
	expect(run.result?.cost).toMatchObject({
		...{ micros: first?.costMicros, currency: "EUR" },
		others: [{ micros: second?.costMicros, currency: "USD" }],
	});
	const { costs } = await until(async () => {
		const read = await callsOfRun(staff, { runId });
		return read.calls.length === 2 ? read : null;
	});
	expect(costs.map(({ currency }) => currency).toSorted()).toEqual(["EUR", "USD"]);
});
