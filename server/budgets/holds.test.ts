import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { budgetCounters, budgetHolds, budgets, groupMembers, groups, modelCalls, runs } from "@/db/schema";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { startExecutor } from "@/server/agents/executor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { embedder, setHostedEmbedder } from "@/server/knowledge/embedding";
import { embedForCaller } from "@/server/knowledge/service";
import { catalogueNow } from "@/server/models/catalogue";
import { AddConnection, AddModel, AddRoute } from "@/server/models/contract";
import { holdHop } from "@/server/models/hold-hop";
import { addConnection, addModel, addPrice, addRoute, testModel } from "@/server/models/service";
import { StartTrial, type TrialEvent } from "@/server/playground/contract";
import { followTrial, startTrial } from "@/server/playground/service";
import { getRun, startRun, stopRun } from "@/server/runs/service";
import { brokenRunRules } from "@/tests/fault/invariants";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { finds } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";
import { AddBudget } from "./contract";
import { addBudget, holdCall, listUsedCalls, ownUsage, usageSums } from "./service";

// I6: what is settled is what was taken, each once, and never more than a reservation beyond the limit. The holes of other gateways are here by name.

let db: Database;
let checkpoints: Checkpoints;
let agentId: string;
let standIn: Provider;
let admin: ServiceContext;
let staff: ServiceContext;
let executor: { stop: () => Promise<void> };
const keys = { first: "", dearer: "" };
const question = "How many days of leave are there?";

beforeAll(async () => {
	({ db, agentId, checkpoints } = await agentsDatabase());
	standIn = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
	const connection = { name: "Stand-in", kind: "openai", address: standIn.url, key: "sk-test" };
	const { id: connectionId } = await addConnection(admin, AddConnection.parse(connection));
	for (const [name, price] of [["first", 1_000_000] as const, ["dearer", 100_000_000] as const]) {
		const model = await addModel(admin, AddModel.parse({ connectionId, name, contextTokens: 50_000 }));
		await addPrice(admin, {
			modelId: model.id,
			...{ currency: "EUR", inputMicros: price, outputMicros: price, cachedMicros: null },
		});
		keys[name] = model.id;
	}
	const steps = [{ modelId: keys.first }, { modelId: keys.dearer }];
	await addRoute(admin, AddRoute.parse({ name: "house", steps, isDefault: true }));
	const search = finds();
	executor = await startExecutor({ database: db, log, slots: 8, checkpoints, search, unreadable: async () => [] });
});
beforeEach(async () => {
	staff = await testContext(db, { role: "builder" });
	standIn.forget();
});
afterEach(async () => {
	await db.orm.delete(budgets);
	await db.orm.delete(budgetHolds);
	await db.orm.execute(sql`select pg_notify('models', '')`);
	setHostedEmbedder(null);
});
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await executor.stop();
	await standIn.stop();
});

const userOf = (ctx: ServiceContext) => requireUser(ctx).userId;
const give = (input: Omit<AddBudget, "subject" | "isEach" | "currency" | "note"> & Partial<AddBudget>) =>
	addBudget(admin, AddBudget.parse(input));
const ofStaff = (most: number) =>
	give({ subjectKind: "user", subject: userOf(staff), measure: "tokens", span: "day", most });
const rulesNow = async () => (await catalogueNow(db)).budgets;
const call = async (tokens: number, ttlMs = 60_000) =>
	holdCall(db, await rulesNow(), {
		callId: randomUUID(),
		whose: { userId: userOf(staff), keyId: null, agentId: null },
		most: { tokens, micros: null, currency: null },
		ttlMs,
	});
async function ask(ctx = staff) {
	const { runId } = await startRun(ctx, { question });
	const { events } = await readRun(ctx, runId);
	return { runId, events, run: await getRun(ctx, { runId }) };
}
/** A group with the person of the test in it. */
async function groupOf(): Promise<string> {
	const [group] = await db.orm
		.insert(groups)
		.values({ name: `Harbour ${randomUUID()}` })
		.returning({ id: groups.id });
	await db.orm.insert(groupMembers).values({ groupId: group?.id ?? "", userId: userOf(staff) });
	return group?.id ?? "";
}
/** What is settled stands with the row of the call. */
const settled = () => until(async () => (await db.orm.select().from(budgetHolds)).every((one) => one.settled !== null));

