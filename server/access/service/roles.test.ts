import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, grants, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import type { Permission, Role } from "@/server/core/permissions";
import { readUserActor } from "@/server/core/rights";
import { createUser, setUserDisabled, setUserRole } from "@/server/users/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { makeCollection } from "@/tests/support/knowledge";
import {
	addMembers,
	assignRole,
	compareRole,
	createGroup,
	createRole,
	getGroup,
	getRole,
	listGroups,
	listMembers,
	listRoles,
	removeGroup,
	removeMembers,
	removeRole,
	unassignRole,
	updateRole,
} from ".";

let db: Database;
let owner: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	owner = await testContext(db, { role: "owner" });
});
const as = (role: Role) => testContext(db, { role });
const userOf = (ctx: ServiceContext): UserActor => {
	if (ctx.actor.kind !== "user") throw new Error("not a person");
	return ctx.actor;
};
const rightsOf = async (userId: string) => (await readUserActor(db.orm, userId))?.permissions ?? new Set();
const newRole = (permissions: Permission[], by = owner) =>
	createRole(by, { name: `Role ${randomUUID()}`, description: "", permissions });
const newGroup = () => createGroup(owner, { name: `Group ${randomUUID()}`, description: "" });
/** A person whose only roles are these, and a context of theirs. */
async function holding(...permissions: Permission[]): Promise<ServiceContext> {
	const role = await newRole(permissions);
	const person = await testUser(db, { role: "viewer" });
	await setUserRole(owner, { userId: person.userId, role: role.key });
	const now = await readUserActor(db.orm, person.userId);
	if (!now) throw new Error("gone");
	return testContext(db, now);
}
const denials = (ctx: ServiceContext) =>
	db.orm
		.select({ action: auditEntries.action, reason: auditEntries.reason, resourceId: auditEntries.resourceId })
		.from(auditEntries)
		.where(and(eq(auditEntries.userId, userOf(ctx).userId), eq(auditEntries.outcome, "denied")));

