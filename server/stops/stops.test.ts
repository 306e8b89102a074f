import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { approvals, auditEntries, documents, stops } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import { approve } from "@/server/approvals/service";
import type { ServiceContext } from "@/server/core/context";
import { getRun, startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testUser, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import type { PlaceStop } from "./contract";
import { liftStop, placeStop } from "./service";

// T16: what is stopped begins no call of a tool and no answer any more, wherever it was, and says why.

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let admin: ServiceContext;
let executor: Awaited<ReturnType<typeof testExecutor>>;
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	admin = await testContext(base.db, { role: "admin", name: "Ada" });
});
// A new one knows of no stop that another test has left.
beforeEach(async () => {
	executor = await testExecutor(base, provider);
});
afterEach(async () => {
	await executor.stop();
	await base.db.orm.delete(stops);
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

const place = (kind: PlaceStop["kind"], target = "") => placeStop(admin, { kind, target, reason: "It does harm." });
const userOf = ({ actor }: ServiceContext) => (actor.kind === "user" ? actor.userId : "");
const question = "How many days of leave are there?";
/** A run in the middle of its answer. */
async function answering(ctx: ServiceContext, agentId?: string): Promise<string> {
	provider.next({ tokens: 5_000, intervalMs: 5 });
	const { runId } = await startRun(ctx, { question, agentId });
	await until(() => provider.seen.at(-1)?.behaviour.tokens === 5_000);
	return runId;
}
const ended = (ctx: ServiceContext, runId: string) =>
	until(async () => {
		const run = await getRun(ctx, { runId });
		return run.endedAt ? run : null;
	});

describe("a run in mid-answer ends, and says why, where", () => {
	test.each(["everything", "agent", "user"] as const)("%s is stopped; a new one asks no model", async (kind) => {
		const ctx = await testContext(base.db);
		const targets = { everything: "", agent: base.agentId, user: userOf(ctx) };
		const runId = await answering(ctx);
		await place(kind, targets[kind]);
		expect(await ended(ctx, runId)).toMatchObject({
			state: "cancelled",
			reason: expect.stringContaining("An administrator has stopped"),
		});
		await until(() => provider.seen.at(-1)?.wasAborted);
		const asked = provider.seen.length;
		const next = await startRun(ctx, { question });
		expect((await ended(ctx, next.runId)).state).toBe("cancelled");
		expect(provider.seen.length).toBe(asked);
	});

	test("its model is stopped; a new one is answered without it, and says so", async () => {
		const ctx = await testContext(base.db);
		const runId = await answering(ctx);
		await place("model", "stand-in");
		expect(await ended(ctx, runId)).toMatchObject({
			state: "failed",
			reason: "An administrator has stopped this model.",
		});
		await until(() => provider.seen.at(-1)?.wasAborted);
		const asked = provider.seen.length;
		const next = await startRun(ctx, { question });
		const run = await ended(ctx, next.runId);
		expect(run.result?.degraded).toContain("An administrator has stopped this model.");
		expect(provider.seen.length).toBe(asked);
	});
});

test("what was approved and not done yet is not done once its tool is stopped; lifted, others go on", async () => {
	const ctx = await testContext(base.db);
	const { id: documentId } = await bringDocument(ctx, await makeCollection(ctx), "plan.md", `Plan ${randomUUID()}`);
	const fields = { name: randomUUID(), description: "", promptVersionId: null, collectionIds: null };
	const tools = ["knowledge.deleteDocument"];
	const builder = await testContext(base.db, { role: "builder" });
	const agent = await createAgent(builder, { ...fields, tools, access: "everyone" });
	const toolCalls = [{ name: "knowledge_deleteDocument", arguments: { documentId } }];
	provider.next({ toolCalls }, { text: "It was stopped." });
	const { runId } = await startRun(ctx, { question: "Delete it.", agentId: agent.id });
	const asked = await until(
		async () => (await base.db.orm.select().from(approvals).where(eq(approvals.runId, runId)))[0],
	);
	await until(async () => (await getRun(ctx, { runId })).state === "waiting");
	const stop = await place("tool", "knowledge.deleteDocument");
	const hasSeen = async () => {
		const call = createCaller(contextForActor(ctx.actor, { db: base.db, requestId: randomUUID(), via: "mcp" }));
		const refusal = await call.knowledge.deleteDocument({ documentId: randomUUID() }).catch((error) => error);
		return String(refusal.cause?.message).includes("stopped this tool");
	};
	await until(hasSeen);
	await approve(admin, { approvalId: asked.id, argumentsHash: asked.argumentsHash });
	await readRun(ctx, runId);
	const [row] = await base.db.orm.select().from(documents).where(eq(documents.id, documentId));
	expect([row?.deletedAt, provider.seen.at(-1)?.body.messages.at(-1)?.content]).toEqual([
		null,
		expect.stringContaining("An administrator has stopped this tool."),
	]);
	const denied = and(eq(auditEntries.runId, runId), eq(auditEntries.outcome, "denied"));
	expect(await base.db.orm.$count(auditEntries, denied)).toBe(1);
	await liftStop(admin, { stopId: stop.id });
	await until(async () => !(await hasSeen()));
});

test("who may stop is a right of its own; a stop names what there is, once, and is written down", async () => {
	const staff = await testUser(base.db);
	const call = createCaller(contextForActor(staff, { db: base.db, requestId: randomUUID(), via: "rpc" }));
	const input = { kind: "everything" as const, reason: "No." };
	await expect(call.stops.place(input)).rejects.toMatchObject({
		cause: expect.objectContaining({ code: "FORBIDDEN" }),
	});
	await expect(place("agent", randomUUID())).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(place("user", "Bo")).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(place("tool")).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(place("everything", "all")).rejects.toMatchObject({ code: "INVALID_INPUT" });
	const stop = await place("user", staff.userId);
	expect(stop).toMatchObject({ targetName: staff.name, placedByName: "Ada", reason: "It does harm." });
	await expect(place("user", staff.userId)).rejects.toMatchObject({ code: "CONFLICT" });
	await liftStop(admin, { stopId: stop.id });
	await expect(liftStop(admin, { stopId: stop.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	const rows = await base.db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, stop.id));
	expect(rows.map(({ action }) => action).toSorted()).toEqual(["stop.lift", "stop.place"]);
});
