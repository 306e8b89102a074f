import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { budgetEntries, modelCalls, modelConnections } from "@/db/schema";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { insertAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { setAccess } from "@/server/core/grants";
import { log } from "@/server/core/log";
import { AddConnection, AddModel, AddRoute } from "@/server/models/contract";
import { addConnection, addModel, addPrice, addRoute } from "@/server/models/service";
import { getRun, startRun } from "@/server/runs/service";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { finds } from "@/tests/support/passages";
import { type Behaviour, type Provider as StandIn, startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";
import { startExecutor } from "./index";

const kinds = ["openai", "anthropic"] as const;
type Kind = (typeof kinds)[number];

let db: Database;
let checkpoints: Checkpoints;
let admin: ServiceContext;
let staff: ServiceContext;
let standIn: StandIn;
let executor: { stop: () => Promise<void> };
const connections: Record<string, string> = {};
const tools = ["knowledge.search"];
const answered = "There are thirty days of leave [1].";
let n = 0;

/** What every provider does one day or another, and what a second model makes of it. */
beforeAll(async () => {
	({ db, checkpoints } = await agentsDatabase());
	standIn = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
	staff = await testContext(db, { role: "staff" });
	for (const kind of kinds) {
		connections[kind] = await connect(kind, {});
		// A person can't set them so short; a test need not wait so long.
		connections[`${kind} slow`] = await connect(kind, { firstTokenMs: 250 });
		connections[`${kind} silent`] = await connect(kind, { idleMs: 250 });
	}
	executor = await startExecutor({
		...{ database: db, log, slots: 8, checkpoints },
		search: finds(),
		unreadable: async () => [],
	});
});
beforeEach(() => standIn.forget());
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await executor.stop();
	await standIn.stop();
	await checkpoints.close();
});

async function connect(kind: Kind, limits: { firstTokenMs?: number; idleMs?: number }): Promise<string> {
	const connection = { name: `C${++n}`, kind, address: standIn.url, key: "sk-of-the-faults" };
	const { id } = await addConnection(admin, AddConnection.parse(connection));
	if (Object.keys(limits).length > 0)
		await db.orm.update(modelConnections).set(limits).where(eq(modelConnections.id, id));
	return id;
}

/** An agent with a route of its own: one model that does as it is told, and maybe one that answers. */
async function agentOver(kind: Kind, opts: { of?: string; second?: boolean; totalMs?: number; hasTools?: boolean }) {
	const place = `f${++n}`;
	const make = async (name: string, connectionId: string | undefined) => {
		const facts = { connectionId, name, contextTokens: 50_000, capabilities: ["tools"] };
		const model = await addModel(admin, AddModel.parse(facts));
		const money = { currency: "EUR", inputMicros: 1_000_000, outputMicros: 1_000_000, cachedMicros: null };
		await addPrice(admin, { modelId: model.id, ...money });
		return { modelId: model.id };
	};
	const first = await make(`${place}-bad`, connections[opts.of ? `${kind} ${opts.of}` : kind]);
	const steps = [first, ...(opts.second ? [await make(`${place}-good`, connections[kind])] : [])];
	await addRoute(admin, AddRoute.parse({ name: place, steps, totalMs: opts.totalMs ?? 15_000 }));
	const definition = { model: place, whenAway: "fail" as const, tools: opts.hasTools ? tools : [] };
	const agentId = await insertAgent(db.orm, { name: place, definition });
	await setAccess(db.orm, "agent", agentId, "everyone");
	standIn.when(`${place}-good`, { text: answered });
	return { agentId, bad: `${place}-bad`, good: `${place}-good` };
}

async function ask(agentId: string) {
	const { runId } = await startRun(staff, { question: "How many days of leave are there?", agentId });
	const { text } = await readRun(staff, runId);
	const run = await getRun(staff, { runId });
	const rows = await until(async () => {
		const found = await db.orm.select().from(modelCalls).where(eq(modelCalls.runId, runId));
		const wanted = run.result?.hops?.filter(({ outcome }) => outcome !== "skipped").length ?? 0;
		return found.length >= wanted ? found : null;
	});
	const [entry] = await db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, runId));
	return { run, text, rows, settled: entry?.settled };
}
const tokensIn = (rows: (typeof modelCalls.$inferSelect)[]) =>
	rows.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);

