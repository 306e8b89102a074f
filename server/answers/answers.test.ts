import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { budgetEntries, cachedAnswers, groupMembers, groups, users } from "@/db/schema";
import { share, unshare } from "@/server/access/service";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { startExecutor } from "@/server/agents/executor";
import { updateAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { log } from "@/server/core/log";
import { readUserActor } from "@/server/core/rights";
import { deleteDocument, updateDocument } from "@/server/knowledge/service";
import { openaiModel } from "@/server/models/openai";
import { getRun, startRun } from "@/server/runs/service";
import { removeThread } from "@/server/threads/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import { until } from "@/tests/support/until";

let db: Database;
let checkpoints: Checkpoints;
let provider: Provider;
let executor: { stop: () => Promise<void> };
let owner: ServiceContext;
let ann: ServiceContext;
let bob: ServiceContext;
let agentId: string;
let shelfId: string;
const canary = "zwitscherling";
let n = 0;

const execute = () =>
	startExecutor({
		...{ database: db, log, slots: 8, checkpoints },
		model: openaiModel({ url: provider.url, key: "sk-test", model: "stand-in" }),
	});
beforeAll(async () => {
	({ db, checkpoints } = await agentsDatabase());
	provider = await startProvider();
	owner = await testContext(db, { role: "owner" });
	[ann, bob] = await Promise.all([testContext(db, { name: "Ann" }), testContext(db, { name: "Bob" })]);
	const shelf = await makeCollection(owner, { access: "everyone" });
	shelfId = shelf.id;
	await addReady(owner, shelf, "leave.md", "Staff of the harbour get 25 days of annual leave in each calendar year.");
	await addReady(owner, shelf, "ferry.md", "The ferry to the island leaves berth two at noon on Sundays.");
	agentId = await agentOf({ cacheMinutes: 60, cacheSimilar: true });
	executor = await execute();
});
beforeEach(() => provider.forget());
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await checkpoints.close();
});

const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
async function agentOf(answering: object): Promise<string> {
	const { id } = await api(owner).agents.create({ name: `A ${++n}`, access: "everyone", answering });
	return id;
}
/** The same person, with the rights of this moment. */
async function now(ctx: ServiceContext): Promise<ServiceContext> {
	const actor = await readUserActor(db.orm, requireUser(ctx).userId);
	if (!actor) throw new Error("the person is gone");
	return { ...ctx, actor };
}
async function ask(ctx: ServiceContext, question: string, more: object = {}) {
	const before = provider.seen.length;
	const { runId, threadId } = await startRun(await now(ctx), { question, agentId, ...more });
	const { events, text } = await readRun(ctx, runId);
	const run = await getRun(ctx, { runId });
	return { events, text, run, runId, threadId, calls: provider.seen.length - before };
}
const leave = "How many days of annual leave do staff of the harbour get?";

test("an answer is given again to whoever may read the same: marked, without a model, and nothing is taken of a budget", async () => {
	const first = await ask(ann, leave);
	expect(first).toMatchObject({ calls: 1, run: { state: "succeeded" } });
	expect(first.run.result?.cached).toBeUndefined();
	const again = await ask(bob, `  ${leave} `);
	expect(again).toMatchObject({ calls: 0, text: first.text, run: { answer: first.run.answer, state: "succeeded" } });
	const usage = first.run.result?.usage ?? { inputTokens: 0, outputTokens: 0 };
	expect(again.run.result).toMatchObject({
		citations: first.run.result?.citations,
		usage: { inputTokens: 0, outputTokens: 0 },
		cached: { isSimilar: false, savedTokens: usage.inputTokens + usage.outputTokens },
	});
	expect(again.run.result?.hops).toBeUndefined();
	expect(again.events.map(({ body }) => body)).toContainEqual(
		expect.objectContaining({ type: "answer.cached", isSimilar: false }),
	);
	const [entry] = await db.orm.select().from(budgetEntries).where(eq(budgetEntries.runId, again.runId));
	expect(entry?.settled).toBe(0);
	const reworded = await ask(bob, "Please tell me how many annual leave days staff of the harbour get");
	expect(reworded).toMatchObject({ calls: 0, run: { result: { cached: { isSimilar: true } } } });
	expect((await ask(bob, leave.replace("days", "weeks"))).calls).toBe(1);
	expect(await api(owner).answers.figures({ agentId })).toMatchObject({ hits: 2, similarHits: 1 });
});

test("an agent gives none again unless it is set to, and only the exact question unless it is set to more", async () => {
	const plain = await agentOf({});
	for (const _ of [1, 2]) expect((await ask(ann, leave, { agentId: plain })).calls).toBe(1);
	const exact = await agentOf({ cacheMinutes: 1 });
	expect((await ask(ann, leave, { agentId: exact })).calls).toBe(1);
	expect((await ask(ann, leave, { agentId: exact })).calls).toBe(0);
	expect((await ask(ann, leave.toLowerCase(), { agentId: exact })).calls).toBe(1);
	await db.orm.update(cachedAnswers).set({ expiresAt: sql`now()` }).where(eq(cachedAnswers.agentId, exact));
	expect((await ask(ann, leave, { agentId: exact })).calls).toBe(1);
});

