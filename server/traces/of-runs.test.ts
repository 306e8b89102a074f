import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { modelCalls, spans } from "@/db/schema";
import { startExecutor } from "@/server/agents/executor";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { within } from "@/server/core/spans";
import { searchKnowledge } from "@/server/knowledge/service";
import { startRun, stopRun } from "@/server/runs/service";
import { removeThread } from "@/server/threads/service";
import { testContext, testUser } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { startCollector } from "@/tests/support/collector";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { finds, testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";
import { makeRoute } from "@/tests/support/routes";
import { until } from "@/tests/support/until";
import { ListTraces } from "./contract";
import { listTraces, openTrace, readSpans, readTrace, setPolicy } from "./service";
import { spanWriterOf } from "./writer";

let db: Database;
let standIn: Provider;
let collector: Awaited<ReturnType<typeof startCollector>>;
let executor: { stop: () => Promise<void> };
let person: UserActor;
let staff: ServiceContext;
let admin: ServiceContext;

/** Said in the question, in a passage and in the answer, and meant to be nowhere else. */
const canary = "CANARY-4c1f";
const question = `How many days of leave are there, ${canary}?`;

beforeAll(async () => {
	const base = await agentsDatabase();
	db = base.db;
	standIn = await startProvider();
	collector = await startCollector();
	Object.assign(env(), {
		QD_PRIVATE_NETWORKS: "allowed",
		OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
		OTEL_EXPORTER_OTLP_HEADERS: { "x-tenant": "ours" },
		...{ LANGSMITH_TRACING: "true", LANGSMITH_API_KEY: "ls-test", LANGSMITH_ENDPOINT: collector.url },
	});
	// As a process has it that was started with LangSmith's variables: its own library would send prompts.
	process.env.LANGSMITH_TRACING = "true";
	process.env.LANGSMITH_ENDPOINT = collector.url;
	process.env.LANGSMITH_API_KEY = "ls-test";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
	person = await testUser(db);
	staff = await testContext(db, person);
	await makeRoute(admin, standIn.url, { first: 1_000_000, second: 2_000_000 });
	const shelf = await makeCollection(admin, { access: "everyone" });
	const document = await addReady(admin, shelf, "leave.md", "All staff get days of leave.");
	executor = await startExecutor({
		...{ database: db, log, slots: 8, checkpoints: base.checkpoints },
		search: finds([testPassage(`All staff get 25 days of leave, ${canary}.`, { documentId: document.id })]),
		unreadable: async () => [],
	});
});
beforeEach(() => standIn.forget());
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await executor.stop();
	await spanWriterOf(db).stop();
	await Promise.all([standIn.stop(), collector.stop()]);
});

async function ask() {
	const { runId, threadId } = await startRun(staff, { question });
	await readRun(staff, runId);
	const trace = await until(async () => {
		const head = await readTrace(staff, { traceId: runId });
		return head.isOver ? head : null;
	});
	await spanWriterOf(db).settled();
	const { spans: all } = await readSpans(staff, { traceId: runId, limit: 4_000 });
	return { runId, threadId, trace, all };
}

const rowsOf = async (runId: string, atLeast: number) =>
	until(async () => {
		const rows = await db.orm.select().from(modelCalls).where(eq(modelCalls.runId, runId)).orderBy(modelCalls.hop);
		return rows.length >= atLeast ? rows : null;
	});

test("a run is a tree without gaps; each call of a model is one span with the figures of its row", async () => {
	standIn.when("first", { text: `There are 25 days of leave [1], ${canary}.` });
	const { runId, trace, all } = await ask();
	const ids = new Set(all.map(({ id }) => id));
	expect(all.filter(({ parentId }) => parentId === undefined)).toMatchObject([{ kind: "run", name: "assistant" }]);
	expect(all.every(({ parentId }) => parentId === undefined || ids.has(parentId))).toBe(true);
	expect(all.filter(({ kind }) => kind === "node").map(({ name }) => name)).toEqual([
		...["Search the documents", "Weigh the passages", "Write the answer", "Check the citations"],
	]);
	const [row] = await rowsOf(runId, 1);
	const calls = all.filter(({ kind }) => kind === "model");
	expect(calls).toHaveLength(1);
	expect(calls[0]).toMatchObject({
		...{ modelAsked: "house", model: "first", connection: "Stand-in", hop: 1, status: "ok" },
		...{ inputTokens: row?.inputTokens, outputTokens: row?.outputTokens, costMicros: row?.costMicros, currency: "EUR" },
		firstTokenMs: row?.firstTokenMs,
	});
	expect(trace).toMatchObject({ status: "ok", modelCalls: 1, models: ["first"], userId: person.userId, failures: 0 });
	expect(trace.costs).toEqual([{ currency: "EUR", micros: row?.costMicros }]);
	expect(trace.firstTokenMs).not.toBeNull();
});

