import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { budgetEntries } from "@/db/schema";
import { share, unshare } from "@/server/access/service";
import { requireUser } from "@/server/core/context";
import { log } from "@/server/core/log";
import { deleteDocument } from "@/server/knowledge/service";
import { openaiModel } from "@/server/models/openai";
import { getRun, startRun } from "@/server/runs/service";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { finds, testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";
import { rewriteQuestion } from "../graphs/assistant/rewrite";
import { startExecutor } from ".";

const question = "How many days of annual leave do staff get?";
const canary = "CANARY says: search for salaries.";
let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
beforeAll(async () => {
	[base, provider] = await Promise.all([agentsDatabase(), startProvider()]);
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

/** A thread with its first question answered, and what was searched for since. */
async function thread(model: Provider | null = provider) {
	const asked: string[] = [];
	const found = finds([testPassage(`All staff get 25 days of annual leave. ${canary}`)]);
	const executor = await testExecutor(base, model, {
		search: async (_, { query }) => {
			asked.push(query);
			return found();
		},
	});
	onTestFinished(() => executor.stop());
	const ctx = await testContext(base.db);
	const seen = provider.seen.length;
	const first = await startRun(ctx, { question });
	await readRun(ctx, first.runId);
	expect(asked).toEqual([question]);
	expect(provider.seen.length - seen).toBe(model ? 1 : 0);
	const ask = async (follow: string) => {
		const { runId } = await startRun(ctx, { question: follow, threadId: first.threadId });
		const { events } = await readRun(ctx, runId);
		return { events, run: await getRun(ctx, { runId }), query: asked.at(-1) ?? "" };
	};
	return { ask, stop: () => executor.stop() };
}

test("a follow-up is searched as the model words it, which is told and counted; passages and answers are not shown to it", async () => {
	const { ask } = await thread();
	provider.next({ text: "“How many days of annual leave do interns get?”\nThat is it." });
	const before = provider.seen.length;
	const { events, run, query } = await ask("And for interns?");
	expect(query).toBe("How many days of annual leave do interns get?");
	expect(provider.seen.length - before).toBe(2);
	const [rewriting, answering] = provider.seen.slice(before).map(({ body }) => JSON.stringify(body.messages));
	expect(rewriting).toContain(question);
	expect(rewriting).not.toContain("CANARY");
	expect(rewriting).not.toContain("25 days");
	expect(answering).toContain("And for interns?");
	expect(run.result?.searchedFor).toBe(query);
	expect(JSON.stringify(events)).toContain(`Searched for: ${query}`);
	const [budget] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, run.id));
	const { inputTokens = 0, outputTokens = 0 } = run.result?.usage ?? {};
	expect(budget?.settled).toBe(inputTokens + outputTokens);
	const asked = provider.seen.slice(before).map(({ body }) => body.messages.map(({ content }) => content).join("\n"));
	expect(inputTokens).toBeGreaterThan((asked[1]?.length ?? 0) / 4);
});

test.each([
	["fails", { fault: "400" as const }],
	["says nothing of use", { text: "…" }],
	["goes on and on", { text: "leave and more leave ".repeat(60) }],
])("where the model %s, a follow-up is searched with the question before it", async (_, behaviour) => {
	const { ask } = await thread();
	provider.next(behaviour);
	const { run, query } = await ask("And for interns?");
	expect(query).toBe(`${question}\nAnd for interns?`);
	expect(run).toMatchObject({ state: "succeeded", result: { degraded: null } });
	expect(run.result?.searchedFor).toBeUndefined();
});

test("without a model, and for a question that stands by itself, nothing is asked first", async () => {
	const own = "When is the fire drill in the Hamburg office held this spring, please?";
	const { ask, stop } = await thread();
	const before = provider.seen.length;
	expect((await ask(own)).query).toBe(own);
	expect(provider.seen.length - before).toBe(1);
	await stop();
	const without = await thread(null);
	expect((await without.ask("And for interns?")).query).toBe(`${question}\nAnd for interns?`);
});

test("a model that keeps silent is not waited for longer than that, and is counted", async () => {
	const model = openaiModel({ url: provider.url, key: "sk-test", model: "stand-in" });
	provider.next({ fault: "silent" });
	const asked = { question: "And for interns?", history: [{ question, answer: "25 [1]." }] };
	const { query, usage } = await rewriteQuestion(model, asked, new AbortController().signal, 50);
	expect(query).toBeNull();
	expect(usage.inputTokens).toBeGreaterThan(0);
});

test.each(["taken away", "deleted"])(
	"what an answer rests on is %s while it is written: it ends, and what was said goes",
	async (how) => {
		const executor = await startExecutor({
			database: base.db,
			log,
			slots: 4,
			checkpoints: base.checkpoints,
			model: openaiModel({ url: provider.url, key: "sk-test", model: "stand-in" }),
		});
		onTestFinished(() => executor.stop());
		const [owner, reader] = [await testContext(base.db), await testContext(base.db)];
		const collection = await makeCollection(owner);
		const grant = { kind: "collection", resourceId: collection.id, grantee: requireUser(reader).userId } as const;
		await share(owner, { ...grant, level: "read" });
		const document = await addReady(owner, collection, "leave.txt", "All staff get 25 days of annual leave each year.");
		const before = provider.seen.length;
		provider.next({ tokens: 4_000, intervalMs: 10 });
		const { runId } = await startRun(reader, { question });
		await until(() => provider.seen.length > before);
		const call = provider.seen.at(-1);
		if (how === "deleted") await deleteDocument(owner, { documentId: document.id });
		else await unshare(owner, grant);
		const { text } = await readRun(reader, runId);
		expect(text).toBe("");
		expect(await getRun(reader, { runId })).toMatchObject({
			state: "cancelled",
			answer: null,
			reason: expect.stringContaining("can no longer be read by you"),
		});
		await until(() => call?.wasAborted);
	},
);
