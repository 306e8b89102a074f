import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { agents, auditEntries, budgetEntries, runEvents, runs } from "@/db/schema";
import { insertAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { type Behaviour, type Provider, startProvider } from "@/tests/support/provider";
import { foldAnswer, maxQuestionChars } from "./contract";
import { followRun, listRuns, startRun, stopRun } from "./service";

const question = "How many days of annual leave do staff get?";
/** Runs that other tests left waiting are carried out too, so what the provider shall do stands in the question. */
const asking = (behaviour: Behaviour) => `${question} {${JSON.stringify(behaviour)}}`;
let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

const callerFor = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));

test("a start writes thread, run, budget and audit together; a refused one writes none of them", async () => {
	const ctx = await testContext(base.db);
	const { runId, threadId } = await callerFor(ctx).runs.start({ question: `  ${question}\0  ` });
	const [run] = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
	expect(run).toMatchObject({ threadId, question, state: "queued", agentId: base.agentId });
	expect(await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId))).toHaveLength(1);
	expect(await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId))).toHaveLength(1);
	const { thread } = await callerFor(ctx).threads.get({ threadId });
	expect(thread).toMatchObject({ title: question, agentName: "Assistant" });

	await expect(startRun(ctx, { question, threadId: randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(startRun(ctx, { question, agentId: randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
	expect(await listRuns(ctx, { limit: 50 })).toMatchObject({ rows: [{ id: runId }], next: null });
});

test("a question that is empty or far too long is refused with what to do", async () => {
	const caller = callerFor(await testContext(base.db));
	await expect(caller.runs.start({ question: "  \0 " })).rejects.toMatchObject({ message: "question: Ask something." });
	await expect(caller.runs.start({ question: "long ".repeat(2_000_000) })).rejects.toMatchObject({
		code: "BAD_REQUEST",
		message: expect.stringContaining(`at most ${maxQuestionChars.toLocaleString("en")} characters`),
	});
});

test("a viewer reads but can't start, stop, rename or remove", async () => {
	const viewer = callerFor(await testContext(base.db, { role: "viewer" }));
	const id = randomUUID();
	expect(await viewer.runs.list({})).toEqual({ rows: [], next: null });
	await expect(viewer.runs.start({ question })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(viewer.runs.stop({ runId: id })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(viewer.threads.rename({ threadId: id, title: "x" })).rejects.toMatchObject({ code: "FORBIDDEN" });
	await expect(viewer.threads.remove({ threadId: id })).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("an agent starts no runs, whoever it works for", async () => {
	const ctx = await testContext(base.db);
	if (ctx.actor.kind !== "user") throw new Error("not a person");
	const agent = { kind: "agent" as const, agentId: base.agentId, runId: randomUUID(), onBehalfOf: ctx.actor };
	await expect(callerFor({ ...ctx, actor: agent }).runs.start({ question })).rejects.toMatchObject({
		code: "FORBIDDEN",
	});
});

test("another person's run and thread look like ones that there are not, also to an owner", async () => {
	const mine = await testContext(base.db);
	const { runId, threadId } = await startRun(mine, { question });
	for (const role of ["staff", "owner"] as const) {
		const other = callerFor(await testContext(base.db, { role }));
		const errors = await Promise.all(
			[runId, randomUUID()].map(async (id) => {
				const threadOf = id === runId ? threadId : id;
				const followed = (async () => {
					for await (const _ of await other.runs.events({ runId: id })) break;
				})();
				const all = await Promise.allSettled([
					other.runs.get({ runId: id }),
					other.runs.stop({ runId: id }),
					followed,
					other.threads.get({ threadId: threadOf }),
					other.threads.rename({ threadId: threadOf, title: "Mine now" }),
					other.threads.remove({ threadId: threadOf }),
					other.runs.start({ question, threadId: threadOf }),
				]);
				return all.map((one) => (one.status === "rejected" ? [one.reason.code, one.reason.message] : "let in"));
			}),
		);
		for (const [code] of errors[0] ?? []) expect(code).toBe("NOT_FOUND");
		expect(errors[0]).toEqual(errors[1]);
	}
	const [run] = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
	expect(run).toMatchObject({ state: "queued", stopRequestedAt: null });
});

test("stopping a run that still waits ends it at once, with its last event, and settles its budget", async () => {
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question });
	const reading = readRun(ctx, runId);
	expect(await stopRun(ctx, { runId })).toMatchObject({ state: "cancelled", reason: "It was stopped.", answer: null });
	const { events, text } = await reading;
	expect(events).toMatchObject([{ seq: 1, body: { type: "run.ended", state: "cancelled" } }]);
	expect(text).toBe("");
	const [budget] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	expect(budget?.settled).toBe(0);
	// Stopping what has ended changes nothing.
	expect(await stopRun(ctx, { runId })).toMatchObject({ state: "cancelled" });
	expect(await base.db.orm.select().from(runEvents).where(eq(runEvents.runId, runId))).toHaveLength(1);
});

test("fifty starts at once never hold back more than the day's limit, and the refusal says which and until when", async () => {
	vi.stubEnv("QD_TOKENS_PER_USER_PER_DAY", "100000");
	vi.resetModules();
	const fresh = await import("./service");
	const ctx = await testContext(base.db);
	const all = await Promise.allSettled(Array.from({ length: 50 }, () => fresh.startRun(ctx, { question })));
	vi.unstubAllEnvs();
	const started = all.filter((one) => one.status === "fulfilled").length;
	const entries = await base.db.orm
		.select()
		.from(budgetEntries)
		.where(eq(budgetEntries.userId, ctx.actor.kind === "user" ? ctx.actor.userId : ""));
	expect(entries).toHaveLength(started);
	const held = entries.reduce((sum, { reserved }) => sum + reserved, 0);
	expect(held).toBeLessThanOrEqual(100_000);
	expect(held).toBeGreaterThan(90_000 - 10_000);
	const refused = all.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
	expect(refused).toHaveLength(50 - started);
	for (const error of refused)
		expect(error).toMatchObject({
			code: "LIMIT_REACHED",
			message: expect.stringMatching(/100,000 tokens for today.*00:00 UTC.*budgets:manage/),
		});
});

test("removing a thread gives no budget back", async () => {
	const ctx = await testContext(base.db);
	const { runId, threadId } = await startRun(ctx, { question });
	await callerFor(ctx).threads.remove({ threadId });
	expect(await base.db.orm.select().from(runs).where(eq(runs.id, runId))).toHaveLength(0);
	expect(await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId))).toHaveLength(1);
});

test("removing a thread in mid-run stops the run and leaves nothing of it", async () => {
	const executor = await testExecutor(base, provider);
	const ctx = await testContext(base.db);
	const { runId, threadId } = await startRun(ctx, { question: asking({ tokens: 3_000, intervalMs: 5 }) });
	for await (const { data } of followRun(ctx, { runId })) if (data.body.type === "answer.delta") break;
	await callerFor(ctx).threads.remove({ threadId });
	await executor.stop();
	const asked = provider.seen.find(({ behaviour }) => behaviour.tokens === 3_000);
	await until(() => asked?.wasAborted, 2_000);
	for (const table of ["run_events where run_id::text", "langgraph.checkpoints where thread_id"] as const) {
		const rows = await base.db.sql.unsafe(`select 1 from ${table} = '${runId}'`);
		expect(rows, table).toHaveLength(0);
	}
});

test("a reader that comes back after any event has the same text in the end, and each event once", async () => {
	const executor = await testExecutor(base, provider);
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question: asking({ tokens: 60, intervalMs: 3 }) });
	const live = await readRun(ctx, runId);
	const replayed = await readRun(ctx, runId);
	expect(replayed).toEqual(live);
	for (let seq = 1; seq <= live.events.length; seq += 1) {
		const rest = await readRun(ctx, runId, String(seq));
		expect(rest.events).toEqual(live.events.slice(seq));
		const before = live.events.slice(0, seq);
		const text = [...before, ...rest.events].reduce((so, { body }) => foldAnswer(so, body), "");
		expect(text).toBe(live.text);
	}
	await executor.stop();
});

test("many readers of one run in mid-stream, some coming late, all read the same", async () => {
	const executor = await testExecutor(base, provider);
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question: asking({ tokens: 150, intervalMs: 3 }) });
	const readers = [readRun(ctx, runId), readRun(ctx, runId)];
	for await (const { data } of followRun(ctx, { runId }))
		if (data.body.type === "answer.delta" && readers.length < 12) readers.push(readRun(ctx, runId));
	const all = await Promise.all(readers);
	expect(all.length).toBe(12);
	for (const one of all) expect(one).toEqual(all[0]);
	await executor.stop();
});

