import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { eq, inArray, sql } from "drizzle-orm";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { Database } from "@/db/connection";
import { agents, auditEntries, budgetEntries, runs, spans, threadSummaries, threads } from "@/db/schema";
import { openCheckpoints } from "@/server/agents/checkpointer";
import { createAgent, insertAgent } from "@/server/agents/service";
import { requireUser } from "@/server/core/context";
import { setAccess } from "@/server/core/grants";
import { advance, getExtraction, listResults, startExtraction } from "@/server/extractions/service";
import { acceptPlan, getResearch } from "@/server/research/service";
import type { RunEvent } from "@/server/runs/contract";
import { getRun, startRun } from "@/server/runs/service";
import { testContext, until, urlOf } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { cuttable } from "@/tests/support/cuttable";
import { invoicesAgent, readyDocument, setModel } from "@/tests/support/extractions";
import { invoiceAnswer, invoiceLines } from "@/tests/support/invoices";
import { makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";

const question = "How many days of annual leave do staff get?";
const program = join(process.cwd(), "node_modules", ".cache", "quarterdeck-tests", `executor-${process.pid}.mjs`);
let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
const children = new Set<ChildProcess>();

beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	await build({
		entryPoints: ["tests/support/executor-child.ts"],
		outfile: program,
		bundle: true,
		platform: "node",
		format: "esm",
		packages: "external",
		target: "node24",
	});
}, 60_000);
afterEach(() => {
	for (const child of children) child.kill("SIGKILL");
	children.clear();
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

/** A worker as a process of its own. */
async function startWorker(): Promise<ChildProcess> {
	const child = fork(program, {
		env: {
			NODE_ENV: "test",
			PATH: process.env.PATH,
			DATABASE_URL: urlOf(base.db),
			QD_AUTH_SECRET: inject("authSecret"),
			QD_MODEL_URL: provider.url,
			QD_MODEL: "stand-in",
			QD_LOG_LEVEL: "error",
		},
	});
	children.add(child);
	await once(child, "message");
	return child;
}

async function kill(child: ChildProcess): Promise<void> {
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
}

function expectWhole(events: readonly RunEvent[]): void {
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
	expect(events.filter(({ body }) => body.type === "run.ended")).toHaveLength(1);
}

test("kill -9 in mid-answer: the next worker goes on at once, the reader's text comes out whole, no step is done twice", async () => {
	const first = await startWorker();
	const ctx = await testContext(base.db);
	provider.next({ tokens: 2_000, intervalMs: 4 });
	const { runId } = await startRun(ctx, { question });
	const reading = readRun(ctx, runId);
	await until(async () => {
		const [run] = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
		return run && run.lastSeq > 20;
	});
	await kill(first);
	await startWorker();
	const restarted = performance.now();
	const { events, text } = await reading;
	expect(performance.now() - restarted).toBeLessThan(10_000);
	expectWhole(events);
	expect(text).toBe("All staff get 25 days of annual leave. [1].");
	const steps = events.flatMap(({ body }) => (body.type === "step.finished" ? body.step : []));
	expect(steps).toEqual([...new Set(steps)]);
	expect(events.filter(({ body }) => body.type === "answer.restarted")).toHaveLength(1);
	const audit = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId));
	expect(audit.map(({ action }) => action)).toEqual(["run.start", "run.finish"]);
	// Nor is a step told of twice in its trace.
	const trace = await until(async () => {
		const told = await base.db.orm.select().from(spans).where(eq(spans.traceId, runId));
		return told.some(({ kind }) => kind === "run") ? told : null;
	});
	const once = trace.filter(({ kind }) => kind === "node" || kind === "run").map(({ name }) => name);
	expect(once.toSorted()).toEqual([...new Set(once)].toSorted());
}, 60_000);

test("kill -9 while the oldest turns are summed up, and once they are: one summary is kept, and none is made twice", async () => {
	const ctx = await testContext(base.db);
	const { userId } = requireUser(ctx);
	const agentId = await insertAgent(base.db.orm, { name: "Long", definition: { window: { tokens: 3_000 } } });
	await setAccess(base.db.orm, "agent", agentId, "everyone");
	const [agent] = await base.db.orm.select().from(agents).where(eq(agents.id, agentId));
	const threadId = randomUUID();
	await base.db.orm.insert(threads).values({ id: threadId, userId, agentId, title: "Long" });
	for (let n = 0; n < 20; n += 1)
		await base.db.orm.insert(runs).values({
			...{ threadId, userId, agentId, agentVersionId: agent?.publishedVersionId ?? "", requestId: "test" },
			...{ state: "succeeded" as const, question: "Which berth?", answer: "The third one by the crane. ".repeat(10) },
			createdAt: sql`clock_timestamp()`,
		});
	let isSilent = true;
	const summings = () =>
		provider.seen.filter(({ body }) => JSON.stringify(body.messages).includes("You keep the record"));
	provider.when("You keep the record", () => (isSilent ? { fault: "silent" } : { text: "RECORD." }));
	const first = await startWorker();
	const { runId } = await startRun(ctx, { question, threadId, agentId });
	await until(() => summings().length === 1);
	await kill(first);
	isSilent = false;
	provider.when("RECORD.", { tokens: 2_000, intervalMs: 4 });
	const second = await startWorker();
	await until(async () => {
		const [run] = await base.db.orm.select().from(runs).where(eq(runs.id, runId));
		return summings().length === 2 && run && run.lastSeq > 20;
	});
	await kill(second);
	provider.forget();
	await startWorker();
	const { events } = await readRun(ctx, runId);
	expectWhole(events);
	expect(summings()).toHaveLength(2);
	const kept = await base.db.orm.select().from(threadSummaries).where(eq(threadSummaries.threadId, threadId));
	expect(kept).toMatchObject([{ text: "RECORD." }]);
	const audit = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.runId, runId));
	expect(audit.map(({ action }) => action)).toEqual(["run.start", "thread.summarise", "run.finish"]);
	expect((await getRun(ctx, { runId })).result?.window?.summaryId).toBe(kept[0]?.id);
}, 60_000);

