import { randomUUID } from "node:crypto";
import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditEntries, feedback, grants, runEvents, runs, threads } from "@/db/schema";
import { share, unshare } from "@/server/access/service";
import { createAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { removeConversations } from "@/server/erasure/service";
import { getFeedback, giveFeedback, listFeedback, withdrawFeedback } from "@/server/feedback/service";
import { RunResult } from "@/server/runs/contract";
import { askedAt, followRun, startRun, versionOfRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
beforeAll(async () => {
	base = await agentsDatabase();
});
afterAll(() => base.checkpoints.close());

const idOf = (ctx: ServiceContext) => requireUser(ctx).userId;
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));

type Resting = { threadId?: string; agentId?: string; document?: Awaited<ReturnType<typeof bringDocument>> };

/** A question that was answered, resting on a document of the person's own that nobody else may read, if on no other. */
async function answered(
	ctx: ServiceContext,
	question: string,
	answer: string,
	{ document: on, ...more }: Resting = {},
) {
	const started = await startRun(ctx, { question, ...more });
	const document =
		on ?? (await bringDocument(ctx, await makeCollection(ctx), "ferries.md", `Of ferries ${randomUUID()}`));
	const citation = {
		...{
			marker: 1,
			chunkId: 1,
			documentId: document.id,
			documentName: "ferries.md",
			collectionId: document.collectionId,
		},
		...{ page: 1, pageCount: null, snippet: "The crossing takes forty minutes." },
	};
	const result = {
		...{
			citations: [citation],
			confidence: { level: "high", score: 1, reasons: [] },
			abstained: false,
			degraded: null,
		},
		...{ incomplete: false, unsupported: [], model: "stand-in", usage: { inputTokens: 10, outputTokens: 5 } },
	};
	await base.db.orm.update(runs).set({ state: "succeeded", answer, result }).where(eq(runs.id, started.runId));
	return started;
}
const shareWith = (owner: ServiceContext, threadId: string, grantee: string) =>
	share(owner, { kind: "thread", resourceId: threadId, grantee, level: "read" });
const idsOf = ({ rows }: { rows: { id: string }[] }) => rows.map(({ id }) => id);

test("a chat is found by what begins its words in title, question or answer, by who may read it and nobody else", async () => {
	const [ann, bob, eve] = [await testContext(base.db), await testContext(base.db), await testContext(base.db)];
	const { threadId, runId } = await answered(
		ann,
		"How long is the crossing?",
		"Forty minutes, says the timetable [1].",
	);
	const other = await answered(ann, "What is for lunch?", "Soup [1].");
	const find = async (ctx: ServiceContext, contains: string, owner: "caller" | "others" = "caller") =>
		api(ctx).threads.list({ filter: { words: { contains }, owner: { in: [owner] } } });
	expect((await find(ann, "timeta")).rows).toMatchObject([
		{ id: threadId, mayManage: true, found: { runId, text: expect.stringContaining("«timetable»") } },
	]);
	expect(idsOf(await find(ann, "long cross"))).toEqual([threadId]);
	expect(idsOf(await find(ann, "crossing soup"))).toEqual([]);
	for (const nothing of ["' | *", "a:*|b & !", "\\", "%"]) expect((await find(ann, nothing)).next).toBeNull();
	expect(idsOf(await find(eve, "timetable"))).toEqual([]);
	expect(idsOf(await find(ann, idOf(ann)))).toEqual([]);

	await shareWith(ann, threadId, idOf(bob));
	const reader = await testContext(base.db, requireUser(bob));
	expect((await find(reader, "timetable", "others")).rows).toMatchObject([{ id: threadId, mayManage: false }]);
	expect(idsOf(await find(reader, "timetable"))).toEqual([]);
	expect(idsOf(await api(ann).threads.list({}))).toEqual(expect.arrayContaining([threadId, other.threadId]));
	expect(idsOf(await api(eve).threads.list({ filter: { owner: { eq: "others" } } }))).toEqual([]);
});