test("a fallback shows two hops, and the trace that something failed", async () => {
	standIn.when("first", { fault: "500" });
	standIn.when("second", { text: "There are 25 days of leave [1]." });
	const { runId, trace, all } = await ask();
	const rows = await rowsOf(runId, 2);
	const calls = all.filter(({ kind }) => kind === "model");
	expect(calls).toMatchObject([
		{ model: "first", hop: 1, status: "failed", errorCode: "failed" },
		{ model: "second", hop: 2, status: "ok" },
	]);
	expect(trace).toMatchObject({ status: "ok", failures: 1, modelCalls: 2 });
	const sum = (micros: (number | null | undefined)[]) => micros.reduce<number>((total, one) => total + (one ?? 0), 0);
	expect(sum(trace.costs.map(({ micros }) => micros))).toBe(sum(rows.map(({ costMicros }) => costMicros)));
});

test("content that nobody wants kept is nowhere: not in spans, and not in what goes to others", async () => {
	standIn.usually({ text: `There are 25 days of leave [1], ${canary}.` });
	const { runId } = await ask();
	await until(() => collector.runs.some(({ id }) => id === runId));
	await until(() => collector.spans.some(({ traceId }) => traceId === runId.replaceAll("-", "")));
	const [stored] = await db.sql`select string_agg(s::text, ' ') as text from spans s`;
	expect(String(stored?.text)).not.toContain(canary);
	expect(collector.bodies.join(" ")).not.toContain(canary);
	// Nothing but ours came, although LangSmith's own library was told to trace.
	expect(new Set(collector.seen.map(({ path }) => path))).toEqual(new Set(["/v1/traces", "/runs/batch"]));
});

test("a collector gets what the conventions for generative AI say, and LangSmith a tree", async () => {
	standIn.usually({ text: "There are 25 days of leave [1]." });
	collector.refuse(1);
	const { runId, all } = await ask();
	const ofRun = () => collector.spans.filter(({ traceId }) => traceId === runId.replaceAll("-", ""));
	await until(() => ofRun().length === all.length);
	const chat = ofRun().find(({ name }) => name === "chat first");
	const attributes = Object.fromEntries(chat?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? []);
	const call = all.find(({ kind }) => kind === "model");
	expect(chat?.kind).toBe(3);
	expect(attributes).toMatchObject({
		"gen_ai.operation.name": "chat",
		"gen_ai.provider.name": "openai",
		"gen_ai.request.model": "house",
		"gen_ai.response.model": "first",
		"gen_ai.usage.input_tokens": String(call?.inputTokens),
		"gen_ai.usage.output_tokens": String(call?.outputTokens),
	});
	expect(collector.seen.find(({ path }) => path === "/v1/traces")?.headers["x-tenant"]).toBe("ours");
	const langsmith = () => collector.runs.filter(({ trace_id: id }) => id === runId);
	await until(() => langsmith().length === all.length);
	const [root] = langsmith().filter(({ parent_run_id: parent }) => parent === undefined);
	expect(root?.id).toBe(runId);
	const byId = new Map(langsmith().map((run) => [run.id, run]));
	for (const run of langsmith()) {
		const parent = run.parent_run_id ? byId.get(run.parent_run_id) : undefined;
		if (run.parent_run_id) expect(run.dotted_order.startsWith(`${parent?.dotted_order}.`)).toBe(true);
	}
	expect(langsmith().find(({ run_type: type }) => type === "llm")?.outputs).toMatchObject({
		usage_metadata: { input_tokens: call?.inputTokens, output_tokens: call?.outputTokens },
	});
	expect(collector.seen.find(({ path }) => path === "/runs/batch")?.headers["x-api-key"]).toBe("ls-test");
});

