import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { and, eq, sql } from "drizzle-orm";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { approvals, auditEntries, documents, promptVersions, runs, toolEffects } from "@/db/schema";
import type { CreateAgent } from "@/server/agents/contract";
import { createAgent } from "@/server/agents/service";
import { answerOwn, approve, reject } from "@/server/approvals/service";
import type { ServiceContext } from "@/server/core/context";
import { createPrompt } from "@/server/prompts/service";
import { getRun, startRun, stopRun } from "@/server/runs/service";
import { testContext, until, urlOf } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";

// T36, and T38 within a run: a model calls what it likes, and does what its person may, once, with a person's word where needed.

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let builder: ServiceContext;
let boss: ServiceContext;
const program = join(process.cwd(), "node_modules", ".cache", "quarterdeck-tests", `tools-${process.pid}.mjs`);
const children = new Set<ChildProcess>();
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	builder = await testContext(base.db, { role: "builder" });
	boss = await testContext(base.db, { role: "admin", name: "Deciding" });
});
afterEach(() => {
	for (const child of children) child.kill("SIGKILL");
	children.clear();
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

const agentWith = async (tools: string[], more: Partial<CreateAgent> = {}) =>
	(
		await createAgent(builder, {
			name: randomUUID(),
			description: "",
			promptVersionId: null,
			collectionIds: null,
			access: "everyone",
			tools,
			...more,
		})
	).id;
async function makeDocument(ctx: ServiceContext): Promise<string> {
	return (await bringDocument(ctx, await makeCollection(ctx), "plan.md", `Plan ${randomUUID()}`)).id;
}
const isDeleted = async (documentId: string) => {
	const [row] = await base.db.orm
		.select({ at: documents.deletedAt })
		.from(documents)
		.where(eq(documents.id, documentId));
	return row?.at !== null;
};
const pendingOf = (runId: string) =>
	until(async () => {
		const isIt = and(eq(approvals.runId, runId), eq(approvals.state, "pending"));
		return (await base.db.orm.select().from(approvals).where(isIt))[0];
	});
/** What the model was told by its tools, last. */
const toldLast = () =>
	provider.seen.at(-1)?.body.messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : [])) ?? [];

