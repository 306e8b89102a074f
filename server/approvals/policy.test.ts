import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { approvalRules, approvals, auditEntries, groupMembers, groups, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { readUserActor } from "@/server/core/rights";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testDatabase, testUser } from "@/tests/support";
import { ApprovalNeeded } from "./service";

// T38 and T39: who approves is policy, and what is approved may be changed first by whoever decides, but by nothing else.

let db: Database;
let asking: UserActor;
let boss: UserActor;
let second: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	asking = await testUser(db, { role: "admin", name: "Asking" });
	boss = await testUser(db, { role: "admin", name: "Deciding" });
	second = await testUser(db, { role: "owner", name: "Second" });
});
afterEach(() => db.orm.delete(approvalRules));

const as = (actor: UserActor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" }));
const tool = (actor: UserActor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "mcp" }));
const refused = (code: string) => ({ cause: expect.objectContaining({ code }) });
const setRole = (userId: string, role: "viewer" | "builder" | "owner" = "builder", by = asking) =>
	tool(by).users.setRole({ userId, role });
const roleOf = async (userId: string) =>
	(await db.orm.select({ role: users.role }).from(users).where(eq(users.id, userId)))[0]?.role;
const someone = async () => (await testUser(db)).userId;

async function asked(call: Promise<unknown>): Promise<string> {
	const refusal = await call.then(
		() => null,
		(error) => error,
	);
	if (!(refusal?.cause instanceof ApprovalNeeded)) throw refusal ?? new Error("it was done at once");
	return refusal.cause.approval.id;
}
const look = (approvalId: string, by = boss) => as(by).approvals.get({ approvalId });
async function approve(approvalId: string, by = boss) {
	const { edit, argumentsHash } = await look(approvalId, by);
	return as(by).approvals.approve({ approvalId, argumentsHash: edit?.argumentsHash ?? argumentsHash });
}
async function edit(approvalId: string, change: unknown, by = boss) {
	const now = await look(approvalId, by);
	const argumentsHash = now.edit?.argumentsHash ?? now.argumentsHash;
	return as(by).approvals.edit({ approvalId, argumentsHash, arguments: JSON.stringify(change) });
}
const rule = (more: Partial<Parameters<ReturnType<typeof as>["approvals"]["saveRule"]>[0]> = {}) =>
	as(boss).approvals.saveRule({ tool: "users.setRole", agentId: null, ...more });

describe("whoever decides may change the arguments", () => {
	test("and then approves those: they are tried out first, both are kept, and only the new ones are done, once", async () => {
		const userId = await someone();
		const id = await asked(setRole(userId));
		const before = await look(id);
		const seen = await edit(id, { userId, role: "viewer" });
		expect(seen.edit).toMatchObject({ byName: "Deciding", effect: expect.stringContaining("viewer") });
		expect(seen.edit?.preview?.rows).toContainEqual({ table: "users", added: 0, changed: 1, removed: 0 });
		expect(seen.arguments).toBe(before.arguments);
		const old = as(boss).approvals.approve({ approvalId: id, argumentsHash: before.argumentsHash });
		await expect(old).rejects.toMatchObject(refused("CONFLICT"));
		await approve(id);
		const answers = await Promise.all(Array.from({ length: 5 }, () => setRole(userId)));
		expect(new Set(answers.map(({ role }) => role))).toEqual(new Set(["viewer"]));
		expect(await roleOf(userId)).toBe("viewer");
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, id));
		expect(rows.map(({ action }) => action).toSorted()).toEqual([
			"approval.approve",
			"approval.edit",
			"approval.request",
			"approval.use",
		]);
		const [use] = rows.filter(({ action }) => action === "approval.use");
		expect(use?.detail).toMatchObject({ digest: seen.edit?.argumentsHash });
	});

	test("to nothing that is no input, that names another thing, that the requester may not do, or that is alike", async () => {
		const [userId, other] = [await someone(), await someone()];
		const id = await asked(setRole(userId));
		await expect(edit(id, { userId, role: "emperor" })).rejects.toMatchObject(refused("INVALID_INPUT"));
		await expect(edit(id, { userId, role: "viewer", more: true })).rejects.toMatchObject(refused("INVALID_INPUT"));
		await expect(edit(id, [])).rejects.toMatchObject(refused("INVALID_INPUT"));
		await expect(edit(id, { userId: other, role: "viewer" })).rejects.toMatchObject(refused("INVALID_INPUT"));
		await expect(edit(id, { userId, role: "owner" }, second)).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(edit(id, { role: "builder", userId })).rejects.toMatchObject(refused("CONFLICT"));
		const stale = { approvalId: id, argumentsHash: "0".repeat(64), arguments: "{}" };
		await expect(as(boss).approvals.edit(stale)).rejects.toMatchObject(refused("CONFLICT"));
		await expect(edit(id, { userId, role: "viewer" }, asking)).rejects.toMatchObject(refused("FORBIDDEN"));
		const viewer = await testUser(db, { role: "viewer" });
		const strange = { approvalId: id, argumentsHash: (await look(id)).argumentsHash, arguments: "{}" };
		await expect(as(viewer).approvals.edit(strange)).rejects.toMatchObject(refused("NOT_FOUND"));
		expect([(await look(id)).edit, await roleOf(userId)]).toEqual([null, "staff"]);
	});

	test("and is not carried out where it was edited, approved, and its requester has lost the right", async () => {
		const loser = await testUser(db, { role: "admin" });
		const userId = await someone();
		const id = await asked(setRole(userId, "builder", loser));
		await edit(id, { userId, role: "viewer" });
		await approve(id);
		await db.orm.update(users).set({ role: "staff" }).where(eq(users.id, loser.userId));
		await expect(setRole(userId, "builder", loser)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect([await roleOf(userId), (await look(id)).state]).toEqual(["staff", "void"]);
	});
});