describe("a canary never comes out of it", () => {
	const question = `What does the ${canary} sing at the mill?`;
	const tells = (answer: Awaited<ReturnType<typeof ask>>) =>
		JSON.stringify([answer.run, answer.events]).includes("dawn");
	let secretId: string;
	let documentId: string;
	beforeAll(async () => {
		const secret = await makeCollection(owner, { name: "Secret", access: "private" });
		secretId = secret.id;
		const text = `The ${canary} sings at dawn in the garden behind the mill, and what it sings is the harbour song.`;
		documentId = (await addReady(owner, secret, "secret.md", text)).id;
	});
	const give = (to: string) => share(owner, { kind: "collection", resourceId: secretId, grantee: to, level: "read" });
	const idOf = (ctx: ServiceContext) => requireUser(ctx).userId;

	test("to who was never let in, and to whom its grant was taken away", async () => {
		await give(idOf(ann));
		expect(tells(await ask(ann, question))).toBe(true);
		expect(tells(await ask(bob, question))).toBe(false);
		await give(idOf(bob));
		const given = await ask(bob, question);
		expect(tells(given)).toBe(true);
		expect(given.calls).toBe(0);
		await unshare(owner, { kind: "collection", resourceId: secretId, grantee: idOf(bob) });
		expect(tells(await ask(bob, question))).toBe(false);
		// Hers is still hers.
		expect(await ask(ann, question)).toMatchObject({ calls: 0 });
	});

	test("to who has left the group, or lost the right to read at all", async () => {
		const [group] = await db.orm
			.insert(groups)
			.values({ name: `G ${randomUUID()}` })
			.returning({ id: groups.id });
		const cas = await testContext(db, { name: "Cas" });
		const member = { groupId: group?.id ?? "", userId: idOf(cas) };
		await db.orm.insert(groupMembers).values(member);
		await give(member.groupId);
		expect(tells(await ask(cas, question))).toBe(true);
		await db.orm.delete(groupMembers).where(eq(groupMembers.userId, member.userId));
		expect(tells(await ask(cas, question))).toBe(false);
		await db.orm.insert(groupMembers).values(member);
		expect(await ask(cas, question)).toMatchObject({ calls: 0 });
		await db.orm.update(users).set({ role: "auditor" }).where(eq(users.id, member.userId));
		expect(tells(await ask(cas, question))).toBe(false);
	});

	test("once the document is kept from them by itself, is changed, or is deleted", async () => {
		expect(tells(await ask(ann, question))).toBe(true);
		await updateDocument(owner, { documentId, isRestricted: true });
		expect(tells(await ask(ann, question))).toBe(false);
		await updateDocument(owner, { documentId, isRestricted: false });
		expect((await ask(ann, question)).calls).toBe(1);
		expect((await ask(ann, question)).calls).toBe(0);
		await updateDocument(owner, { documentId, name: "renamed.md" });
		const renamed = await ask(ann, question);
		expect(renamed).toMatchObject({ calls: 1 });
		expect(renamed.run.result?.citations[0]?.documentName).toBe("renamed.md");
		await deleteDocument(owner, { documentId });
		expect(tells(await ask(ann, question))).toBe(false);
		const kept = await db.orm.select().from(cachedAnswers);
		expect(JSON.stringify(kept)).not.toContain("dawn");
	});

	test("where a row stands in a place of somebody else's by mistake: its documents are asked for too", async () => {
		const asked = "When does the ferry to the island leave berth two?";
		await ask(ann, asked);
		const other = randomUUID();
		await db.orm
			.update(cachedAnswers)
			.set({ documentIds: [other] })
			.where(and(eq(cachedAnswers.agentId, agentId), sql`answer like '%berth two%'`));
		expect((await ask(bob, asked)).calls).toBe(1);
	});
});

test("another version of the agent, and another text of its prompt, answer anew", async () => {
	const { prompt } = await api(owner).prompts.create({
		name: `P ${randomUUID()}`,
		body: "Be brief.",
		access: "everyone",
	});
	const promptId = prompt.id;
	await api(owner).prompts.moveLabel({ promptId, label: "production", version: 1, basedOn: 0 });
	const of = { answering: { cacheMinutes: 60 }, promptLabel: { promptId, label: "production" } };
	const { id } = await api(owner).agents.create({ name: `A ${++n}`, access: "everyone", ...of });
	const calls = async () => (await ask(ann, leave, { agentId: id })).calls;
	expect([await calls(), await calls()]).toEqual([1, 0]);
	await api(owner).prompts.save({ promptId, basedOn: 1, body: "Be most brief." });
	await api(owner).prompts.moveLabel({ promptId, label: "production", version: 2, basedOn: 1 });
	expect([await calls(), await calls()]).toEqual([1, 0]);
	await updateAgent(owner, { agentId: id, caps: { steps: 20 } });
	expect([await calls(), await calls()]).toEqual([1, 0]);
	await addReady(owner, { id: shelfId }, "new.md", "A new rule of the harbour: nobody swims in the basin.");
	expect([await calls(), await calls()]).toEqual([1, 0]);
});