describe("what is held back", () => {
	test("costs no question to the database where no budget binds", async () => {
		const away = new Proxy(db, { get: () => expect.unreachable("the database was asked") });
		const other = { id: randomUUID(), subjectKind: "user", subject: randomUUID(), isEach: false } as const;
		const rule = { ...other, span: "day", measure: "tokens", currency: "", most: 1 } as const;
		const asked = {
			callId: randomUUID(),
			whose: { userId: userOf(staff), keyId: null, agentId: null },
			most: { tokens: 10, micros: 10, currency: "EUR" },
			ttlMs: 1_000,
		};
		expect(await holdCall(away, [], asked)).toBe(false);
		expect(await holdCall(away, [rule], asked)).toBe(false);
	});

	test("by fifty calls at once is never more than there is; what the dead held comes back by itself", async () => {
		await ofStaff(10_500);
		const all = await Promise.allSettled(Array.from({ length: 50 }, () => call(1_000)));
		expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
		const [refused] = all.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
		expect(refused).toMatchObject({ code: "LIMIT_REACHED", retryAfterSeconds: expect.any(Number) });
		expect(refused.message).toMatch(/^Your 10,500 tokens for today are .*00:00 UTC.*budgets:manage.*ask for more/);
		const { limits } = await ownUsage(staff);
		expect(limits[0]).toMatchObject({ used: 0, held: 10_000, most: 10_500, span: "day" });
		await db.orm.update(budgetHolds).set({ expiresAt: sql`now() - interval '1 second'` });
		expect(await call(10_000)).toBe(true);
	});

	test("of several budgets is held of all or of none", async () => {
		const ofAll = await give({
			subjectKind: "group",
			subject: await groupOf(),
			measure: "tokens",
			span: "month",
			most: 500,
		});
		await ofStaff(10_000);
		await expect(call(1_000)).rejects.toThrow(/The group Harbour.*'s 500 tokens for this month/);
		expect(await db.orm.$count(budgetHolds)).toBe(0);
		expect(await call(400)).toBe(true);
		expect(await db.orm.$count(budgetHolds)).toBe(2);
		expect(await db.orm.$count(budgetHolds, eq(budgetHolds.budgetId, ofAll.id))).toBe(1);
	});

	test("can't be looked up: nothing is asked", async () => {
		await ofStaff(10_000);
		const [model] = [...(await catalogueNow(db)).models.values()];
		if (!model) throw new Error("no model");
		const away = Object.create(db, { transaction: { value: () => Promise.reject(new Error("away")) } }) as Database;
		const who = { userId: userOf(staff), keyId: null, agentId: null };
		const hop = { who, model, inputTokens: 10, mostTokens: undefined, totalMs: 1_000 };
		const rules = await rulesNow();
		await expect(holdHop({ db: away, budgets: rules }, hop)).rejects.toMatchObject({ reason: "unchecked" });
	});

	test("was taken before the budget was made counts too, and what the row says is what is settled", async () => {
		await ask();
		await until(async () => (await db.orm.$count(modelCalls, eq(modelCalls.userId, userOf(staff)))) > 0);
		await ofStaff(1_000_000);
		await ask();
		await settled();
		const rows = await db.orm
			.select()
			.from(modelCalls)
			.where(eq(modelCalls.userId, userOf(staff)));
		const taken = rows.reduce((sum, row) => sum + row.inputTokens + row.outputTokens, 0);
		const [counter] = await db.orm.select().from(budgetCounters);
		expect(rows.length).toBeGreaterThan(1);
		expect(counter).toMatchObject({ used: taken, opening: expect.any(Number) });
		expect(counter?.opening).toBeGreaterThan(0);
		expect(await brokenRunRules(db)).toEqual([]);
	});

	test("for a stream that its reader stops is settled once", async () => {
		await ofStaff(1_000_000);
		standIn.when("first", { fault: "endless", text: "one two three four", intervalMs: 5 });
		const { runId } = await startRun(staff, { question });
		await until(() => standIn.seen.at(-1)?.behaviour.fault === "endless");
		await stopRun(staff, { runId });
		await until(async () => (await getRun(staff, { runId })).state === "cancelled");
		const [row] = await until(async () => {
			const found = await db.orm.select().from(modelCalls).where(eq(modelCalls.runId, runId));
			return found.length === 1 ? found : null;
		});
		const [hold] = await db.orm.select().from(budgetHolds);
		expect(hold).toMatchObject({ callId: row?.id, settled: (row?.inputTokens ?? 0) + (row?.outputTokens ?? 0) });
		expect(await brokenRunRules(db)).toEqual([]);
	});
});

describe("the known holes of gateways", () => {
	test("a fallback to a dearer model is held back for by its own price", async () => {
		await give({
			subjectKind: "user",
			subject: userOf(staff),
			measure: "money",
			span: "day",
			currency: "EUR",
			most: 50_000,
		});
		standIn.when("first", { fault: "500" });
		const { run, events } = await ask();
		expect(run.result?.degraded).toContain("over budget");
		expect(events.map(({ body }) => body)).toContainEqual(
			expect.objectContaining({ type: "model.passed", model: "dearer", reason: "budget" }),
		);
		expect(standIn.seen.map(({ body }) => body.model)).not.toContain("dearer");
	});

	test("no other way to a model is left out: a run, a trial, a test of a model, embeddings", async () => {
		const texts: string[] = [];
		setHostedEmbedder({
			...{ model: "hosted", dimension: 3, isLocal: false, mostCharacters: 100 },
			embed: async (some) => {
				texts.push(...some);
				return some.map(() => new Float32Array([1, 0, 0]));
			},
		});
		expect(embedder().isLocal).toBe(false);
		await embedForCaller(staff, { texts: ["Counted though no budget is there."] });
		await until(async () => (await db.orm.$count(modelCalls, eq(modelCalls.modelKey, "embed:hosted"))) === 1);
		const { trialId } = await startTrial(staff, StartTrial.parse({ text: "Say so." }));
		for (const subject of ["first", keys.dearer, "embed:hosted"])
			await give({ subjectKind: "model", subject, measure: "tokens", span: "day", most: 1 });
		const seen = standIn.seen.length;
		texts.length = 0;
		const { run } = await ask();
		expect(run.result?.hops).toMatchObject([
			{ outcome: "skipped", reason: "budget" },
			{ outcome: "skipped", reason: "budget" },
		]);
		const ended: TrialEvent[] = [];
		for await (const { data } of followTrial(staff, { trialId })) ended.push(data);
		expect(ended.at(-1)).toMatchObject({
			type: "ended",
			state: "failed",
			reason: expect.stringContaining("over budget"),
		});
		expect(await testModel(admin, { modelKey: keys.first })).toMatchObject({ isWell: false, reason: "budget" });
		await expect(embedForCaller(staff, { texts: ["Not counted?"] })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
		expect([standIn.seen.length, texts]).toEqual([seen, []]);
	});

	test("a run is not begun where nothing is left, by whichever group, role or agent", async () => {
		const groupId = await groupOf();
		const scopes = [
			{ subjectKind: "group", subject: groupId },
			{ subjectKind: "role", subject: "builder", isEach: true },
			{ subjectKind: "agent", subject: agentId },
		] as const;
		for (const scope of scopes) {
			const before = scope.subjectKind === "agent" ? await db.orm.$count(runs) : 0;
			await give({ ...scope, measure: "runs", span: "month", most: before + 1 });
			const { runId } = await startRun(staff, { question });
			await expect(startRun(staff, { question })).rejects.toMatchObject({
				code: "LIMIT_REACHED",
				message: expect.stringMatching(/\d runs? for this month/),
			});
			await stopRun(staff, { runId });
			await readRun(staff, runId);
			await db.orm.delete(budgets);
			// The next one has asked nothing yet.
			staff = await testContext(db, { role: "builder" });
		}
	});

	test("a hundred runs at once on the last of it overspend by at most one reservation, and each ends", async () => {
		const most = 9_000;
		await ofStaff(most);
		const started = await Promise.allSettled(Array.from({ length: 100 }, () => startRun(staff, { question })));
		const runIds = started.flatMap((one) => (one.status === "fulfilled" ? [one.value.runId] : []));
		expect(runIds.length).toBeGreaterThan(8);
		for (const runId of runIds) expect((await readRun(staff, runId)).events.at(-1)?.body.type).toBe("run.ended");
		await settled();
		const [taken] = await db.orm
			.select({
				calls: sql<number>`count(*)::int`,
				largest: sql<number>`max(reserved)::int`,
				sum: sql<number>`sum(settled)::int`,
			})
			.from(budgetHolds);
		const { limits } = await ownUsage(staff);
		expect(limits[0]).toMatchObject({ used: taken?.sum, held: 0 });
		expect(taken?.sum).toBeLessThanOrEqual(most + (taken?.largest ?? 0));
		// Some were answered by the model and some were not: it was the last of it.
		expect(taken?.calls).toBeGreaterThan(0);
		expect(taken?.calls).toBeLessThan(runIds.length);
		expect(await brokenRunRules(db)).toEqual([]);
	}, 120_000);

	test("what is stored counts for as long as it is there", async () => {
		await give({ subjectKind: "user", subject: userOf(staff), measure: "storage", span: "always", most: 100 });
		const collection = await makeCollection(staff);
		await bringDocument(staff, collection, "a.txt", "x".repeat(90));
		await expect(bringDocument(staff, collection, "b.txt", "y".repeat(20))).rejects.toMatchObject({
			code: "LIMIT_REACHED",
			message: expect.stringContaining("of storage"),
		});
		expect((await ownUsage(staff)).limits).toContainEqual(expect.objectContaining({ measure: "storage", used: 90 }));
	});
});

test("what was used is added up by person, agent and model, and goes down to the calls", async () => {
	const { runId } = await ask();
	await until(async () => (await db.orm.$count(modelCalls, eq(modelCalls.runId, runId))) === 1);
	const [row] = await db.orm.select().from(modelCalls).where(eq(modelCalls.runId, runId));
	const tokens = (row?.inputTokens ?? 0) + (row?.outputTokens ?? 0);
	const { sums } = await usageSums(admin, { by: "user" });
	const mine = sums.find(({ subject }) => subject === userOf(staff));
	expect(mine).toMatchObject({ calls: 1, tokens, currency: "EUR", name: "Robin Tester" });
	expect(mine?.forecastTokens).toBeGreaterThanOrEqual(tokens);
	for (const by of ["group", "agent", "model", "key"] as const)
		expect((await usageSums(admin, { by })).days).toHaveLength(30);
	const { rows } = await listUsedCalls(admin, { limit: 50, filter: { userId: { eq: userOf(staff) } } });
	expect(rows).toMatchObject([{ runId, model: "first", isOwn: false, costMicros: tokens }]);
	const { days } = await ownUsage(staff);
	expect(days.at(-1)).toMatchObject({ tokens, runs: 1 });
});