test("a shared chat is read whole, without the sources that its reader may not read, and changed by its owner alone", async () => {
	const [ann, bob] = [await testContext(base.db), await testContext(base.db)];
	const { threadId, runId } = await answered(ann, "How long is it?", "Forty minutes [1].");
	await expect(api(bob).threads.get({ threadId })).rejects.toMatchObject({ code: "NOT_FOUND" });
	await shareWith(ann, threadId, "everyone");
	const read = await api(bob).threads.get({ threadId });
	expect(read.thread).toMatchObject({ mayManage: false, isShared: true });
	const [cited] = read.runs[0]?.result?.citations ?? [];
	expect(cited).toMatchObject({
		marker: 1,
		snippet: "",
		documentName: "A document that is gone, or that you may not read",
	});
	const own = (await api(ann).threads.get({ threadId })).runs[0]?.result?.citations[0];
	expect(own).toMatchObject({ documentName: "ferries.md", snippet: "The crossing takes forty minutes." });
	const files = [
		await api(bob).threads.export({ threadId }),
		await api(bob).threads.export({ threadId, format: "json" }),
	];
	for (const { text } of files) {
		expect(text).toContain("Forty minutes [1].");
		expect(text).not.toMatch(/ferries\.md|crossing takes/);
	}
	if (cited) await share(ann, { kind: "document", resourceId: cited.documentId, grantee: idOf(bob), level: "read" });
	expect((await api(bob).threads.export({ threadId })).text).toContain("The crossing takes forty minutes.");

	for (const call of [
		() => api(bob).threads.rename({ threadId, title: "Mine" }),
		() => api(bob).threads.remove({ threadId }),
		() => api(bob).runs.start({ question: "And back?", threadId }),
		() => api(bob).runs.get({ runId }),
		() => api(bob).access.unshare({ kind: "thread", resourceId: threadId, grantee: "everyone" }),
	])
		await expect(call()).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(
		share(ann, { kind: "thread", resourceId: threadId, grantee: idOf(bob), level: "manage" }),
	).rejects.toMatchObject({ code: "CONFLICT" });
	await api(ann).access.unshare({ kind: "thread", resourceId: threadId, grantee: "everyone" });
	await expect(api(bob).threads.export({ threadId })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("what an answer of one's own cites is told no more once the right to read it is taken away, wherever it is told", async () => {
	const [ann, keeper] = [await testContext(base.db), await testContext(base.db)];
	const document = await bringDocument(
		keeper,
		await makeCollection(keeper),
		"ferries.md",
		`Of ferries ${randomUUID()}`,
	);
	const loan = { kind: "document", resourceId: document.id, grantee: idOf(ann) } as const;
	await share(keeper, { ...loan, level: "read" });
	const { threadId, runId } = await answered(ann, "How long is it?", "Forty minutes [1].", { document });
	const [ended] = await base.db.orm
		.select({ result: runs.result, answer: runs.answer, state: runs.state })
		.from(runs)
		.where(eq(runs.id, runId));
	const { citations } = RunResult.parse(ended?.result);
	await base.db.orm.insert(runEvents).values([
		{ runId, runAt: askedAt(runId), seq: 1, type: "passages.found", data: { citations } },
		{ runId, runAt: askedAt(runId), seq: 2, type: "run.ended", data: { ...ended, reason: null } },
	]);
	await base.db.orm.update(runs).set({ lastSeq: 2 }).where(eq(runs.id, runId));
	const told = async () => {
		const events: unknown[] = [];
		for await (const event of followRun(ann, { runId })) events.push(event);
		return {
			run: await api(ann).runs.get({ runId }),
			list: await api(ann).runs.list({ filter: { threadId: { eq: threadId } } }),
			thread: await api(ann).threads.get({ threadId }),
			file: await api(ann).threads.export({ threadId }),
			events,
		};
	};
	for (const [where, text] of Object.entries(await told()))
		expect(JSON.stringify(text), where).toMatch(/ferries\.md.*crossing takes/);
	const before = await versionOfRun(ann, { runId });
	await unshare(keeper, loan);
	for (const [where, text] of Object.entries(await told())) {
		expect(JSON.stringify(text), where).toContain("Forty minutes [1].");
		expect(JSON.stringify(text), where).not.toMatch(/ferries\.md|crossing takes/);
	}
	expect(await versionOfRun(ann, { runId })).not.toEqual(before);
});

test("an export has every turn, more than one page of them, in order", async () => {
	const ann = await testContext(base.db);
	const { threadId, runId } = await answered(ann, "Question number zero", "Answer zero [1].");
	await base.db
		.sql`insert into runs (thread_id, user_id, agent_id, agent_version_id, question, state, answer, request_id, created_at)
		select thread_id, user_id, agent_id, agent_version_id, 'Question ' || n, 'succeeded', 'Answer ' || n, request_id, created_at + n * interval '1 second'
		from runs, generate_series(1, 450) n where id = ${runId}`;
	const { text, fileName, mediaType } = await api(ann).threads.export({ threadId, format: "json" });
	expect([fileName, mediaType]).toEqual(["Question-number-zero.json", "application/json"]);
	const { turns, isWhole } = JSON.parse(text);
	expect(isWhole).toBe(true);
	expect(turns.map(({ question }: { question: string }) => question).slice(1)).toEqual(
		Array.from({ length: 450 }, (_, n) => `Question ${n + 1}`),
	);
	expect(turns[0]).toMatchObject({ answer: "Answer zero [1].", citations: [{ documentName: "ferries.md" }] });
	expect((await api(ann).threads.export({ threadId })).text).toContain("- [1] **ferries.md**: The crossing takes");
});

test("one says of an answer what one thinks, once, and may think otherwise; those who manage the agent see it", async () => {
	const [ann, bob] = [await testContext(base.db), await testContext(base.db)];
	const builder = await testContext(base.db, { role: "builder" });
	const stranger = await testContext(base.db, { role: "builder" });
	const fields = { name: randomUUID(), description: "", promptVersionId: null, collectionIds: null };
	const { id: agentId } = await createAgent(builder, { ...fields, access: "everyone" });
	const { threadId, runId } = await answered(ann, "How long is it?", "An hour [1].", { agentId });
	const give = (ctx: ServiceContext, more: object = {}) => api(ctx).feedback.give({ runId, thumb: "down", ...more });
	await expect(give(bob)).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(give(ann, { reason: "correct" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
	const first = await give(ann, { reason: "wrong", correction: "Forty minutes." });
	await Promise.all([give(ann), give(ann, { reason: "outdated" }), give(ann)]);
	const second = await give(ann, { reason: "outdated", correction: "  " });
	expect(second).toMatchObject({ id: first.id, thumb: "down", reason: "outdated", correction: null });
	expect((await api(ann).threads.get({ threadId })).runs[0]?.feedback).toMatchObject({ reason: "outdated" });

	await shareWith(ann, threadId, idOf(bob));
	await give(await testContext(base.db, requireUser(bob)), { thumb: "up", reason: "clear" });
	const listed = await listFeedback(builder, { limit: 50, filter: { agentId: { eq: agentId } } });
	// Whoever was shown the chat can't show it on: the builder sees their word, and the question only through its owner's.
	expect(listed.rows).toMatchObject([
		{ thumb: "up", reason: "clear", question: null },
		{ thumb: "down", reason: "outdated", question: "How long is it?" },
	]);
	expect(idsOf(await listFeedback(builder, { limit: 50, filter: { thumb: { eq: "up" } } }))).toHaveLength(1);
	expect(await getFeedback(builder, { feedbackId: second.id })).toMatchObject({
		...{ answer: "An hour [1].", threadId: null, citations: [{ snippet: "" }], model: "stand-in" },
	});
	expect((await listFeedback(stranger, { limit: 50 })).rows).toEqual([]);
	await expect(getFeedback(stranger, { feedbackId: second.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(api(ann).feedback.list({})).rejects.toMatchObject({ code: "FORBIDDEN" });
	await withdrawFeedback(ann, { runId });
	await expect(withdrawFeedback(ann, { runId })).rejects.toMatchObject({ code: "NOT_FOUND" });
	const open = await startRun(ann, { question: "Not yet" });
	await expect(api(ann).feedback.give({ runId: open.runId, thumb: "up" })).rejects.toMatchObject({ code: "CONFLICT" });
});

test("what is deleted is gone with all that belongs to it, and so is what an erased person had", async () => {
	const [ann, bob] = [await testContext(base.db), await testContext(base.db)];
	const left = async (threadId: string, runId: string) => [
		await base.db.orm.select().from(threads).where(eq(threads.id, threadId)),
		await base.db.orm.select().from(runs).where(eq(runs.threadId, threadId)),
		await base.db.orm.select().from(runEvents).where(eq(runEvents.runId, runId)),
		await base.db.orm.select().from(feedback).where(eq(feedback.runId, runId)),
		await base.db.orm.select().from(grants).where(eq(grants.resourceId, threadId)),
		[...(await base.db.sql`select 1 from langgraph.checkpoints where thread_id = ${runId}`)],
	];
	const make = async () => {
		const { threadId, runId } = await answered(ann, "How long?", "An hour [1].");
		await shareWith(ann, threadId, idOf(bob));
		await giveFeedback(ann, { runId, thumb: "down", reason: null, correction: "No." });
		await base.db.orm
			.insert(runEvents)
			.values({ runId, runAt: askedAt(runId), seq: 1, type: "run.started", data: { attempt: 1 } });
		await base.db.sql`insert into langgraph.checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint)
			values (${runId}, '', '1', '{}')`;
		return { threadId, runId };
	};
	const one = await make();
	await api(ann).threads.remove({ threadId: one.threadId });
	expect((await left(one.threadId, one.runId)).flat()).toEqual([]);
	const [entry] = await base.db.orm
		.select({ detail: auditEntries.detail })
		.from(auditEntries)
		.where(and(eq(auditEntries.resourceId, one.threadId), inArray(auditEntries.action, ["thread.remove"])));
	expect(entry?.detail).toMatchObject({ runs: 1, feedback: 1, shares: 1 });
	const other = await make();
	expect(await removeConversations(ann, idOf(ann))).toBe(1);
	expect((await left(other.threadId, other.runId)).flat()).toEqual([]);
});
