import { and, eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { auditEntries, budgetEntries, researchPlans, runs } from "@/db/schema";
import { createAgent, updateAgent } from "@/server/agents/service";
import { installationCaps } from "@/server/core/caps";
import type { ServiceContext } from "@/server/core/context";
import type { Search, SearchResult } from "@/server/knowledge/contract";
import { acceptPlan, getResearch, steerRun } from "@/server/research/service";
import type { RunEvent, RunEventBody } from "@/server/runs/contract";
import { getRun, startRun, stopRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";

const leave = testPassage("All staff get 25 days of annual leave.", { chunkId: 1 });
const sick = testPassage("Sick leave must be reported to the manager before nine.", { chunkId: 2 });
const question = "How many days of annual leave do staff get, and when must sick leave be reported to the manager?";
const [first, second] = [
	"How many days of annual leave do staff get",
	"when must sick leave be reported to the manager?",
];

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let agentId: string;
let builder: ServiceContext;
let searched: string[] = [];
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	builder = await testContext(base.db, { role: "builder" });
	const agent = await createAgent(builder, {
		name: "Researcher",
		graph: "research",
		description: "",
		promptVersionId: null,
		collectionIds: null,
		access: "everyone",
	});
	agentId = agent.id;
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});
beforeEach(() => {
	searched = [];
	provider.forget();
});

const search = async (_run: unknown, { query }: Search): Promise<SearchResult> => {
	searched.push(query);
	const passages = /annual/.test(query) ? [leave] : /sick/i.test(query) ? [sick] : [];
	return { passages, searchedCollections: 1, degraded: null };
};
const going = new Set<{ stop: () => Promise<void> }>();
async function work(asked: Provider | null, more: object) {
	const executor = await testExecutor(base, asked, { search, ...more });
	going.add(executor);
	return executor;
}
const withModel = (more = {}) => work(provider, more);
const without = (more = {}) => work(null, more);
afterEach(async () => {
	await Promise.all([...going].map((executor) => executor.stop()));
	going.clear();
});

const waits = (ctx: ServiceContext, runId: string) =>
	until(async () => (await getRun(ctx, { runId })).state === "waiting" && (await getResearch(ctx, { runId })).plan);
const ofType = <Type extends RunEventBody["type"]>(events: RunEvent[], type: Type) =>
	events.flatMap(({ body }) => (body.type === type ? [body as Extract<RunEventBody, { type: Type }>] : []));

/** Asks, waits for the plan, and lets it go on as it is or with other questions. */
async function research(ctx: ServiceContext, parts?: string[], asked = question) {
	const { runId } = await startRun(ctx, { question: asked, agentId });
	await waits(ctx, runId);
	await acceptPlan(ctx, { runId, parts });
	return { runId, ...(await readRun(ctx, runId)) };
}

test("without a model: the plan is the question's parts, each is looked into, and the report quotes what was found", async () => {
	await without();
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question, agentId });
	await waits(ctx, runId);
	expect((await getResearch(ctx, { runId })).plan).toMatchObject({ parts: [first, second], state: "waiting" });
	expect(searched).toEqual([]);
	await acceptPlan(ctx, { runId });
	const { events, text } = await readRun(ctx, runId);
	expect(text).toContain(`## ${first}\n\n“All staff get 25 days of annual leave.” [1]`);
	expect(text).toContain("“Sick leave must be reported to the manager before nine.” [2]");
	expect(ofType(events, "plan.proposed")).toHaveLength(1);
	expect(ofType(events, "plan.accepted")).toMatchObject([{ parts: [first, second], isEdited: false }]);
	expect(ofType(events, "part.finished").map(({ isFound }) => isFound)).toEqual([true, true]);
	const run = await getRun(ctx, { runId });
	expect(run).toMatchObject({ state: "succeeded", graph: "research", answer: text });
	expect(run.result).toMatchObject({
		degraded: expect.stringMatching(/^No model is set/),
		unsupported: [],
		citations: [{ marker: 1 }, { marker: 2 }],
		usage: { inputTokens: 0, outputTokens: 0 },
	});
	const audit = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId));
	expect(audit.map(({ action }) => action)).toEqual(["run.start", "research.accept", "run.finish"]);
	expect(JSON.stringify(audit)).not.toContain("annual leave");
});

