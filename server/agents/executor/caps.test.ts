import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { approvals, budgetEntries, runs } from "@/db/schema";
import type { Agent } from "@/server/agents/contract";
import { createAgent, insertAgent, updateAgent } from "@/server/agents/service";
import { answerOwn } from "@/server/approvals/service";
import type { ServiceContext } from "@/server/core/context";
import { setAccess } from "@/server/core/grants";
import { createPrompt } from "@/server/prompts/service";
import { getRun, startRun, stopRun } from "@/server/runs/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { callAs } from "@/tests/support/call";
import { type Provider, startProvider } from "@/tests/support/provider";

// T41: a run that would go on for ever ends at the first cap that it meets, and says which.

vi.hoisted(() => {
	process.env.QD_MODEL_INPUT_PRICE = "100";
	process.env.QD_RUNS_PER_USER = "3";
});

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let builder: ServiceContext;
let executor: Awaited<ReturnType<typeof testExecutor>>;
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	builder = await testContext(base.db, { role: "builder" });
	executor = await testExecutor(base, provider);
});
afterEach(() => provider.usually({}));
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});

const agentWith = async (caps: Agent["caps"], more: { tools?: string[]; approvalTools?: string[] } = {}) => {
	const fields = { name: randomUUID(), description: "", promptVersionId: null, collectionIds: null };
	const tools = { tools: ["agents.list"], ...more };
	return (await createAgent(builder, { ...fields, ...tools, access: "everyone", caps })).id;
};
const list = (limit: number) => ({ name: "agents_list", arguments: { limit } });
/** Asks, and answers with how it ended. */
async function ask(agentId: string) {
	const { runId } = await startRun(builder, { question: "Go on for ever.", agentId });
	const { events } = await readRun(builder, runId);
	const run = await getRun(builder, { runId });
	const called = events.filter(({ body }) => body.type === "tool.answered").length;
	const [budget] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	const { inputTokens = 0, outputTokens = 0 } = run.result?.usage ?? {};
	return { run, called, settled: budget?.settled, used: inputTokens + outputTokens };
}

describe("a run ends at its cap", () => {
	test("on steps, with what all its answers took", async () => {
		provider.next(...[1, 2].map((limit) => ({ toolCalls: [list(limit)] })));
		const { run, called, settled, used } = await ask(await agentWith({ steps: 6 }));
		expect(run).toMatchObject({ state: "failed", reason: "It met its cap of 6 steps.", result: { cap: "steps" } });
		expect(called).toBe(2);
		expect([settled, used > 600]).toEqual([used, true]);
	});

	test("on tokens", async () => {
		provider.usually({ toolCalls: [list(7)] });
		const { run, called } = await ask(await agentWith({ tokens: 100 }));
		expect(run).toMatchObject({ state: "failed", reason: "It met its cap of 100 tokens.", result: { cap: "tokens" } });
		expect(called).toBe(0);
	});

	test("on what it costs", async () => {
		provider.usually({ toolCalls: [list(7)] });
		const { run, called, settled, used } = await ask(await agentWith({ cost: 0.01 }));
		const reason = "It met its cap of 0.01 on what a run may cost.";
		expect(run).toMatchObject({ state: "failed", reason, result: { cap: "cost" } });
		expect([called, settled]).toEqual([0, used]);
	});

	test("on time, which goes on while nobody carries it out; what it had said stays", async () => {
		provider.next({ tokens: 2_000, intervalMs: 4 });
		const { runId } = await startRun(builder, {
			question: "Go on for ever.",
			agentId: await agentWith({ minutes: 7 }),
		});
		const [row] = await until(async () => {
			const found = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
			return (found[0]?.lastSeq ?? 0) > 20 ? found : null;
		});
		await executor.stop();
		await base.db.orm.update(runs).set({ startedAt: sql`now() - interval '7 minutes'` }).where(eq(runs.id, runId));
		executor = await testExecutor(base, provider);
		const { events } = await readRun(builder, runId);
		expect(events.slice(row?.lastSeq).map(({ body }) => body.type)).not.toContain("answer.restarted");
		const run = await getRun(builder, { runId });
		expect(run).toMatchObject({ state: "failed", reason: "It met its cap of 7 minutes.", result: { cap: "time" } });
		expect(run.answer).toMatch(/^All staff/);
	});

	test("where it calls a tool again and again with the same arguments and the same answer, in whatever order they stand", async () => {
		const calls = ['{"limit":3,"sort":"name"}', '{ "sort": "name", "limit": 3 }'];
		const toolCalls = calls.map((text) => ({ name: "agents_list", arguments: JSON.parse(text) as unknown }));
		provider.usually({ toolCalls });
		const { run, called } = await ask(await agentWith({}));
		expect(run).toMatchObject({ state: "failed", result: { cap: "loop" } });
		expect(run.reason).toContain("agents_list was called 3 times");
		expect(called).toBe(3);
	});

	test("counts on over a wait, whoever takes it up then", async () => {
		const tools = { tools: ["prompts.save"], approvalTools: ["prompts.save"] };
		const { prompt } = await createPrompt(builder, {
			name: randomUUID(),
			body: "One.",
			message: "",
			access: "private",
		});
		const save = { name: "prompts_save", arguments: { promptId: prompt.id, basedOn: 1, body: "Two.", message: "" } };
		provider.next({ toolCalls: [save] });
		const agentId = await agentWith({ steps: 4 }, tools);
		const { runId } = await startRun(builder, { question: "Write it.", agentId });
		const asked = await until(
			async () => (await base.db.orm.select().from(approvals).where(eq(approvals.runId, runId)))[0],
		);
		await until(async () => (await getRun(builder, { runId })).state === "waiting");
		await executor.stop();
		executor = await testExecutor(base, provider);
		await answerOwn(builder, { approvalId: asked.id, isAllowed: true, argumentsHash: asked.argumentsHash });
		await readRun(builder, runId);
		expect(await getRun(builder, { runId })).toMatchObject({ state: "failed", result: { cap: "steps" } });
	});
});