test("kill -9 of research, waiting with its plan and in the middle of its researchers: what one of them found is not done again", async () => {
	const builder = await testContext(base.db, { role: "builder" });
	const { id: agentId } = await createAgent(builder, {
		name: "Researcher",
		graph: "research",
		description: "",
		promptVersionId: null,
		collectionIds: null,
		access: "everyone",
	});
	const ctx = await testContext(base.db);
	const planning = await startWorker();
	const { runId } = await startRun(ctx, { question, agentId });
	await until(
		async () => (await getResearch(ctx, { runId })).plan && (await getRun(ctx, { runId })).state === "waiting",
	);
	await kill(planning);
	provider.when("And how is it asked for?", { fault: "stall", text: "It is asked for two weeks before [1]." });
	await acceptPlan(ctx, { runId, parts: [question, "And how is it asked for?"] });
	const researching = await startWorker();
	await until(async () => {
		const saved = sql`select 1 from langgraph.checkpoint_writes where thread_id = ${runId} and channel = 'findings'`;
		return (await base.db.orm.execute(saved)).length > 0;
	});
	await kill(researching);
	provider.forget();
	await startWorker();
	const { events, text } = await readRun(ctx, runId);
	expectWhole(events);
	const begun = events.flatMap(({ body }) => (body.type === "part.started" ? body.part : []));
	expect(begun.filter((part) => part === "p1")).toHaveLength(1);
	expect(begun.filter((part) => part === "p2")).toHaveLength(2);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded", answer: text });
}, 60_000);

test("a worker that is killed again and again: each run ends once, with the answer that its reader has", async () => {
	const ctx = await testContext(base.db);
	provider.usually({ tokens: 60, intervalMs: 5 });
	const started = await Promise.all(Array.from({ length: 12 }, () => startRun(ctx, { question })));
	const reading = Promise.all(started.map(({ runId }) => readRun(ctx, runId)));
	for (let round = 0; round < 4; round += 1) {
		const worker = await startWorker();
		// Long enough to be in the middle of something, a different thing each time.
		await new Promise((resolve) => setTimeout(resolve, 60 + 110 * round));
		await kill(worker);
	}
	await startWorker();
	const read = await reading;
	provider.usually({});
	for (const [index, { events, text }] of read.entries()) {
		expectWhole(events);
		const run = await getRun(ctx, { runId: started[index]?.runId ?? "" });
		expect(run).toMatchObject({ state: "succeeded", answer: text });
		expect(text.endsWith("[1].")).toBe(true);
	}
}, 60_000);

test("the database goes away in mid-run and comes back: the run goes on by itself", async () => {
	const line = await cuttable(urlOf(base.db));
	const db = new Database({ url: line.url, pool: 4 });
	const checkpoints = openCheckpoints(line.url);
	const executor = await testExecutor({ db, checkpoints }, provider);
	const ctx = await testContext(base.db);
	provider.next({ tokens: 300, intervalMs: 5 });
	const { runId } = await startRun(ctx, { question });
	const reading = readRun(ctx, runId);
	for (const pause of [300, 700]) {
		await new Promise((resolve) => setTimeout(resolve, pause));
		line.cut();
		await new Promise((resolve) => setTimeout(resolve, 400));
		line.mend();
	}
	const { events, text } = await reading;
	expectWhole(events);
	expect(await getRun(ctx, { runId })).toMatchObject({ state: "succeeded", answer: text });
	await executor.stop();
	await checkpoints.close();
	await db.close();
	await line.stop();
}, 60_000);

test("kill -9 in the middle of an extraction: every document is read in the end, each as one run, and is paid for once", async () => {
	setModel(provider.url);
	const builder = await testContext(base.db, { role: "builder" });
	const { id: agentId } = await invoicesAgent(builder, "Invoices");
	const ctx = await testContext(base.db);
	const { id: collectionId } = await makeCollection(ctx);
	const pages = [invoiceLines.join("\n")];
	for (let n = 0; n < 5; n++) await readyDocument(ctx, collectionId, { pages });
	provider.when("You extract fields", { text: JSON.stringify(invoiceAnswer), intervalMs: 8 });
	const started = await startExtraction(ctx, { agentId, collectionId });
	const { actor } = ctx;
	if (actor.kind !== "user") throw new Error("a person started it");
	const look = () => advance(ctx, actor.userId);
	await look();
	const first = await startWorker();
	await until(() => provider.seen.some(({ body }) => String(body.messages[0]?.content).startsWith("You extract")));
	await kill(first);
	await startWorker();
	// As the jobs do, which are not at work here.
	const ended = await until(async () => {
		await look();
		const now = await getExtraction(ctx, { extractionId: started.id });
		return now.state === "ended" ? now : null;
	});
	expect(ended).toMatchObject({ done: 5, failed: 0 });
	const results = await listResults(ctx, { extractionId: started.id, limit: 50 });
	const runIds = results.rows.flatMap(({ runId }) => runId ?? []);
	expect(new Set(runIds).size).toBe(5);
	const entries = await base.db.orm.select().from(budgetEntries).where(inArray(budgetEntries.runId, runIds));
	expect(entries.filter(({ settled }) => settled !== null)).toHaveLength(5);
	for (const runId of runIds) expectWhole((await readRun(ctx, runId)).events);
	provider.forget();
}, 60_000);