describe("custom roles", () => {
	test("give their rights with the next call, whichever way somebody holds them", async () => {
		const role = await newRole(["jobs:read"]);
		const [first, extra, member] = await Promise.all([testUser(db), testUser(db), testUser(db)]);
		const { id } = await newGroup();
		await setUserRole(owner, { userId: first.userId, role: role.key });
		await assignRole(owner, { holderId: extra.userId, role: role.key });
		await assignRole(owner, { holderId: id, role: role.key });
		await addMembers(owner, { groupId: id, userIds: [member.userId] });
		for (const { userId } of [first, extra, member]) expect(await rightsOf(userId)).toContain("jobs:read");
		expect(await rightsOf(first.userId)).not.toContain("runs:write");
		expect((await getGroup(owner, { groupId: id })).roles).toEqual([{ key: role.key, name: role.name }]);
		const { role: held, holders } = await getRole(owner, { role: role.key });
		expect(held).toMatchObject({ userCount: 2, groupCount: 1 });
		expect(new Set(holders.map((one) => `${one.kind} ${one.id} ${one.how}`))).toEqual(
			new Set([`group ${id} extra`, `user ${first.userId} first`, `user ${extra.userId} extra`]),
		);
		await updateRole(owner, {
			role: role.key,
			version: 1,
			name: role.name,
			description: "",
			permissions: ["jobs:write"],
		});
		for (const { userId } of [first, extra, member]) expect(await rightsOf(userId)).not.toContain("jobs:read");
		await unassignRole(owner, { holderId: extra.userId, role: role.key });
		await removeMembers(owner, { groupId: id, userIds: [member.userId] });
		for (const { userId } of [extra, member]) expect(await rightsOf(userId)).not.toContain("jobs:write");
	});

	test("are never saved over what somebody else saved meanwhile", async () => {
		const role = await newRole(["jobs:read"]);
		const change = { role: role.key, version: 1, name: role.name, description: "", permissions: role.permissions };
		const both = await Promise.allSettled([updateRole(owner, change), updateRole(owner, change)]);
		expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
		expect(both.find((one) => one.status === "rejected")).toMatchObject({ reason: { code: "CHANGED" } });
	});

	test("have names of their own, and none that is built in", async () => {
		const { name } = await newRole(["jobs:read"]);
		for (const taken of [name.toUpperCase(), "Admin"])
			await expect(
				createRole(owner, { name: taken, description: "", permissions: ["jobs:read"] }),
			).rejects.toMatchObject({ code: "CONFLICT" });
	});

	test("stay while anybody holds them; what was shared with one goes with it", async () => {
		const role = await newRole(["jobs:read"]);
		const { id } = await newGroup();
		await assignRole(owner, { holderId: id, role: role.key });
		await expect(removeRole(owner, { role: role.key })).rejects.toMatchObject({ code: "CONFLICT" });
		await unassignRole(owner, { holderId: id, role: role.key });
		const person = await createUser(owner, {
			name: "P",
			email: `${randomUUID()}@example.test`,
			role: role.key,
			password: "a long enough sentence",
		});
		await expect(removeRole(owner, { role: role.key })).rejects.toMatchObject({ code: "CONFLICT" });
		await setUserRole(owner, { userId: person.id, role: "viewer" });
		const grant = {
			resourceKind: "agent" as const,
			resourceId: randomUUID(),
			grantee: role.key,
			level: "read" as const,
		};
		await db.orm.insert(grants).values(grant);
		await removeRole(owner, { role: role.key });
		expect(await db.orm.select().from(grants).where(eq(grants.grantee, role.key))).toEqual([]);
		expect((await listRoles(owner, { limit: 200 })).rows.map(({ key }) => key)).not.toContain(role.key);
		await expect(getRole(owner, { role: role.key })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("tell beforehand who gains and loses what, leaving out what they hold anyway", async () => {
		const role = await newRole(["jobs:read", "system:read"]);
		const [plain, also, disabled] = await Promise.all([testUser(db), testUser(db), testUser(db)]);
		for (const { userId } of [plain, also, disabled]) await assignRole(owner, { holderId: userId, role: role.key });
		await assignRole(owner, { holderId: also.userId, role: "operator" });
		await setUserDisabled(owner, { userId: disabled.userId, isDisabled: true });
		const change = await compareRole(owner, {
			role: role.key,
			permissions: ["jobs:read", "jobs:write", "audit:read"],
		});
		expect(change).toMatchObject({
			added: ["jobs:write", "audit:read"],
			removed: ["system:read"],
			refused: [],
			holderCount: 3,
			gainCount: 3,
			loseCount: 2,
		});
		const of = (id: string) => change.people.find((one) => one.id === id);
		expect(of(plain.userId)).toMatchObject({ gains: ["jobs:write", "audit:read"], loses: ["system:read"] });
		expect(of(also.userId)).toMatchObject({ gains: ["audit:read"], loses: [] });
		expect(of(disabled.userId)).toMatchObject({ isDisabled: true });
		expect(await rightsOf(plain.userId)).toContain("system:read");
	});
});

describe("nobody gives what they don't hold", () => {
	test("by any way there is; each refusal is written down", async () => {
		const helper = await holding("roles:read", "roles:write", "users:write", "users:read", "jobs:read");
		const strong = await newRole(["jobs:read", "audit:read"]);
		const weak = await newRole(["jobs:read"], helper);
		const [person, admin] = await Promise.all([testUser(db, { role: "viewer" }), testUser(db, { role: "admin" })]);
		const bare = await newGroup();
		const mighty = await newGroup();
		await assignRole(owner, { holderId: mighty.id, role: strong.key });
		const me = userOf(helper).userId;
		const email = `${randomUUID()}@example.test`;
		const account = { name: "X", email, password: "a long enough sentence" };
		const same = { role: weak.key, version: 1, name: weak.name, description: "" };
		const tries: [string, () => Promise<unknown>][] = [
			["role.create", () => newRole(["audit:read"], helper)],
			["role.update", () => updateRole(helper, { ...same, permissions: ["jobs:read", "audit:read"] })],
			["role.update", () => updateRole(helper, { ...same, role: strong.key, permissions: ["jobs:read"] })],
			["role.remove", () => removeRole(helper, { role: strong.key })],
			["user.assign-role", () => assignRole(helper, { holderId: me, role: "admin" })],
			["user.assign-role", () => assignRole(helper, { holderId: person.userId, role: strong.key })],
			["user.unassign-role", () => unassignRole(helper, { holderId: admin.userId, role: strong.key })],
			["group.assign-role", () => assignRole(helper, { holderId: bare.id, role: strong.key })],
			["group.add-members", () => addMembers(helper, { groupId: mighty.id, userIds: [me] })],
			["group.remove-members", () => removeMembers(helper, { groupId: mighty.id, userIds: [admin.userId] })],
			["group.remove", () => removeGroup(helper, { groupId: mighty.id })],
			["user.create", () => createUser(helper, { ...account, role: "staff" })],
			["user.create", () => createUser(helper, { ...account, role: "owner" })],
			["user.set-role", () => setUserRole(helper, { userId: me, role: "admin" })],
			["user.set-role", () => setUserRole(helper, { userId: admin.userId, role: weak.key })],
			["user.disable", () => setUserDisabled(helper, { userId: admin.userId, isDisabled: true })],
			["user.enable", () => setUserDisabled(helper, { userId: admin.userId, isDisabled: false })],
		];
		for (const [action, attempt] of tries) await expect(attempt(), action).rejects.toMatchObject({ code: "FORBIDDEN" });
		expect((await denials(helper)).map(({ action }) => action).toSorted()).toEqual(
			tries.map(([action]) => action).toSorted(),
		);
		expect(await rightsOf(me)).not.toContain("audit:read");
		expect((await getGroup(owner, { groupId: mighty.id })).memberCount).toBe(0);
	});

	test("an administrator gives all but the owner's rights", async () => {
		const admin = await as("admin");
		const person = await testUser(db);
		await setUserRole(admin, { userId: person.userId, role: "admin" });
		await expect(setUserRole(admin, { userId: person.userId, role: "owner" })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
		await expect(newRole(["owners:write"], admin)).rejects.toMatchObject({ code: "FORBIDDEN" });
		const likeOwner = await newRole(["owners:write"]);
		await expect(assignRole(admin, { holderId: person.userId, role: likeOwner.key })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
		await expect(assignRole(owner, { holderId: person.userId, role: "owner" })).rejects.toMatchObject({
			code: "CONFLICT",
		});
	});

	test("a key gives no more than its scopes, whoever owns it", async () => {
		const key: ServiceContext = {
			...owner,
			actor: {
				kind: "apiKey",
				keyId: randomUUID(),
				name: "ci",
				scopes: new Set(["roles:write", "jobs:read"]),
				owner: userOf(owner),
			},
		};
		await expect(newRole(["audit:read"], key)).rejects.toMatchObject({ code: "FORBIDDEN" });
		expect(await newRole(["jobs:read"], key)).toMatchObject({ permissions: ["jobs:read"] });
	});

	test("rights are those of this moment: whoever was demoted while calling gives nothing any more", async () => {
		const admin = await as("admin");
		await setUserRole(owner, { userId: userOf(admin).userId, role: "viewer" });
		await expect(newRole(["audit:read"], admin)).rejects.toMatchObject({ code: "FORBIDDEN" });
		await setUserDisabled(owner, { userId: userOf(admin).userId, isDisabled: true });
		await expect(newRole(["knowledge:read"], admin)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("a group that was let into somebody's collection takes nobody in by whoever can't open it", async () => {
		const admin = await as("admin");
		const ann = await as("staff");
		const { id } = await newGroup();
		const collection = await makeCollection(ann);
		await db.orm.insert(grants).values({
			resourceKind: "collection",
			resourceId: collection.id,
			grantee: id,
			level: "read",
		});
		const join = () => addMembers(admin, { groupId: id, userIds: [userOf(admin).userId] });
		await expect(join()).rejects.toMatchObject({
			code: "FORBIDDEN",
			message: expect.stringContaining("1 shared thing"),
		});
		expect((await denials(admin)).map(({ resourceId }) => resourceId)).toEqual([id]);
		await removeMembers(admin, { groupId: id, userIds: [userOf(ann).userId] });
		await db.orm.insert(grants).values({
			resourceKind: "collection",
			resourceId: collection.id,
			grantee: userOf(admin).userId,
			level: "read",
		});
		expect(await join()).toMatchObject({ memberCount: 1, grantCount: 1 });
	});

	test("nobody lets themselves in through a role that something was shared with", async () => {
		const admin = await as("admin");
		const ann = await as("staff");
		const collection = await makeCollection(ann);
		const grant = { resourceKind: "collection" as const, resourceId: collection.id, level: "read" as const };
		await db.orm.insert(grants).values({ ...grant, grantee: "auditor" });
		const me = userOf(admin).userId;
		const { id } = await newGroup();
		await addMembers(admin, { groupId: id, userIds: [me] });
		for (const attempt of [
			() => assignRole(admin, { holderId: me, role: "auditor" }),
			() => assignRole(admin, { holderId: id, role: "auditor" }),
			() => setUserRole(admin, { userId: me, role: "auditor" }),
		])
			await expect(attempt()).rejects.toMatchObject({ code: "FORBIDDEN" });
		const other = await testUser(db, { role: "viewer" });
		await assignRole(admin, { holderId: other.userId, role: "auditor" });
	});
});

describe("the last owner", () => {
	test.each([
		["disabled", "disabled"],
		["disabled", "demoted"],
		["demoted", "demoted"],
	] as const)("stays when of two one is %s and one %s at once, ten times over", async (first, second) => {
		for (let round = 0; round < 10; round++) {
			const own = round === 0 ? await testDatabase() : db;
			if (own === db) await db.orm.update(users).set({ role: "staff" }).where(eq(users.role, "owner"));
			const [a, b] = [await testContext(own, { role: "owner" }), await testContext(own, { role: "owner" })];
			const fall = (by: ServiceContext, whom: ServiceContext, how: "disabled" | "demoted") =>
				how === "disabled"
					? setUserDisabled(by, { userId: userOf(whom).userId, isDisabled: true })
					: setUserRole(by, { userId: userOf(whom).userId, role: "staff" });
			const outcomes = await Promise.allSettled([fall(a, b, first), fall(b, a, second)]);
			expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
			const left = await own.orm.select().from(users).where(eq(users.role, "owner"));
			expect(left.filter(({ disabledAt }) => disabledAt === null)).toHaveLength(1);
		}
		owner = await testContext(db, { role: "owner" });
	});
});

describe("groups", () => {
	test("come in pages, by name, and so do their members", async () => {
		const mark = randomUUID().slice(0, 8);
		for (const n of ["b", "a", "c"]) await createGroup(owner, { name: `${mark} ${n}`, description: "" });
		const named = { sort: "name", filter: { name: { contains: mark.toUpperCase() } } } as const;
		const first = await listGroups(owner, { ...named, limit: 2 });
		const rest = await listGroups(owner, { ...named, limit: 2, cursor: first.next ?? "" });
		expect([...first.rows, ...rest.rows].map(({ name }) => name)).toEqual([`${mark} a`, `${mark} b`, `${mark} c`]);
		const groupId = first.rows[0]?.id ?? "";
		const people = await Promise.all(["Zoe", "Ana", "Mia"].map((name) => testUser(db, { name })));
		await addMembers(owner, { groupId, userIds: people.map(({ userId }) => userId) });
		const page = await listMembers(owner, { groupId, limit: 2, sort: "name" });
		const last = await listMembers(owner, { groupId, limit: 2, sort: "name", cursor: page.next ?? "" });
		expect([...page.rows, ...last.rows].map(({ name }) => name)).toEqual(["Ana", "Mia", "Zoe"]);
	});

	test("take people in once, however often they are put in; strangers not at all", async () => {
		const { id } = await newGroup();
		const person = await testUser(db);
		const both = { groupId: id, userIds: [person.userId, person.userId] };
		await Promise.all([addMembers(owner, both), addMembers(owner, both)]);
		expect(await getGroup(owner, { groupId: id })).toMatchObject({ memberCount: 1 });
		for (const attempt of [
			() => addMembers(owner, { groupId: id, userIds: [randomUUID()] }),
			() => addMembers(owner, { groupId: randomUUID(), userIds: [person.userId] }),
			() => removeGroup(owner, { groupId: randomUUID() }),
			() => assignRole(owner, { holderId: randomUUID(), role: "staff" }),
			() => assignRole(owner, { holderId: person.userId, role: randomUUID() }),
		])
			await expect(attempt()).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("are gone with all that came through them", async () => {
		const { id } = await newGroup();
		const person = await testUser(db, { role: "viewer" });
		await assignRole(owner, { holderId: id, role: "operator" });
		await addMembers(owner, { groupId: id, userIds: [person.userId] });
		expect(await rightsOf(person.userId)).toContain("jobs:write");
		await removeGroup(owner, { groupId: id });
		expect(await rightsOf(person.userId)).not.toContain("jobs:write");
		await expect(getGroup(owner, { groupId: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});