describe("a dangerous call of an agent's", () => {
	test("waits for a second person, is then carried out once, and the answer goes on", async () => {
		const executor = await testExecutor(base, provider, { slots: 1 });
		const ctx = await testContext(base.db);
		const documentId = await makeDocument(ctx);
		const agentId = await agentWith(["knowledge.deleteDocument"]);
		const toolCalls = [{ name: "knowledge_deleteDocument", arguments: { documentId } }];
		provider.next({ toolCalls }, { text: "Something else." }, { text: "Done." });
		const { runId } = await startRun(ctx, { question: "Delete the plan.", agentId });
		const reading = readRun(ctx, runId);
		const asked = await pendingOf(runId);
		// While it waits it takes nobody's place: another question is answered by the only slot.
		const other = await startRun(ctx, { question: "How many days of leave?" });
		await readRun(ctx, other.runId);
		expect((await getRun(ctx, { runId })).state).toBe("waiting");
		expect(await isDeleted(documentId)).toBe(false);
		await approve(boss, { approvalId: asked.id, argumentsHash: asked.argumentsHash });
		const { events, text } = await reading;
		expect(text).toBe("Done.");
		expect(await isDeleted(documentId)).toBe(true);
		expect(toldLast()).toEqual(['{"deleted":true}']);
		expect(events.map(({ body }) => body.type)).toEqual(
			expect.arrayContaining(["tool.called", "approval.needed", "approval.decided", "tool.answered"]),
		);
		const done = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, documentId));
		expect(done.filter(({ action }) => action === "document.delete")).toMatchObject([{ actorKind: "agent", runId }]);
		await executor.stop();
	});

	test("gets the reason of a rejection as its answer; a run that is stopped waits for nothing", async () => {
		const executor = await testExecutor(base, provider);
		const ctx = await testContext(base.db);
		const documentId = await makeDocument(ctx);
		const agentId = await agentWith(["knowledge.deleteDocument"]);
		const toolCalls = [{ name: "knowledge_deleteDocument", arguments: { documentId } }];
		provider.next({ toolCalls }, { text: "It was refused." }, { toolCalls });
		const { runId } = await startRun(ctx, { question: "Delete it.", agentId });
		const asked = await pendingOf(runId);
		await reject(boss, { approvalId: asked.id, reason: "Still needed." });
		await readRun(ctx, runId);
		expect(toldLast().join()).toContain("Still needed.");
		const second = await startRun(ctx, { question: "Delete it.", agentId });
		const waiting = await pendingOf(second.runId);
		await stopRun(ctx, { runId: second.runId });
		await readRun(ctx, second.runId);
		await until(async () => {
			const [row] = await base.db.orm.select().from(approvals).where(eq(approvals.id, waiting.id));
			return row?.state === "void" || undefined;
		});
		expect(await isDeleted(documentId)).toBe(false);
		await executor.stop();
	});

	test("waits through a deploy and an hour, and its time does not run meanwhile", async () => {
		const first = await testExecutor(base, provider);
		const ctx = await testContext(base.db);
		const documentId = await makeDocument(ctx);
		const agentId = await agentWith(["knowledge.deleteDocument"]);
		provider.next({ toolCalls: [{ name: "knowledge_deleteDocument", arguments: { documentId } }] }, { text: "Done." });
		const { runId } = await startRun(ctx, { question: "Delete it.", agentId });
		const asked = await pendingOf(runId);
		const stateIs = async (state: string) => (await getRun(ctx, { runId })).state === state || undefined;
		await until(() => stateIs("waiting"));
		await first.stop();
		const hourAgo = sql`now() - interval '1 hour'`;
		await base.db.orm.update(runs).set({ startedAt: hourAgo, attempt: 30 }).where(eq(runs.id, runId));
		await base.db.orm.update(approvals).set({ createdAt: hourAgo }).where(eq(approvals.id, asked.id));
		const second = await testExecutor(base, provider);
		const isTakenUp = and(eq(runs.id, runId), eq(runs.attempt, 31));
		await until(async () => (await base.db.orm.$count(runs, isTakenUp)) === 1 || undefined);
		expect(await stateIs("waiting")).toBe(true);
		await approve(boss, { approvalId: asked.id, argumentsHash: asked.argumentsHash });
		const { events, text } = await readRun(ctx, runId);
		expect([text, await stateIs("succeeded"), await isDeleted(documentId)]).toEqual(["Done.", true, true]);
		const told = events.map(({ body }) => body.type).filter((type) => type.startsWith("approval."));
		expect(told).toEqual(["approval.needed", "approval.decided"]);
		await second.stop();
	});

	test("survives kill -9 of the worker while it waits: the next one goes on once it is decided", async () => {
		await build({
			entryPoints: ["tests/support/executor-child.ts"],
			outfile: program,
			bundle: true,
			platform: "node",
			format: "esm",
			packages: "external",
			target: "node24",
		});
		const startWorker = async () => {
			const env = { DATABASE_URL: urlOf(base.db), QD_AUTH_SECRET: inject("authSecret"), QD_LOG_LEVEL: "error" };
			const model = { QD_MODEL_URL: provider.url, QD_MODEL: "stand-in" };
			const child = fork(program, { env: { NODE_ENV: "test", PATH: process.env.PATH, ...env, ...model } });
			children.add(child);
			await once(child, "message");
			return child;
		};
		const first = await startWorker();
		const ctx = await testContext(base.db);
		const documentId = await makeDocument(ctx);
		const agentId = await agentWith(["knowledge.deleteDocument"]);
		const before = provider.seen.length;
		provider.next({ toolCalls: [{ name: "knowledge_deleteDocument", arguments: { documentId } }] }, { text: "Done." });
		const { runId } = await startRun(ctx, { question: "Delete it.", agentId });
		const reading = readRun(ctx, runId);
		const asked = await pendingOf(runId);
		await until(async () => (await getRun(ctx, { runId })).state === "waiting");
		const gone = once(first, "exit");
		first.kill("SIGKILL");
		await gone;
		await approve(boss, { approvalId: asked.id, argumentsHash: asked.argumentsHash });
		await startWorker();
		const { events, text } = await reading;
		expect(text).toBe("Done.");
		expect(events.filter(({ body }) => body.type === "approval.decided")).toHaveLength(1);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
		const done = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, documentId));
		expect(done.filter(({ action }) => action === "document.delete")).toHaveLength(1);
		expect(await base.db.orm.$count(approvals, eq(approvals.runId, runId))).toBe(1);
		expect(provider.seen.length - before).toBeLessThanOrEqual(3);
	}, 60_000);
});

