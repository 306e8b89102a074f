import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditEntries, budgetEntries, runs } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import type { SearchResult } from "@/server/knowledge/contract";
import { deleteDocument } from "@/server/knowledge/service";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import { testPassage } from "@/tests/support/passages";
import { type Provider, startProvider } from "@/tests/support/provider";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let ann: ServiceContext;
let found: SearchResult["passages"] = [];
let executor: Awaited<ReturnType<typeof testExecutor>>;
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	ann = await testContext(base.db);
	const collection = await makeCollection(ann);
	for (const name of ["ferries.md", "tides.md"]) {
		const { id } = await bringDocument(ann, collection, name, `Of ${name} ${randomUUID()}`);
		const text = `All staff get 25 days of annual leave, says ${name}. Ask your manager two weeks before you take it.`;
		found.push(
			testPassage(text, { documentId: id, documentName: name, collectionId: collection.id, chunkId: found.length + 1 }),
		);
	}
	executor = await testExecutor(base, provider, {
		search: async () => ({ passages: found, searchedCollections: 1, degraded: null }),
		unreadable: async () => [],
	});
});
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));
const question = "How many days of annual leave do staff get?";

async function answered(ctx: ServiceContext, more: object = {}) {
	const started = await startRun(ctx, { question, ...more });
	await readRun(ctx, started.runId);
	// The last checkpoint goes out with the last events, or right after.
	const checkpoints = await until(async () => {
		const list = (await api(ctx).checkpoints.ofRun({ runId: started.runId })).checkpoints;
		return list.at(-1)?.before.length === 0 ? list : null;
	});
	return { ...started, checkpoints };
}
const before = (checkpoints: Awaited<ReturnType<typeof answered>>["checkpoints"], step: string) => {
	const one = checkpoints.find((checkpoint) => checkpoint.before.includes(step));
	if (!one) throw new Error(`no checkpoint before ${step}`);
	return one;
};

test("a run's checkpoints tell what was done, what came next, and what may be edited", async () => {
	const { runId, checkpoints } = await answered(ann);
	expect(checkpoints.map(({ after, before: next, editable }) => [after, next, editable])).toEqual([
		[null, ["Search the documents"], ["question"]],
		["Search the documents", ["Weigh the passages"], ["question"]],
		["Weigh the passages", ["Write the answer"], ["question", "passages"]],
		["Write the answer", ["Check the citations"], []],
		["Check the citations", [], []],
	]);
	const checkpointId = before(checkpoints, "Write the answer").id;
	const state = await api(ann).checkpoints.get({ runId, checkpointId });
	expect(state).toMatchObject({ question, turns: 0, draft: null, tools: [] });
	expect(state.passages.map(({ documentName, isChosen, mayRead }) => [documentName, isChosen, mayRead])).toEqual([
		["ferries.md", true, true],
		["tides.md", true, true],
	]);
});

test("a fork goes on with what was edited, in a branch of its own; the first answer and the trunk stay", async () => {
	const first = await answered(ann);
	const { runId, threadId, checkpoints } = await answered(ann, { threadId: first.threadId });
	await answered(ann, { threadId });
	const checkpointId = before(checkpoints, "Write the answer").id;
	const asked = provider.seen.length;
	const fork = await api(ann).checkpoints.fork({ runId, checkpointId, question: "And in winter?", passages: [1] });
	expect(fork.threadId).toBe(threadId);
	const { events, text } = await readRun(ann, fork.runId);
	expect(text).not.toBe("");
	expect(events.flatMap(({ body }) => (body.type === "step.finished" ? body.step : []))).toEqual([
		"Write the answer",
		"Check the citations",
	]);
	const prompt = JSON.stringify(provider.seen[asked]?.body.messages.at(-1));
	expect(prompt).toContain("And in winter?");
	expect(prompt).toContain("tides.md");
	expect(prompt).not.toContain("ferries.md");

	const trunk = await api(ann).threads.get({ threadId });
	const branch = await api(ann).threads.get({ threadId, branchId: fork.branchId });
	expect(trunk.branches).toMatchObject([{ id: fork.branchId, fromRunId: runId, runId: fork.runId }]);
	expect(trunk.runs.map(({ id }) => id)).toContain(runId);
	expect(trunk.runs).toHaveLength(3);
	expect(branch.runs.map(({ id }) => id)).toEqual([first.runId, fork.runId]);

	// What comes after it knows the branch, and not the trunk; a branch of a branch knows both ways that led to it.
	const next = await answered(ann, { threadId, branchId: fork.branchId });
	const state = await api(ann).checkpoints.get({ runId: next.runId, checkpointId: next.checkpoints[0]?.id ?? "" });
	expect(state.turns).toBe(2);
	const twice = await api(ann).checkpoints.fork({ runId: next.runId, checkpointId: next.checkpoints[0]?.id ?? "" });
	await readRun(ann, twice.runId);
	const deeper = await api(ann).threads.get({ threadId, branchId: twice.branchId });
	expect(deeper.runs.map(({ id }) => id)).toEqual([first.runId, fork.runId, twice.runId]);

	const { sides } = await api(ann).checkpoints.compare({ runId, otherRunId: fork.runId });
	expect(sides.map(({ forkedFrom, steps, passages }) => [forkedFrom, steps.length, passages.length])).toEqual([
		[null, 4, 2],
		[runId, 2, 1],
	]);
	const [entry] = await base.db.orm
		.select()
		.from(auditEntries)
		.where(and(eq(auditEntries.resourceId, fork.runId), eq(auditEntries.action, "run.fork")));
	expect(entry).toMatchObject({ detail: { from: runId, branchId: fork.branchId } });
	const [held] = await base.db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, fork.runId));
	expect(held?.settled).toBeGreaterThan(0);
});

