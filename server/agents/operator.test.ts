import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { approvals, auditEntries, users } from "@/db/schema";
import { addMembers, createGroup, share } from "@/server/access/service";
import { approve } from "@/server/approvals/service";
import type { ServiceContext } from "@/server/core/context";
import { proceduresByName } from "@/server/faces/call";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import { createFromTemplate } from "./service";
import { templates } from "./templates";

// The two questions of the operator: answered by procedures alone, with the rights of whoever asks.

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let ada: ServiceContext;
let bo: ServiceContext;
let vic: ServiceContext;
let agentId: string;
beforeAll(async () => {
	base = await agentsDatabase();
	provider = await startProvider();
	executor = await testExecutor(base, provider);
	[ada, bo, vic] = await Promise.all([
		testContext(base.db, { role: "admin", name: "Ada" }),
		testContext(base.db, { role: "staff", name: "Bo" }),
		testContext(base.db, { role: "viewer", name: "Vic" }),
	]);
	// Nobody can be disabled where there is no owner left.
	await testContext(base.db, { role: "owner", name: "Olive" });
	agentId = (await createFromTemplate(ada, { template: "operator", access: "everyone" })).id;
});
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});

const idOf = ({ actor }: ServiceContext) => (actor.kind === "user" ? actor.userId : "");
const call = (name: string, input: object) => ({ toolCalls: [{ name, arguments: input }] });
/** What the model was told by its tools. */
const told = () =>
	provider.seen.at(-1)?.body.messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : [])) ?? [];
const offered = () =>
	(provider.seen.at(-1)?.body as { tools?: { function: { name: string } }[] } | undefined)?.tools?.map(
		(tool) => tool.function.name,
	) ?? [];

test("every tool of a template is a tool of ours", () => {
	const all = Object.values(templates).flatMap(({ tools }) => [...tools]);
	expect(all.filter((path) => !proceduresByName()[path]?._def.meta?.tool)).toEqual([]);
});

test("who can read the HR collection is answered from its shares and groups", async () => {
	const { id } = await makeCollection(ada, { name: "HR" });
	const group = await createGroup(ada, { name: "People team", description: "" });
	await addMembers(ada, { groupId: group.id, userIds: [idOf(bo)] });
	await share(ada, { kind: "collection", resourceId: id, grantee: group.id, level: "read" });
	provider.next(
		call("knowledge_listCollections", {}),
		call("access_listGrants", { kind: "collection", resourceId: id }),
		call("access_listMembers", { groupId: group.id }),
		{ text: "Ada owns it, and Bo reads it as one of the People team." },
	);
	const { runId } = await startRun(ada, { question: "Who can read the HR collection?", agentId });
	const { text } = await readRun(ada, runId);
	expect(text).toContain("Bo reads it");
	const [collections, grants, members] = told();
	expect(collections).toContain('"HR"');
	expect(grants).toContain("People team");
	expect(members).toContain('"Bo"');
});

test("suspending Bo waits for somebody else, happens once as Ada, and the audit says what changed", async () => {
	const userId = idOf(bo);
	provider.next(
		call("access_findPeople", { text: "Bo" }),
		call("users_setDisabled", { userId, isDisabled: true }),
		call("audit_list", { filter: { action: { eq: "user.disable" } } }),
		{ text: "Bo was enabled and is disabled now." },
	);
	const { runId } = await startRun(ada, { question: "Suspend Bo and show what changed.", agentId });
	const reading = readRun(ada, runId);
	const asked = await until(
		async () => (await base.db.orm.select().from(approvals).where(eq(approvals.runId, runId)))[0],
	);
	const disabledAt = async () =>
		(await base.db.orm.select({ at: users.disabledAt }).from(users).where(eq(users.id, userId)))[0]?.at;
	expect(await disabledAt()).toBeNull();
	const other = await testContext(base.db, { role: "admin", name: "Second" });
	await approve(other, { approvalId: asked.id, argumentsHash: asked.argumentsHash });
	expect((await reading).text).toContain("is disabled now");
	expect(await disabledAt()).not.toBeNull();
	const isIts = and(
		eq(auditEntries.resourceId, userId),
		eq(auditEntries.runId, runId),
		eq(auditEntries.outcome, "done"),
	);
	const done = await base.db.orm.select().from(auditEntries).where(isIts);
	expect(done).toMatchObject([{ actorKind: "agent", userId: idOf(ada) }]);
	expect(told().at(-1)).toContain(done[0]?.action);
});

test("nobody gets more through it than without it", async () => {
	const gate = createCaller(contextForActor(vic.actor, { db: base.db, requestId: randomUUID(), via: "rpc" }));
	const ask = { question: "Suspend Ada.", agentId };
	await expect(gate.runs.start(ask)).rejects.toMatchObject({ cause: { code: "FORBIDDEN" } });
	// Past that, as if an older run of theirs went on, no model hears of it.
	const before = provider.seen.length;
	const { events } = await readRun(vic, (await startRun(vic, ask)).runId);
	expect(events.at(-1)?.body).toMatchObject({ type: "run.ended", state: "cancelled" });
	expect(provider.seen.length).toBe(before);
	// Whoever may run agents and not suspend people is offered, and can call, what they can themselves.
	const cy = await testContext(base.db, { role: "staff", name: "Cy" });
	provider.next(call("users_setDisabled", { userId: idOf(ada), isDisabled: true }), { text: "No." });
	const { runId } = await startRun(cy, ask);
	await readRun(cy, runId);
	expect(offered()).not.toContain("users_setDisabled");
	expect(told()).toHaveLength(1);
	for (const answer of told()) expect(answer).toMatch(/no tool|FORBIDDEN/);
	expect(await base.db.orm.select().from(approvals).where(eq(approvals.runId, runId))).toEqual([]);
});