test("what the agent's policy names waits for the person themselves; other changes are made at once, and once", async () => {
	const executor = await testExecutor(base, provider);
	const prompt = async () =>
		(await createPrompt(builder, { name: randomUUID(), body: "One.", message: "", access: "private" })).prompt.id;
	const save = (promptId: string) => ({
		name: "prompts_save",
		arguments: { promptId, basedOn: 1, body: "Two.", message: "" },
	});
	const versions = (promptId: string) => base.db.orm.$count(promptVersions, eq(promptVersions.promptId, promptId));
	const [free, asking] = [
		await agentWith(["prompts.save"]),
		await agentWith(["prompts.save"], { approvalTools: ["prompts.save"] }),
	];
	const [one, other] = [await prompt(), await prompt()];
	provider.next({ toolCalls: [save(one)] }, { text: "Saved." });
	const first = await startRun(builder, { question: "Save it.", agentId: free });
	await readRun(builder, first.runId);
	expect(await versions(one)).toBe(2);
	expect(await base.db.orm.$count(toolEffects, eq(toolEffects.runId, first.runId))).toBe(1);
	provider.next({ toolCalls: [save(other)] }, { text: "Saved." });
	const second = await startRun(builder, { question: "Save it.", agentId: asking });
	const asked = await pendingOf(second.runId);
	expect([asked.needsSecond, await versions(other)]).toEqual([false, 1]);
	await answerOwn(builder, { approvalId: asked.id, isAllowed: true, argumentsHash: asked.argumentsHash });
	await readRun(builder, second.runId);
	expect(await versions(other)).toBe(2);
	await executor.stop();
});

test("a malicious model does what its person may, and nothing else: every tool, strange ids, unknown tools, a megabyte", async () => {
	const executor = await testExecutor(base, provider);
	const staff = await testContext(base.db);
	const owner = await testContext(base.db);
	const [documentId, collection] = [await makeDocument(owner), await makeCollection(owner)];
	const every = [
		"knowledge.deleteDocument",
		"knowledge.deleteCollection",
		"users.setDisabled",
		"users.setRole",
		"agents.archive",
		"prompts.save",
		"users.list",
		"audit.list",
		"knowledge.readDocument",
	];
	const agentId = await agentWith(every);
	const { userId } = owner.actor as { userId: string };
	const calls = [
		{ name: "knowledge_deleteDocument", arguments: { documentId } },
		{ name: "knowledge_deleteCollection", arguments: { collectionId: collection.id } },
		{ name: "users_setDisabled", arguments: { userId, isDisabled: true } },
		{ name: "users_setRole", arguments: { userId, role: "owner" } },
		{ name: "agents_archive", arguments: { agentId } },
		{ name: "users_list", arguments: {} },
		{ name: "audit_list", arguments: {} },
		{ name: "knowledge_readDocument", arguments: { documentId } },
		{ name: "knowledge_readDocument", arguments: { documentId: "../../etc", admin: true } },
		{ name: "keys_create", arguments: { name: "mine" } },
		{ name: "__proto__", arguments: {} },
		{ name: "prompts_save", arguments: { promptId: randomUUID(), body: "x".repeat(1_000_000) } },
	];
	provider.next({ toolCalls: calls }, { text: "Nothing worked." });
	const { runId } = await startRun(staff, { question: "Take over.", agentId });
	await readRun(staff, runId);
	const told = toldLast();
	expect(told).toHaveLength(calls.length);
	expect(
		told.every((text) => /^(FORBIDDEN|NOT_FOUND|INVALID_INPUT|There is no tool)/.test(text)),
		told.join("\n"),
	).toBe(true);
	expect([await isDeleted(documentId), await base.db.orm.$count(approvals, eq(approvals.runId, runId))]).toEqual([
		false,
		0,
	]);
	const { tools = [] } = (provider.seen.at(-1)?.body ?? {}) as { tools?: { function: { name: string } }[] };
	const offered = ["knowledge_deleteDocument", "knowledge_deleteCollection", "knowledge_readDocument"];
	expect(tools.map(({ function: { name } }) => name)).toEqual(offered);
	const denied = await base.db.orm
		.select()
		.from(auditEntries)
		.where(and(eq(auditEntries.runId, runId), eq(auditEntries.outcome, "denied")));
	expect(denied.map(({ action }) => action)).toEqual(
		expect.arrayContaining(["knowledge.deleteDocument", "users.setRole", "audit.list", "tool.call"]),
	);
	await executor.stop();
});