test("what can't be edited is refused, and so is every stranger, key without the right, and made-up checkpoint", async () => {
	const { runId, threadId, checkpoints } = await answered(ann);
	const [eve, viewer] = [await testContext(base.db), await testContext(base.db, { role: "viewer" })];
	const at = (step: string) => ({ runId, checkpointId: before(checkpoints, step).id });
	const end = { runId, checkpointId: checkpoints.at(-1)?.id ?? "" };
	const count = async () => (await base.db.orm.select().from(runs).where(eq(runs.threadId, threadId))).length;
	const refusals: [ServiceContext, object, string][] = [
		[ann, { ...at("Weigh the passages"), passages: [0] }, "CONFLICT"],
		[ann, { ...at("Check the citations"), question: "Else?" }, "CONFLICT"],
		[ann, end, "CONFLICT"],
		[ann, { ...at("Write the answer"), passages: [2] }, "BAD_REQUEST"],
		[ann, { ...at("Write the answer"), passages: [] }, "BAD_REQUEST"],
		[ann, { ...at("Write the answer"), userId: randomUUID() }, "BAD_REQUEST"],
		[ann, { ...at("Write the answer"), collectionIds: [] }, "BAD_REQUEST"],
		[ann, { runId, checkpointId: randomUUID() }, "NOT_FOUND"],
		[eve, at("Write the answer"), "NOT_FOUND"],
		[viewer, at("Write the answer"), "FORBIDDEN"],
	];
	for (const [ctx, input, code] of refusals)
		await expect(api(ctx).checkpoints.fork(input as never)).rejects.toMatchObject({ code });
	for (const call of [
		() => api(eve).checkpoints.ofRun({ runId }),
		() => api(eve).checkpoints.get(at("Write the answer")),
		() => api(eve).checkpoints.compare({ runId, otherRunId: runId }),
		() => api(ann).runs.start({ question, branchId: randomUUID() }),
		() => api(ann).threads.get({ threadId, branchId: randomUUID() }),
	])
		await expect(call()).rejects.toMatchObject({ code: "NOT_FOUND" });
	expect(await count()).toBe(1);
});

test("what a tool answered of a document that may not be read any more is not shown, nor told to the model of a fork", async () => {
	const canary = `zwitscherling ${randomUUID()}`;
	const { id: documentId } = await addReady(ann, await makeCollection(ann), "berths.md", `Berth four: ${canary}.`);
	const { id: agentId } = await createAgent(await testContext(base.db, { role: "builder" }), {
		...{ name: randomUUID(), description: "", promptVersionId: null, collectionIds: null, access: "everyone" },
		tools: ["knowledge.readDocument"],
	});
	const toolCalls = [{ name: "knowledge_readDocument", arguments: { documentId } }];
	provider.next({ toolCalls }, { text: "It says so." });
	const { runId, checkpoints } = await answered(ann, { agentId });
	const checkpointId = checkpoints.findLast(({ before: next }) => next.includes("Write the answer"))?.id ?? "";
	const toldBy = async () => JSON.stringify((await api(ann).checkpoints.get({ runId, checkpointId })).tools);
	expect(await toldBy()).toContain(canary);
	await deleteDocument(ann, { documentId });
	expect(await toldBy()).not.toContain(canary);
	const asked = provider.seen.length;
	const fork = await api(ann).checkpoints.fork({ runId, checkpointId });
	await readRun(ann, fork.runId);
	expect(provider.seen.length).toBeGreaterThan(asked);
	expect(JSON.stringify(provider.seen.slice(asked))).not.toContain(canary);
	const [copied] = await base.db.sql`select string_agg(convert_from(blob, 'utf8'), ' ') as all
		from langgraph.checkpoint_blobs where thread_id = ${fork.runId} and type = 'json'`;
	expect(copied?.all).not.toContain(canary);
});

test("what may not be read any more is not shown, nor taken along; nor is one's right to ask the agent", async () => {
	const { runId, checkpoints } = await answered(ann);
	const checkpointId = before(checkpoints, "Write the answer").id;
	const [gone] = found;
	await deleteDocument(ann, { documentId: gone?.documentId ?? "" });
	found = found.slice(1);
	const state = await api(ann).checkpoints.get({ runId, checkpointId });
	expect(state.passages[0]).toMatchObject({
		mayRead: false,
		snippet: "",
		documentName: expect.not.stringContaining(".md"),
	});
	await expect(api(ann).checkpoints.fork({ runId, checkpointId, passages: [0] })).rejects.toMatchObject({
		code: "CONFLICT",
	});
	const asked = provider.seen.length;
	const fork = await api(ann).checkpoints.fork({ runId, checkpointId });
	await readRun(ann, fork.runId);
	expect(JSON.stringify(provider.seen.slice(asked))).not.toContain("ferries.md");
	const [copied] = await base.db.sql`select string_agg(convert_from(blob, 'utf8'), ' ') as all
		from langgraph.checkpoint_blobs where thread_id = ${fork.runId} and type = 'json'`;
	expect(copied?.all).not.toContain("ferries.md");
	await base.db.sql`delete from grants where resource_kind = 'agent'`;
	await expect(api(ann).checkpoints.fork({ runId, checkpointId })).rejects.toMatchObject({ code: "NOT_FOUND" });
});