test("with a model: its plan is edited, researchers work at once, the review returns the report once, and all is paid for", async () => {
	await withModel();
	const ctx = await testContext(base.db);
	provider.when("You plan research", { text: "1. How many days of annual leave?\n2. What of travel?" });
	provider.when("You search an organisation", { text: "DONE" });
	provider.when("You answer one question", { text: "Staff get 25 days of annual leave [1]." });
	provider.when("You write a report", { text: "# Leave\n\nStaff get 25 days of annual leave [1]. See [9]." });
	let reviews = 0;
	provider.when("You review a report", () => ({ text: reviews++ === 0 ? "- It says nothing of sick leave." : "PASS" }));
	const { runId, events, text } = await research(ctx, ["How many days of annual leave?", "Who hears of sick leave?"]);
	expect(ofType(events, "plan.proposed")[0]?.parts).toEqual(["How many days of annual leave?", "What of travel?"]);
	expect(ofType(events, "plan.accepted")[0]).toMatchObject({ isEdited: true });
	expect(searched).toHaveLength(2);
	expect(searched).not.toContainEqual(expect.stringContaining("travel"));
	expect(ofType(events, "draft.reviewed").map(({ isPassed }) => isPassed)).toEqual([false, true]);
	expect(ofType(events, "answer.restarted")[0]?.why).toContain("It says nothing of sick leave.");
	// A mark of a passage that there is not is taken out.
	expect(text).toBe("# Leave\n\nStaff get 25 days of annual leave [1]. See.");
	const run = await getRun(ctx, { runId });
	expect(run).toMatchObject({ state: "succeeded", result: { model: "stand-in", degraded: null } });
	const [budget] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	const { inputTokens, outputTokens } = run.result?.usage ?? { inputTokens: 0, outputTokens: 0 };
	expect(budget).toMatchObject({
		reserved: installationCaps("research").tokens,
		settled: inputTokens + outputTokens,
	});
	expect(inputTokens).toBeGreaterThan(500);
	const second = provider.seen.filter(({ body }) => String(body.messages[0]?.content).startsWith("You write a report"));
	expect(String(second.at(-1)?.body.messages.at(-1)?.content)).toContain("<remarks>\nIt says nothing of sick leave.");
});

test("a report is returned twice at most", async () => {
	await withModel();
	const ctx = await testContext(base.db);
	provider.when("You plan research", { text: "How many days of annual leave?" });
	provider.when("You write a report", { text: "Staff get 25 days of annual leave [1]." });
	provider.when("You review a report", { text: "It lacks charm." });
	const { runId, events } = await research(ctx);
	expect(ofType(events, "draft.reviewed").map(({ isPassed }) => isPassed)).toEqual([false, false, true]);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded" });
});

test("what a plan's person adds while it goes on is told, looked into and audited; an ended run takes nothing more", async () => {
	const held = Promise.withResolvers<void>();
	const slow = async (run: unknown, input: Search) => {
		await held.promise;
		return search(run, input);
	};
	await without({ search: slow });
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question: "How many days of annual leave do staff get?", agentId });
	await waits(ctx, runId);
	await acceptPlan(ctx, { runId });
	const steer = await steerRun(ctx, { runId, text: "Look into sick leave reported to the manager too" });
	expect(steer.takenAt).toBeNull();
	held.resolve();
	const { events, text } = await readRun(ctx, runId);
	expect(ofType(events, "steer.taken")).toMatchObject([{ steerId: steer.id }]);
	expect(ofType(events, "part.started").map(({ part, isAdded }) => [part, isAdded])).toEqual([
		["p1", false],
		["p2", true],
	]);
	expect(text).toContain("before nine.” [2]");
	expect((await getResearch(ctx, { runId })).steers).toMatchObject([{ id: steer.id, takenAt: expect.any(Date) }]);
	await expect(steerRun(ctx, { runId, text: "More" })).rejects.toMatchObject({ code: "CONFLICT" });
	const audit = await base.db.orm
		.select()
		.from(auditEntries)
		.where(and(eq(auditEntries.runId, runId), eq(auditEntries.action, "research.steer")));
	expect(audit).toMatchObject([{ detail: { steerId: steer.id } }]);
	expect(JSON.stringify(audit)).not.toContain("sick");
});

