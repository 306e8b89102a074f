import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceContext } from "@/server/core/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";
import { checkAnswer } from "./check";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let builder: ServiceContext;
let agentId: string;
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));
const answerSchema = {
	type: "object",
	properties: { days: { type: "integer" }, why: { type: "string" } },
	required: ["days", "why"],
	additionalProperties: false,
};

beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	executor = await testExecutor(base, provider);
	builder = await testContext(base.db, { role: "builder" });
	agentId = (await api(builder).agents.create({ name: "Counts", answerSchema })).id;
});
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});

async function ask(...texts: string[]) {
	const before = provider.seen.length;
	provider.next(...texts.map((text) => ({ text })));
	const { runId } = await api(builder).runs.start({ agentId, question: "How many days of leave do staff get?" });
	const { text } = await readRun(builder, runId);
	const run = await api(builder).runs.get({ runId });
	return { text, run, asked: provider.seen.length - before };
}

describe("an agent whose answers fit a schema", () => {
	const good = '{"days":25,"why":"All staff get 25 days of annual leave [1]."}';
	test("is told it, and cites within its texts", async () => {
		const { text, run, asked } = await ask(`\`\`\`json\n${good}\n\`\`\``);
		expect([JSON.parse(text), run.state, asked]).toEqual([JSON.parse(good), "succeeded", 1]);
		expect(run.result?.citations.map(({ marker }) => marker)).toEqual([1]);
		expect(JSON.stringify(provider.seen.at(-1)?.body.messages[0])).toContain("additionalProperties");
	});

	test("has its answer put right once", async () => {
		const { text, run, asked } = await ask("Staff get 25 days [1].", good);
		expect([text, run.state, asked]).toEqual([good, "succeeded", 2]);
		const told = JSON.stringify(provider.seen.at(-1)?.body.messages);
		expect(told).toContain("It is no JSON.");
	});

	test("fails where that does not fit either, and says what does not", async () => {
		const { run, asked } = await ask('{"days":"many","why":"x"}', '{"days":25}');
		expect([run.state, asked]).toEqual(["failed", 2]);
		expect(run.reason).toMatch(/^The answer does not fit the agent's schema: why: /);
	});

	test("can't have one that answers can't be held against", async () => {
		const refused = async (schema: Record<string, unknown>, more = {}) =>
			api(builder)
				.agents.create({ name: randomUUID(), answerSchema: schema, ...more })
				.catch((error) => error.cause.message);
		expect(await refused({ type: "string", pattern: "(a+)+$" })).toMatch(/^answerSchema: Leave out pattern/);
		expect(await refused({ properties: {} })).toMatch(/Say its type/);
		expect(await refused({ type: "object" }, { graph: "research" })).toMatch(/^answerSchema: Only/);
		expect(await refused({ type: "object", properties: { pattern: { type: "string" } } })).toMatchObject({
			answerSchema: { type: "object" },
		});
	});
});

test("what stands in quotation marks stands word for word in what its sentence cites", () => {
	const passages = [
		testPassage("All staff get 25 days of annual leave. Ask your manager two weeks before you take it."),
	];
	const unsupported = (answer: string) => checkAnswer(answer, passages).unsupported.length;
	expect(unsupported("It says “ask your manager two weeks before you take it” [1].")).toBe(0);
	expect(unsupported("It says “Ask your manager two weeks … you take it” [1].")).toBe(0);
	expect(unsupported("It says “ask your manager some weeks before you take it” [1].")).toBe(1);
	expect(unsupported("Staff ask their manager two weeks before they take annual leave [1].")).toBe(0);
});
