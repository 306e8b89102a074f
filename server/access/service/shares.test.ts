import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { agents, auditEntries } from "@/db/schema";
import { archiveAgent, createAgent, getAgent, listAgents, updateAgent } from "@/server/agents/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { readUserActor } from "@/server/core/rights";
import { getCollection, searchKnowledge, watchCollection } from "@/server/knowledge/service";
import { createPrompt, getPrompt, listPrompts, savePrompt } from "@/server/prompts/service";
import { startRun } from "@/server/runs/service";
import { testContext, testUser, until } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";
import type { GrantLevel, ResourceKind } from "../contract";
import { addMembers, assignRole, createGroup, findGrantees, listGrants, removeMembers, share, unshare } from ".";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let db: Database;
let provider: Provider;
let admin: ServiceContext;
beforeAll(async () => {
	base = await agentsDatabase();
	db = base.db;
	provider = await startProvider();
	admin = await testContext(db, { role: "admin" });
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

const as = (role: Role) => testContext(db, { role });
const userOf = (ctx: ServiceContext): UserActor => {
	if (ctx.actor.kind !== "user") throw new Error("not a person");
	return ctx.actor;
};
/** The same person with the rights of this moment, as their next call has them. */
const now = async (ctx: ServiceContext): Promise<ServiceContext> => {
	const actor = await readUserActor(db.orm, userOf(ctx).userId);
	if (!actor) throw new Error("gone");
	return { ...ctx, actor };
};
const newAgent = async (
	by: ServiceContext,
	access: "private" | "everyone" = "private",
	promptVersionId: string | null = null,
) => (await createAgent(by, { name: randomUUID(), description: "", promptVersionId, collectionIds: null, access })).id;
const newPrompt = async (by: ServiceContext) =>
	(await createPrompt(by, { name: randomUUID(), body: "Be brief.", message: "", access: "private" })).prompt;
const newCollection = async (by: ServiceContext) => (await makeCollection(by)).id;

const doors: Record<
	// Those of servers: server/remotes.
	Exclude<ResourceKind, "mcpServer">,
	{
		make: (by: ServiceContext) => Promise<string>;
		read: (by: ServiceContext, id: string) => Promise<{ mayManage: boolean }>;
	}
> = {
	collection: { make: newCollection, read: (by, collectionId) => getCollection(by, { collectionId }) },
	agent: { make: newAgent, read: (by, agentId) => getAgent(by, { agentId }) },
	prompt: {
		make: async (by) => (await newPrompt(by)).id,
		read: async (by, promptId) => (await getPrompt(by, { promptId })).prompt,
	},
};
const kinds = Object.keys(doors) as (keyof typeof doors)[];

describe.each(kinds)("a %s", (kind) => {
	const { make, read } = doors[kind];
	const open = async (ctx: ServiceContext, id: string) =>
		read(await now(ctx), id).then(
			({ mayManage }) => (mayManage ? "manage" : "read"),
			(error) => error.code,
		);

	test("of somebody's own is nobody else's, and can't be shared by them, like one that never was", async () => {
		const id = await make(await as("builder"));
		for (const role of ["builder", "admin", "owner"] as const) {
			const other = await as(role);
			expect(await open(other, id)).toBe("NOT_FOUND");
			const tries = (resourceId: string) => [
				listGrants(other, { kind, resourceId }),
				share(other, { kind, resourceId, grantee: userOf(other).userId, level: "read" }),
				unshare(other, { kind, resourceId, grantee: "everyone" }),
			];
			const outcome = async (resourceId: string) =>
				(await Promise.allSettled(tries(resourceId))).map((one) =>
					one.status === "rejected" ? [one.reason.code, one.reason.message] : "let in",
				);
			expect(await outcome(id)).toEqual(await outcome(randomUUID()));
			expect((await outcome(id))[0]).toEqual(["NOT_FOUND", `This ${kind} was not found.`]);
		}
	});

	test("is shared with a person, a group, a role or everyone, until it is taken back", async () => {
		const ann = await as("builder");
		const id = await make(ann);
		const [friend, member, peer, anyone] = [
			await as("staff"),
			await as("staff"),
			await as("operator"),
			await as("viewer"),
		];
		const group = await createGroup(admin, { name: randomUUID(), description: "" });
		await addMembers(admin, { groupId: group.id, userIds: [userOf(member).userId] });
		const all = [friend, member, peer, anyone];
		const grantees: [string, GrantLevel, ServiceContext[]][] = [
			[userOf(friend).userId, "manage", [friend]],
			[group.id, "read", [member]],
			["operator", "read", [peer]],
			["everyone", "read", all],
		];
		for (const [grantee, level, reached] of grantees) {
			const { rows } = await share(ann, { kind, resourceId: id, grantee, level });
			expect(rows).toMatchObject([{ grantee, level }]);
			for (const one of all) expect(await open(one, id)).toBe(reached.includes(one) ? level : "NOT_FOUND");
			await unshare(ann, { kind, resourceId: id, grantee });
			for (const one of all) expect(await open(one, id)).toBe("NOT_FOUND");
		}
		await share(ann, { kind, resourceId: id, grantee: group.id, level: "read" });
		await removeMembers(admin, { groupId: group.id, userIds: [userOf(member).userId] });
		expect(await open(member, id)).toBe("NOT_FOUND");
		const actions = await db.orm
			.select({ action: auditEntries.action })
			.from(auditEntries)
			.where(and(eq(auditEntries.resourceId, id), eq(auditEntries.userId, userOf(ann).userId)));
		expect(actions.filter(({ action }) => action === `${kind}.share`)).toHaveLength(5);
		expect(actions.filter(({ action }) => action === `${kind}.unshare`)).toHaveLength(4);
	});

	test("is managed by whom it was given to, who may share it on; by readers not", async () => {
		const [ann, bob, cay] = [await as("builder"), await as("builder"), await as("builder")];
		const id = await make(ann);
		const to = (ctx: ServiceContext) => ({ kind, resourceId: id, grantee: userOf(ctx).userId });
		await share(ann, { ...to(bob), level: "read" });
		await expect(share(bob, { ...to(cay), level: "read" })).rejects.toMatchObject({ code: "NOT_FOUND" });
		await share(ann, { ...to(bob), level: "manage" });
		await share(bob, { ...to(cay), level: "read" });
		expect(await open(cay, id)).toBe("read");
		const sharing = await listGrants(bob, { kind, resourceId: id });
		expect(sharing.rows.map(({ grantee, level }) => [grantee, level]).toSorted()).toEqual(
			[
				[userOf(bob).userId, "manage"],
				[userOf(cay).userId, "read"],
			].toSorted(),
		);
		await expect(share(ann, { kind, resourceId: id, grantee: "everyone", level: "manage" })).rejects.toMatchObject({
			code: "CONFLICT",
		});
		await expect(share(ann, { kind, resourceId: id, grantee: randomUUID(), level: "read" })).rejects.toMatchObject({
			code: "NOT_FOUND",
		});
		const viewer = await as("viewer");
		await share(ann, { ...to(viewer), level: "manage" });
		await expect(share(viewer, { ...to(cay), level: "manage" })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});

test("agents: what a reader may not change stays as it is; the default one stays for all", async () => {
	const [ann, bob] = [await as("builder"), await as("builder")];
	const agentId = await newAgent(ann, "everyone");
	for (const attempt of [() => updateAgent(bob, { agentId, name: "Bob's" }), () => archiveAgent(bob, { agentId })])
		await expect(attempt()).rejects.toMatchObject({ code: "FORBIDDEN" });
	expect(await updateAgent(admin, { agentId, description: "Ours" })).toMatchObject({ description: "Ours" });
	expect(await updateAgent(ann, { agentId, access: "private" })).toMatchObject({ access: "private" });
	expect((await listAgents(bob, { limit: 100 })).rows.map(({ id }) => id)).not.toContain(agentId);
	for (const attempt of [
		() => updateAgent(admin, { agentId: base.agentId, access: "private" }),
		() => unshare(admin, { kind: "agent", resourceId: base.agentId, grantee: "everyone" }),
		() => archiveAgent(admin, { agentId: base.agentId }),
	])
		await expect(attempt()).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a prompt that one may not read can't be given to an agent, nor is its name told by one", async () => {
	const [ann, bob] = [await as("builder"), await as("builder")];
	const prompt = await newPrompt(ann);
	await expect(newAgent(bob, "private", prompt.latestVersionId)).rejects.toMatchObject({ code: "NOT_FOUND" });
	await expect(newAgent(bob, "private", randomUUID())).rejects.toMatchObject({ code: "NOT_FOUND" });
	const agentId = await newAgent(ann, "everyone", prompt.latestVersionId);
	expect(await getAgent(ann, { agentId })).toMatchObject({ promptName: prompt.name });
	expect(await getAgent(bob, { agentId })).toMatchObject({ promptName: null, mayManage: false });
	expect((await listPrompts(bob, { limit: 100 })).rows.map(({ id }) => id)).not.toContain(prompt.id);
	await share(ann, { kind: "agent", resourceId: agentId, grantee: userOf(bob).userId, level: "manage" });
	expect(
		await updateAgent(bob, { agentId, promptVersionId: prompt.latestVersionId, name: randomUUID() }),
	).toMatchObject({
		promptName: null,
		promptVersionId: prompt.latestVersionId,
	});
	await share(ann, { kind: "prompt", resourceId: prompt.id, grantee: userOf(bob).userId, level: "read" });
	expect(await getAgent(bob, { agentId })).toMatchObject({ promptName: prompt.name });
	await expect(savePrompt(bob, { promptId: prompt.id, basedOn: 1, body: "Bob's", message: "" })).rejects.toMatchObject({
		code: "FORBIDDEN",
	});
});

describe("what is taken back", () => {
	test("an agent can't be asked any more, in a new chat or an old one, and looks like one that never was", async () => {
		const [ann, bob] = [await as("builder"), await as("staff")];
		const agentId = await newAgent(ann);
		const grant = { kind: "agent" as const, resourceId: agentId, grantee: userOf(bob).userId };
		await expect(startRun(bob, { question: "Hello?", agentId })).rejects.toMatchObject({ code: "NOT_FOUND" });
		await share(ann, { ...grant, level: "read" });
		const { threadId } = await startRun(bob, { question: "Hello?", agentId });
		await unshare(ann, grant);
		for (const again of [{ agentId }, { threadId }])
			await expect(startRun(bob, { question: "And now?", ...again })).rejects.toMatchObject({
				code: "NOT_FOUND",
				message: "This agent was not found.",
			});
	});

	test("stops what the agent is doing for that person, within 5 s, in the middle of an answer", async () => {
		const [ann, bob] = [await as("builder"), await as("staff")];
		const agentId = await newAgent(ann);
		const group = await createGroup(admin, { name: randomUUID(), description: "" });
		await addMembers(admin, { groupId: group.id, userIds: [userOf(bob).userId] });
		await share(ann, { kind: "agent", resourceId: agentId, grantee: group.id, level: "read" });
		const executor = await testExecutor(base, provider);
		const asked = `How many days of leave? {${JSON.stringify({ tokens: 3_000, intervalMs: 5 })}}`;
		const { runId } = await startRun(await now(bob), { question: asked, agentId });
		const reading = readRun(bob, runId);
		await until(() => provider.seen.some(({ behaviour }) => behaviour.tokens === 3_000), 10_000);
		const started = performance.now();
		await removeMembers(admin, { groupId: group.id, userIds: [userOf(bob).userId] });
		const { events } = await reading;
		expect(performance.now() - started).toBeLessThan(5_000);
		expect(events.at(-1)?.body).toMatchObject({ state: "cancelled", reason: "You may no longer ask this agent." });
		await executor.stop();
	});

	test("a collection is out of the search at once, and its open page ends", async () => {
		const [ann, bob] = [await as("staff"), await as("staff")];
		const collection = await makeCollection(ann);
		await addReady(ann, collection, "a.txt", "Lifebuoys hang on every second bollard.");
		const grant = { kind: "collection" as const, resourceId: collection.id, grantee: userOf(bob).userId };
		await share(ann, { ...grant, level: "read" });
		const search = async () => (await searchKnowledge(bob, { query: "lifebuoys bollard", limit: 5 })).passages.length;
		expect(await search()).toBe(1);
		const watching = watchCollection(bob, { collectionId: collection.id });
		await watching.next();
		const next = watching.next();
		await unshare(ann, grant);
		await expect(next).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(await search()).toBe(0);
	});

	test("from a group may be taken by whoever looks after groups, so that people can be let in", async () => {
		const ann = await as("staff");
		const collection = await makeCollection(ann);
		const group = await createGroup(admin, { name: randomUUID(), description: "" });
		const grant = { kind: "collection" as const, resourceId: collection.id, grantee: group.id };
		await share(ann, { ...grant, level: "read" });
		const join = { groupId: group.id, userIds: [userOf(admin).userId] };
		await expect(addMembers(admin, join)).rejects.toMatchObject({ code: "FORBIDDEN" });
		await expect(unshare(await as("staff"), grant)).rejects.toMatchObject({ code: "NOT_FOUND" });
		await unshare(admin, grant);
		expect(await addMembers(admin, join)).toMatchObject({ memberCount: 1 });
	});
});

test("a custom role that was shared with reaches whoever is given it", async () => {
	const ann = await as("builder");
	const id = await newCollection(ann);
	await share(ann, { kind: "collection", resourceId: id, grantee: "auditor", level: "read" });
	const person = await testContext(db, await testUser(db));
	await assignRole(admin, { holderId: userOf(person).userId, role: "auditor" });
	expect(await getCollection(await now(person), { collectionId: id })).toMatchObject({ mayManage: false });
});

test("whom to share with is found by a part of the name; what is typed is no pattern", async () => {
	const mark = randomUUID().slice(0, 8);
	const person = await testUser(db, { name: `Ada ${mark}` });
	const group = await createGroup(admin, { name: `Crew ${mark}`, description: "" });
	const staff = await as("staff");
	expect((await findGrantees(staff, { text: mark })).rows.map(({ grantee }) => grantee)).toEqual([
		group.id,
		person.userId,
	]);
	expect((await findGrantees(staff, { text: "%" })).rows).toEqual([]);
	expect((await findGrantees(staff, { text: "Everyone" })).rows).toMatchObject([{ grantee: "everyone" }]);
	expect((await findGrantees(staff, { text: "audit" })).rows).toMatchObject([{ grantee: "auditor", kind: "role" }]);
	expect(await db.orm.select().from(agents).where(eq(agents.id, base.agentId))).toHaveLength(1);
});