test("a plan is let go on once, by its person alone; a stranger's call is as if there were no run", async () => {
	await without();
	const [ctx, stranger] = await Promise.all([testContext(base.db), testContext(base.db)]);
	const { runId } = await startRun(ctx, { question, agentId });
	await waits(ctx, runId);
	for (const call of [acceptPlan, getResearch, steerRun])
		await expect(call(stranger, { runId, text: "Mine now" })).rejects.toMatchObject({ code: "NOT_FOUND" });
	const both = await Promise.allSettled([acceptPlan(ctx, { runId }), acceptPlan(ctx, { runId })]);
	expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
	await readRun(ctx, runId);
	await expect(acceptPlan(ctx, { runId })).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a run that waits with its plan is stopped like any other, and one whose plan nobody lets go on ends", async () => {
	const one = await without();
	const ctx = await testContext(base.db);
	const stopped = await startRun(ctx, { question, agentId });
	await waits(ctx, stopped.runId);
	await stopRun(ctx, stopped);
	await readRun(ctx, stopped.runId);
	expect(await getRun(ctx, stopped)).toMatchObject({ state: "cancelled" });
	await one.stop();
	const late = await startRun(ctx, { question, agentId });
	const past = new Date(Date.now() - 60_000);
	await base.db.orm
		.insert(researchPlans)
		.values({ runId: late.runId, parts: ["Old?"], proposedAt: past, expiresAt: past });
	await without();
	await readRun(ctx, late.runId);
	expect(await getRun(ctx, late)).toMatchObject({ state: "failed", reason: "Nobody let its plan go on in time." });
});

test("who waives the plan, or keeps the conversation, waits for nobody", async () => {
	await without();
	const ctx = await testContext(base.db);
	const conversation = { history: [], wishes: "", functions: [], exchange: [] };
	for (const more of [{ isPlanWaived: true }, { conversation }]) {
		const { runId } = await startRun(ctx, { question, agentId, ...more });
		const { events } = await readRun(ctx, runId);
		expect(ofType(events, "plan.proposed")).toEqual([]);
		expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded" });
	}
});

test("a worker that goes away: what a finished researcher found is not done again, and the waiting plan still waits", async () => {
	const one = await without();
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question, agentId });
	await waits(ctx, runId);
	await one.stop();
	let hangs = true;
	// The second researcher's search never comes back in this worker.
	const half = (run: unknown, input: Search) =>
		hangs && input.query === second ? new Promise<never>(() => {}) : search(run, input);
	const two = await without({ search: half });
	await acceptPlan(ctx, { runId });
	await until(async () => {
		const { rows } = await base.checkpoints.connections.query(
			"select 1 from langgraph.checkpoint_writes where thread_id = $1 and channel = 'findings'",
			[runId],
		);
		return rows.length > 0;
	});
	await two.stop();
	hangs = false;
	searched = [];
	await without();
	const { events, text } = await readRun(ctx, runId);
	expect(searched[0]).toBe(second);
	expect(searched).not.toContain(first);
	const starts = ofType(events, "part.started").map(({ part }) => part);
	expect(starts).toEqual(["p1", "p2", "p2"]);
	expect(text).toContain("[1]");
	expect(text).toContain("[2]");
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
});

test("its steps are shared out: a plan that is longer than they allow is looked into as far as they go", async () => {
	await without();
	const ctx = await testContext(base.db);
	await updateAgent(builder, { agentId, caps: { steps: 14 } });
	const { runId, events } = await research(
		ctx,
		["annual leave one", "annual leave two", "annual leave three", "annual leave four"].map((part) => `${part}?`),
	);
	await updateAgent(builder, { agentId, caps: {} });
	expect(
		ofType(events, "part.finished")
			.map(({ part }) => part)
			.sort(),
	).toEqual(["p1", "p2"]);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded" });
});

test.each([
	["a model that fails", "You", { fault: "401" as const }],
	[
		"a model that breaks off in mid-report",
		"You write a report",
		{ fault: "cut" as const, text: "Staff get 25 days of annual leave [1]." },
	],
])("%s: the report is put together from what was found", async (_, has, behaviour) => {
	await withModel();
	const ctx = await testContext(base.db);
	provider.when(has, behaviour);
	const { runId, text } = await research(ctx);
	expect(text).toContain("25 days of annual leave.");
	expect(await getRun(ctx, { runId })).toMatchObject({
		state: "succeeded",
		result: { degraded: expect.stringContaining("put together from the findings"), incomplete: false },
	});
});