type Fault = [what: string, behaviour: Behaviour, of: string | undefined, reason: string];
const words = "one two three four";
const faults: Fault[] = [
	["429 with a time", { fault: "429", retryAfterSeconds: 60 }, undefined, "busy"],
	["429 without one", { fault: "429" }, undefined, "busy"],
	["500", { fault: "500" }, undefined, "failed"],
	["a slow first token", { text: words, firstTokenMs: 10_000 }, "slow", "slow"],
	["silence", { fault: "silent" }, "slow", "slow"],
	["a stall in the middle", { fault: "stall", text: words }, "silent", "silent"],
	["a cut in the middle", { fault: "cut", text: words, intervalMs: 1 }, undefined, "broken"],
	["garbage", { fault: "garbage" }, undefined, "garbage"],
	["garbage in the middle", { fault: "garbage-mid", text: words }, undefined, "garbage"],
];

describe.each(kinds)("a provider that speaks %s", (kind) => {
	test.each(faults)("%s: another model answers, and both are counted once", async (_, behaviour, of, reason) => {
		const { agentId, bad, good } = await agentOver(kind, { ...(of ? { of } : {}), second: true });
		standIn.when(bad, behaviour);
		const { run, text, rows, settled } = await ask(agentId);
		expect(run).toMatchObject({ state: "succeeded", answer: answered, result: { model: good, degraded: null } });
		expect(text).toBe(answered);
		expect(run.result?.hops).toMatchObject([
			{ model: bad, reason },
			{ model: good, outcome: "answered" },
		]);
		expect(rows).toHaveLength(2);
		expect(settled).toBe(tokensIn(rows));
	});

	test.each(faults.filter(([what]) => ["500", "a stall in the middle", "garbage"].includes(what)))(
		"%s of the only model ends in a clear error inside the deadline",
		async (_, behaviour, of, reason) => {
			const { agentId, bad } = await agentOver(kind, of ? { of } : {});
			standIn.when(bad, behaviour);
			const { run, rows, settled } = await ask(agentId);
			expect(run.state).toBe("failed");
			expect(run.reason).toMatch(/model|Unavailable/);
			expect(JSON.stringify(run)).not.toMatch(/127\.0\.0\.1|sk-of|stand-in says|<html>/i);
			expect(rows).toMatchObject([{ outcome: "failed", reason }]);
			expect(settled).toBe(tokensIn(rows));
		},
	);

	test("a stream without an end is left at the route's deadline, and what was said stays, marked", async () => {
		const { agentId, bad } = await agentOver(kind, { totalMs: 1_000 });
		standIn.when(bad, { fault: "endless", text: words, intervalMs: 5 });
		const { run, rows, settled } = await ask(agentId);
		expect(run).toMatchObject({ state: "failed", result: { incomplete: true } });
		expect(rows).toMatchObject([{ outcome: "failed", reason: "late", isEstimated: true }]);
		expect(settled).toBe(tokensIn(rows));
		await until(() => standIn.seen.findLast(({ body }) => body.model === bad)?.wasAborted);
	});

	test("arguments that no tool takes are told to the model, which answers then", async () => {
		const { agentId, bad } = await agentOver(kind, { hasTools: true });
		let asked = 0;
		standIn.when(bad, () => {
			asked += 1;
			return asked === 1
				? { text: "", toolCalls: [{ name: "knowledge_search", arguments: '{"query": 7, "where"' }] }
				: { text: answered };
		});
		const { run, rows } = await ask(agentId);
		expect(run).toMatchObject({ state: "succeeded", answer: answered });
		expect(rows).toHaveLength(2);
		expect(JSON.stringify(standIn.seen.at(-1)?.body)).toContain("INVALID_INPUT");
	});

	const inputName = kind === "openai" ? "prompt_tokens" : "input_tokens";
	const outputName = kind === "openai" ? "completion_tokens" : "output_tokens";
	test.each([
		["nothing", null],
		["more than any model reads", { [inputName]: 9e15, [outputName]: 3 }],
		["less than nothing", { [inputName]: -5, [outputName]: -5 }],
	])("a count of %s is estimated, once, and says so", async (_, usage) => {
		const { agentId, bad } = await agentOver(kind, {});
		standIn.when(bad, { text: answered, usage });
		const { run, rows, settled } = await ask(agentId);
		expect(run).toMatchObject({ state: "succeeded", answer: answered, result: { cost: { isEstimated: true } } });
		expect(rows).toMatchObject([{ outcome: "answered", isEstimated: true }]);
		const tokens = tokensIn(rows);
		expect(tokens).toBeLessThan(5_000);
		expect(settled).toBe(tokens);
	});
});