test("the list pages through all of one's runs, newest first, and filters by state", async () => {
	const ctx = await testContext(base.db);
	const ids: string[] = [];
	for (let n = 0; n < 7; n += 1) ids.unshift((await startRun(ctx, { question: `${question} ${n}` })).runId);
	await stopRun(ctx, { runId: ids[3] ?? "" });
	const seen: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await callerFor(ctx).runs.list({ limit: 3, ...(cursor ? { cursor } : {}) });
		seen.push(...page.rows.map(({ id }) => id));
		cursor = page.next ?? undefined;
	} while (cursor);
	expect(seen).toEqual(ids);
	const cancelled = await listRuns(ctx, { limit: 50, filter: { state: { eq: "cancelled" } } });
	expect(cancelled.rows.map(({ id }) => id)).toEqual([ids[3]]);
	const threads = await callerFor(ctx).threads.list({ limit: 4 });
	expect(threads.rows).toHaveLength(4);
	expect(threads.next).not.toBeNull();
});

test("an archived agent can't be asked", async () => {
	const ctx = await testContext(base.db);
	const agentId = await insertAgent(base.db.orm, { name: "Old one" });
	await base.db.orm.update(agents).set({ archivedAt: new Date() }).where(eq(agents.id, agentId));
	await expect(startRun(ctx, { question, agentId })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