describe("a rule", () => {
	test("has two people approve, who are two, and both have to be in their right when it is done", async () => {
		await rule({ people: 2 });
		const userId = await someone();
		const id = await asked(setRole(userId));
		expect(await approve(id)).toMatchObject({ state: "pending", people: 2, approvedBy: 1, mayDecide: false });
		await expect(approve(id)).rejects.toMatchObject(refused("CONFLICT"));
		await asked(setRole(userId));
		expect((await as(second).approvals.waiting({})).toDecide).toBeGreaterThan(
			(await as(boss).approvals.waiting({})).toDecide,
		);
		const done = await approve(id, second);
		expect([done.state, done.approvals.map(({ name }) => name)]).toEqual(["approved", ["Deciding", "Second"]]);
		await db.orm.update(users).set({ disabledAt: new Date() }).where(eq(users.id, boss.userId));
		await expect(setRole(userId)).rejects.toMatchObject(refused("FORBIDDEN"));
		await db.orm.update(users).set({ disabledAt: null }).where(eq(users.id, boss.userId));
		expect([await roleOf(userId), (await look(id)).state]).toEqual(["staff", "void"]);
	});

	test("forgets who had approved the call as it was before somebody changed it", async () => {
		await rule({ people: 2 });
		const userId = await someone();
		const id = await asked(setRole(userId));
		await approve(id);
		await edit(id, { userId, role: "viewer" }, second);
		expect(await approve(id, second)).toMatchObject({ state: "pending", approvedBy: 1 });
		expect((await approve(id)).state).toBe("approved");
		expect((await setRole(userId)).role).toBe("viewer");
	});

	test("names a group: nobody else decides, and who leaves it has decided nothing", async () => {
		const [group] = await db.orm
			.insert(groups)
			.values({ name: `Finance ${randomUUID()}` })
			.returning();
		if (!group) throw new Error("no group");
		await rule({ approvers: [group.id] });
		const userId = await someone();
		const id = await asked(setRole(userId));
		await expect(approve(id)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await look(id)).toMatchObject({ otherDeciders: 0, whyNot: expect.stringContaining("A rule names") });
		const member = { groupId: group.id, userId: boss.userId };
		await db.orm.insert(groupMembers).values(member);
		const now = (await readUserActor(db.orm, boss.userId)) ?? boss;
		expect(await look(id, now)).toMatchObject({ otherDeciders: 1, approvers: [[group.name]], mayDecide: true });
		await approve(id, now);
		await db.orm.delete(groupMembers).where(eq(groupMembers.groupId, group.id));
		await expect(setRole(userId)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await roleOf(userId)).toBe("staff");
	});

	test("names a role, and has what is not dangerous wait too; what only reads never does", async () => {
		await rule({ tool: "prompts.save", approvers: ["owner"] });
		const { prompt } = await as(asking).prompts.create({ name: randomUUID(), body: "One.", message: "" });
		const save = () => tool(asking).prompts.save({ promptId: prompt.id, basedOn: 1, body: "Two.", message: "" });
		const id = await asked(save());
		await expect(approve(id)).rejects.toMatchObject(refused("FORBIDDEN"));
		await approve(id, second);
		expect((await save()).prompt.latestVersion).toBe(2);
		await rule({ tool: null });
		await tool(asking).agents.list({});
	});

	test("is set by administrators, is written down, and names what there is", async () => {
		const saved = await rule({ people: 2, approvers: ["admin"] });
		expect(saved).toMatchObject({ tool: "users.setRole", people: 2, approvers: [{ key: "admin" }] });
		expect((await rule({ people: 1 })).id).toBe(saved.id);
		await expect(rule({ approvers: [randomUUID()] })).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(rule({ agentId: randomUUID() })).rejects.toMatchObject(refused("NOT_FOUND"));
		const staff = await testUser(db);
		await expect(as(staff).approvals.listRules({})).rejects.toMatchObject(refused("FORBIDDEN"));
		expect((await as(boss).approvals.listRules({})).rows).toHaveLength(1);
		await as(boss).approvals.removeRule({ ruleId: saved.id });
		await expect(as(boss).approvals.removeRule({ ruleId: saved.id })).rejects.toMatchObject(refused("NOT_FOUND"));
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, saved.id));
		const done = rows.filter(({ outcome }) => outcome === "done");
		expect(done.map(({ action }) => action).toSorted()).toEqual([
			"approval_rule.create",
			"approval_rule.remove",
			"approval_rule.update",
		]);
		expect(await db.orm.$count(approvals, eq(approvals.tool, "approvals.saveRule"))).toBe(0);
	});
});