test("a question of a million characters is no run", async () => {
	const before = await base.db.orm.$count(runs);
	const asked = { question: "Why? ".repeat(200_000), agentId: base.agentId };
	expect(await callAs(base.db, builder.actor, "runs.start", asked)).toMatchObject({ code: "BAD_REQUEST" });
	expect(await base.db.orm.$count(runs)).toBe(before);
});

test("an agent has less than what the installation allows, or as much, and never more", async () => {
	await expect(agentWith({ steps: 26 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	const within = await agentWith({ steps: 25, minutes: 10 });
	const tooLong = updateAgent(builder, { agentId: within, caps: { minutes: 11 } });
	await expect(tooLong).rejects.toMatchObject({ code: "INVALID_INPUT" });
	// What the installation allowed when it was saved counts no more once it allows less.
	const definition = { tools: ["agents.list"], caps: { steps: 900 } };
	const agentId = await insertAgent(base.db.orm, { name: randomUUID(), definition });
	await setAccess(base.db.orm, "agent", agentId, "everyone");
	provider.next(...Array.from({ length: 6 }, (_, at) => ({ toolCalls: [list(at + 1), list(at + 50), list(at + 90)] })));
	const { run } = await ask(agentId);
	expect(run).toMatchObject({ state: "failed", reason: "It met its cap of 25 steps." });
});

test("nobody has more runs open than may be, however many they start at once; that of others is not counted", async () => {
	provider.usually({ fault: "silent" });
	const [ann, bo] = [await testContext(base.db), await testContext(base.db)];
	const start = (ctx: ServiceContext) => startRun(ctx, { question: "Wait.", agentId: base.agentId });
	const all = await Promise.allSettled(Array.from({ length: 8 }, () => start(ann)));
	const started = all.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
	expect(started).toHaveLength(3);
	const refusal = { code: "LIMIT_REACHED", message: expect.stringContaining("At most 3 of your runs") };
	for (const one of all) if (one.status === "rejected") expect(one.reason).toMatchObject(refusal);
	await start(bo).then((run) => stopRun(bo, run));
	const [first, ...others] = started;
	await stopRun(ann, { runId: first?.runId ?? "" });
	await readRun(ann, first?.runId ?? "");
	others.push(await start(ann));
	for (const run of others) await stopRun(ann, run);
});
