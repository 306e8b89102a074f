import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { startExecutor } from "@/server/agents/executor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { deleteDocument } from "@/server/knowledge/service";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun } from "@/tests/support/agents";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import { makeRoute } from "@/tests/support/routes";
import { makeTrace } from "@/tests/support/traces";
import { until } from "@/tests/support/until";
import { setPolicy } from "./service";
import { spanWriterOf } from "./writer";

let db: Database;
let checkpoints: Checkpoints;
let provider: Provider;
let executor: { stop: () => Promise<void> };
let owner: ServiceContext;
let ann: ServiceContext;
let admin: ServiceContext;

/** Stands in one document, and in what a model is told of it. */
const canary = "zwitscherling";
const question = "How many days of annual leave do staff of the harbour get?";

beforeAll(async () => {
	({ db, checkpoints } = await agentsDatabase());
	provider = await startProvider();
	env().QD_PRIVATE_NETWORKS = "allowed";
	admin = { ...(await testContext(db, { role: "admin" })), via: "console" };
	[owner, ann] = await Promise.all([testContext(db, { role: "owner" }), testContext(db, { role: "builder" })]);
	await makeRoute(admin, provider.url, { first: 1_000_000 });
	await setPolicy(admin, { samplePercent: 100, keepsContent: true, retentionDays: 30, revision: 0 });
	await spanWriterOf(db).settled();
	executor = await startExecutor({ database: db, log, slots: 4, checkpoints });
});
afterAll(async () => {
	env().QD_PRIVATE_NETWORKS = "refused";
	await executor.stop();
	await spanWriterOf(db).stop();
	await provider.stop();
	await checkpoints.close();
});

const api = ({ actor }: ServiceContext) =>
	createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" }));

/** A collection of the owner's that Ann may read, with one document. */
async function shared() {
	const collection = await makeCollection(owner);
	const to = { kind: "collection" as const, resourceId: collection.id, grantee: requireUser(ann).userId };
	const text = `Staff of the harbour get 25 days of annual leave in each calendar year, says the ${canary}.`;
	const document = await addReady(owner, collection, "leave.md", text);
	await share(owner, { ...to, level: "read" });
	return { document, takeAway: () => unshare(owner, to) };
}

/** A trace of Ann's in which a model was told the canary, and its span. */
async function told(traceId: string) {
	const span = await until(async () => {
		const { spans } = await api(ann).traces.spans({ traceId });
		return spans.find(({ kind, hasContent }) => kind === "model" && hasContent) ?? null;
	});
	return { traceId, spanId: span.id };
}

async function ask() {
	const { runId } = await startRun(ann, { question });
	await readRun(ann, runId);
	return told(runId);
}

/** What somebody is shown of it: whether it is said to be there, and what it is. */
async function seen(who: ServiceContext, { traceId, spanId }: { traceId: string; spanId: string }) {
	const { spans } = await api(who).traces.spans({ traceId });
	const content = await api(who)
		.traces.content({ traceId, spanId })
		.catch(({ code }) => String(code));
	return {
		has: spans.some(({ hasContent }) => hasContent),
		hasCanary: JSON.stringify(content).includes(canary),
		content,
	};
}

test("what a model was told of a document is read by who may read the document today, in the trace as in the playground", async () => {
	const { takeAway } = await shared();
	const one = await ask();
	expect(await seen(ann, one)).toMatchObject({ has: true, hasCanary: true });
	const tried = await api(ann).playground.fromRun({ runId: one.traceId });
	expect(JSON.stringify(tried.passages)).toContain(canary);
	await takeAway();
	expect(await seen(ann, one)).toEqual({ has: false, hasCanary: false, content: "NOT_FOUND" });
	expect((await api(ann).traces.read({ traceId: one.traceId })).mayReadContent).toBe(false);
	expect((await api(ann).playground.fromRun({ runId: one.traceId })).passages).toEqual([]);
});

test("who oversees traces reads no documents by it", async () => {
	const { takeAway } = await shared();
	const one = await ask();
	expect(await seen(admin, one)).toEqual({ has: false, hasCanary: false, content: "NOT_FOUND" });
	await takeAway();
});

test("what rests on a document that was deleted is gone with it", async () => {
	const { document } = await shared();
	const one = await ask();
	await deleteDocument(owner, { documentId: document.id });
	expect(await seen(ann, one)).toEqual({ has: false, hasCanary: false, content: "NOT_FOUND" });
});

test("what was taken into the playground stays bound to its document: on the bench, in a trial and in the trial's trace", async () => {
	const { takeAway } = await shared();
	const { passages, question: asked } = await api(ann).playground.fromRun({ runId: (await ask()).traceId });
	const typed = { name: "typed", text: "By hand.", documentId: null };
	const window = { id: "a", text: "Answer.", from: null, model: null, temperature: null, maxTokens: null };
	const bench = { windows: [window], variables: [], values: {}, question: asked, passages: [...passages, typed] };
	await api(ann).playground.keep({ bench });
	const { trialId } = await api(ann).playground.start({ text: "Answer.", question: asked, passages });
	for await (const _ of (await api(ann).playground.follow({ trialId })) as AsyncIterable<unknown>);
	const one = await told(trialId);
	expect(await seen(ann, one)).toMatchObject({ hasCanary: true });
	await takeAway();
	expect(await seen(ann, one)).toEqual({ has: false, hasCanary: false, content: "NOT_FOUND" });
	expect((await api(ann).playground.get({})).bench?.passages).toEqual([typed]);
	await expect(api(ann).playground.start({ text: "Answer.", question: asked, passages })).rejects.toMatchObject({
		code: "NOT_FOUND",
	});
});

test("what rests on nobody knows what is shown to nobody", async () => {
	const traceId = await makeTrace(db, { userId: requireUser(ann).userId, spans: 3, content: { input: canary } });
	const { spans } = await api(ann).traces.spans({ traceId });
	expect(spans.some(({ hasContent }) => hasContent)).toBe(true);
	const unknown = await makeTrace(db, {
		...{ userId: requireUser(ann).userId, spans: 3 },
		content: { input: canary, sources: undefined } as { input: string },
	});
	expect((await api(ann).traces.spans({ traceId: unknown })).spans.some(({ hasContent }) => hasContent)).toBe(false);
});