test("where nothing speaks of it, the report says so, and no model writes one", async () => {
	await withModel();
	const ctx = await testContext(base.db);
	const { runId, text } = await research(ctx, ["What do bees eat?"]);
	expect(text).toMatch(/^The documents don't say/);
	expect(await getRun(ctx, { runId })).toMatchObject({ result: { abstained: true, citations: [] } });
});

test("stopping it while researchers work ends all of them, and what they took is paid for", async () => {
	await withModel();
	const ctx = await testContext(base.db);
	provider.when("You plan research", { text: "How many days of annual leave?\nWhen to report sick leave?" });
	provider.when("You answer one question", { fault: "stall", text: "Staff get 25 days of annual leave [1]." });
	const { runId } = await startRun(ctx, { question, agentId });
	await waits(ctx, runId);
	await acceptPlan(ctx, { runId });
	await until(() => provider.seen.filter(({ behaviour }) => behaviour.fault === "stall").length === 2);
	await stopRun(ctx, { runId });
	const { events } = await readRun(ctx, runId);
	expect(ofType(events, "part.finished")).toEqual([]);
	const run = await getRun(ctx, { runId });
	expect(run).toMatchObject({ state: "cancelled" });
	expect(run.result?.usage.inputTokens).toBeGreaterThan(0);
	const stalled = provider.seen.filter(({ behaviour }) => behaviour.fault === "stall");
	await until(() => stalled.every(({ wasAborted }) => wasAborted));
});

test("a research agent calls no tools and has steps enough; an assistant's run can't be steered", async () => {
	const wanted = {
		name: "Other",
		description: "",
		promptVersionId: null,
		collectionIds: null,
		access: "private" as const,
	};
	const make = (more: object) => createAgent(builder, { ...wanted, graph: "research", ...more });
	await expect(make({ tools: ["agents.list"] })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(make({ caps: { steps: 5 } })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	const ctx = await testContext(base.db);
	const { runId } = await startRun(ctx, { question });
	await expect(steerRun(ctx, { runId, text: "Faster" })).rejects.toMatchObject({ code: "CONFLICT" });
	await expect(acceptPlan(ctx, { runId })).rejects.toMatchObject({ code: "CONFLICT" });
	const [row] = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
	expect(row?.state).toBe("queued");
	await stopRun(ctx, { runId });
});

test("a run that goes on from where its plan waited waits with it again, and looks into what it is changed to; from elsewhere none does", async () => {
	await without();
	const ctx = await testContext(base.db);
	const { runId, text } = await research(ctx);
	const api = createCaller(contextForActor(ctx.actor, { db: base.db, requestId: "test", via: "rpc" })).checkpoints;
	const { checkpoints } = await until(async () => {
		const found = await api.ofRun({ runId });
		return found.checkpoints.at(-1)?.before.length === 0 ? found : null;
	});
	const able = checkpoints.filter(({ mayGoOn }) => mayGoOn);
	expect(able.map(({ before, editable }) => [before, editable])).toEqual([[["Wait with the plan"], []]]);
	const checkpointId = able[0]?.id ?? "";
	expect(await api.get({ runId, checkpointId })).toMatchObject({ question, plan: [first, second], passages: [] });
	for (const { id } of checkpoints.filter(({ mayGoOn }) => !mayGoOn))
		await expect(api.fork({ runId, checkpointId: id })).rejects.toMatchObject({ code: "CONFLICT" });
	await expect(api.fork({ runId, checkpointId, question: "Else?" })).rejects.toMatchObject({ code: "CONFLICT" });
	const fork = await api.fork({ runId, checkpointId });
	await waits(ctx, fork.runId);
	expect((await getResearch(ctx, { runId: fork.runId })).plan).toMatchObject({
		parts: [first, second],
		state: "waiting",
	});
	searched = [];
	await acceptPlan(ctx, { runId: fork.runId, parts: [second] });
	await readRun(ctx, fork.runId);
	expect(searched[0]).toBe(second);
	expect(searched).not.toContain(first);
	expect(await getRun(ctx, { runId: fork.runId })).toMatchObject({ state: "succeeded", branchId: fork.branchId });
	expect(await getRun(ctx, { runId })).toMatchObject({ answer: text });
	const [held] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, fork.runId));
	expect(held?.reserved).toBe(installationCaps("research").tokens);
});

test("on one level nobody looks into a plan: it ends at its cap before anybody is asked about one", async () => {
	await withModel();
	const ctx = await testContext(base.db);
	const fields = { name: "Alone", description: "", promptVersionId: null, collectionIds: null };
	const caps = { depth: 1 };
	const flat = await createAgent(builder, { ...fields, graph: "research", access: "everyone", caps });
	const { runId } = await startRun(ctx, { question, agentId: flat.id });
	const { events } = await readRun(ctx, runId);
	const reason = "It met its cap of 1 level: its work can't be handed on.";
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "failed", reason, result: { cap: "depth" } });
	expect(ofType(events, "plan.proposed")).toEqual([]);
});