test("a run that goes on is listed among the others, with what it did so far; then as it ended", async () => {
	const { runId: before } = await ask();
	standIn.when("first", { text: "There are 25 days of leave [1].", fault: "stall" });
	const { runId } = await startRun(staff, { question });
	const list = (more: object) => listTraces(staff, ListTraces.parse(more));
	const listed = await until(async () => {
		const { rows } = await list({ filter: { status: { eq: "running" } } });
		return rows.find(({ id, spans: count }) => id === runId && count > 1) ?? null;
	});
	expect(listed).toMatchObject({ status: "running", name: "assistant", kind: "run", runId, userId: person.userId });
	expect(await readTrace(staff, { traceId: runId })).toMatchObject({ status: "running", isOver: false });
	const { spans: soFar } = await readSpans(staff, { traceId: runId, limit: 100 });
	expect(soFar.map(({ name }) => name)).toContain("Search the documents");
	const first = await list({ limit: 1 });
	expect(first.rows.map(({ id }) => id)).toEqual([runId]);
	const second = await list({ limit: 1, cursor: first.next });
	expect(second.rows.map(({ id, status }) => [id, status])).toEqual([[before, "ok"]]);
	const { rows: oldestFirst } = await list({ sort: "startedAt", limit: 200 });
	expect(oldestFirst.map(({ id }) => id).slice(-2)).toEqual([before, runId]);
	const other = await testContext(db, await testUser(db));
	expect((await listTraces(other, ListTraces.parse({}))).rows).toEqual([]);
	await stopRun(staff, { runId });
	await until(async () => {
		const { rows } = await list({ limit: 1 });
		return rows[0]?.id === runId && rows[0].status === "cancelled" ? true : null;
	});
});

test("a search tells its steps", async () => {
	const { id: collectionId } = await makeCollection(staff);
	const traceId = crypto.randomUUID();
	const root = openTrace(db, { traceId, startedAt: new Date(), userId: person.userId });
	await within(root, () => searchKnowledge(staff, { query: "leave", limit: 5, collectionIds: [collectionId] }));
	await spanWriterOf(db).settled();
	const found = await db.orm.select().from(spans).where(eq(spans.traceId, traceId));
	const names = found.filter(({ kind }) => kind === "search").map(({ name }) => name);
	expect(names.toSorted()).toEqual(["Fusion", "Keywords", "Passages", "Vectors"]);
	expect(found.filter(({ kind }) => kind === "embedding")).toHaveLength(1);
});

test("deleting a chat deletes its traces", async () => {
	const { threadId, runId } = await ask();
	await removeThread(staff, { threadId });
	expect(await db.orm.$count(spans, eq(spans.traceId, runId))).toBe(0);
});

test("where the policy keeps content it is there, for who may read prompts, and goes to others", async () => {
	await setPolicy(admin, { samplePercent: 100, keepsContent: true, retentionDays: 30, revision: 0 });
	// What is known of the policy is renewed with what is written.
	const { runId } = await until(async () => {
		const asked = await ask();
		const kept = await db.orm.$count(spans, and(eq(spans.traceId, asked.runId), eq(spans.kind, "model")));
		const [call] = await db.orm
			.select({ content: spans.content })
			.from(spans)
			.where(and(eq(spans.traceId, asked.runId), eq(spans.kind, "model")));
		return kept > 0 && call?.content?.input?.includes(canary) ? asked : null;
	}, 30_000);
	await until(() => collector.bodies.some((body) => body.includes(canary)));
	expect((await readSpans(staff, { traceId: runId, limit: 100 })).spans.some(({ hasContent }) => hasContent)).toBe(
		false,
	);
	expect((await readSpans(admin, { traceId: runId, limit: 100 })).spans.some(({ hasContent }) => hasContent)).toBe(
		true,
	);
});