test("a follow-up is given an answer again only where it was made to stand by itself, and what it got is nobody else's", async () => {
	const rewriting = "You turn the last question";
	await ask(ann, leave);
	const first = await ask(ann, "When does the ferry to the island leave on Sundays?");
	provider.when(rewriting, { text: leave });
	const follow = await ask(ann, "And the leave of staff?", { threadId: first.threadId });
	// The one call is the rewriting.
	expect(follow).toMatchObject({ calls: 1, run: { result: { cached: {}, searchedFor: leave } } });
	expect(follow.run.result?.usage.outputTokens).toBeGreaterThan(0);
	provider.when(rewriting, { text: "And the leave of staff?" });
	const kept = await db.orm.$count(cachedAnswers);
	const leaning = await ask(ann, "And the leave of staff?", { threadId: first.threadId });
	expect(leaning.run.result?.cached).toBeUndefined();
	expect(await db.orm.$count(cachedAnswers)).toBe(kept);
});

test("asked twice at once, both are answered and one answer is kept; cut off in the middle, none is", async () => {
	const question = "Where does the ferry to the island leave from at noon?";
	const both = await Promise.all([ask(ann, question), ask(ann, question)]);
	expect(both.map(({ run }) => run.state)).toEqual(["succeeded", "succeeded"]);
	const rows = await db.orm.select().from(cachedAnswers).where(sql`run_id in (${both[0].runId}, ${both[1].runId})`);
	expect(rows).toHaveLength(1);

	const cut = "Which berth does the ferry to the island use on Sundays?";
	provider.next({ fault: "stall", text: "Berth two, berth two, berth two." });
	const { runId } = await startRun(ann, { question: cut, agentId });
	await until(() => provider.seen.at(-1)?.behaviour.fault === "stall");
	await executor.stop();
	expect(await db.orm.$count(cachedAnswers, eq(cachedAnswers.runId, runId))).toBe(0);
	executor = await execute();
	await readRun(ann, runId);
	expect(await getRun(ann, { runId })).toMatchObject({ state: "succeeded" });
	const after = await ask(bob, cut);
	expect(after.run.state).toBe("succeeded");
});

test("what is kept goes with its chat, and whoever manages the agent forgets all of it", async () => {
	const own = await agentOf({ cacheMinutes: 60 });
	const { threadId, runId } = await ask(ann, leave, { agentId: own });
	expect(await db.orm.$count(cachedAnswers, eq(cachedAnswers.runId, runId))).toBe(1);
	await removeThread(ann, { threadId });
	expect(await db.orm.$count(cachedAnswers, eq(cachedAnswers.agentId, own))).toBe(0);
	await ask(ann, leave, { agentId: own });
	const builder = await testContext(db, { role: "builder" });
	for (const [who, code] of [
		[ann, "FORBIDDEN"],
		[builder, "FORBIDDEN"],
	] as const)
		await expect(api(who).answers.clear({ agentId: own })).rejects.toMatchObject({ cause: { code } });
	await expect(api(builder).answers.clear({ agentId: randomUUID() })).rejects.toMatchObject({
		cause: { code: "NOT_FOUND" },
	});
	expect(await api(owner).answers.clear({ agentId: own })).toEqual({ removed: 1 });
	expect((await ask(ann, leave, { agentId: own })).calls).toBe(1);
});

test("only an agent that answers at once gives answers again, and below its least confidence it says nothing of what it found", async () => {
	await expect(
		api(owner).agents.create({ name: `A ${++n}`, graph: "research", answering: { cacheMinutes: 5 } }),
	).rejects.toMatchObject({ cause: { code: "INVALID_INPUT" } });
	const sure = await agentOf({ leastConfidence: 1, cacheMinutes: 60 });
	const { run, text, events } = await ask(ann, leave, { agentId: sure });
	expect(run).toMatchObject({
		state: "succeeded",
		result: { abstained: true, citations: [], confidence: { level: "none" } },
	});
	expect(text).toMatch(/^The documents don't say surely enough\./);
	expect(JSON.stringify(events.filter(({ body }) => body.type === "answer.delta"))).not.toContain("25");
	expect(await db.orm.$count(cachedAnswers, eq(cachedAnswers.agentId, sure))).toBe(0);
});
