import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, factorPolicies, grants, mcpServers, passkeys, sessions, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { Permission } from "@/server/core/permissions";
import { createKey, revokeKey } from "@/server/keys/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { makeCollection } from "@/tests/support/knowledge";
import { addMembers, assignRole, createGroup, createRole, explainAccess, getStanding, previewAs, share } from ".";

let db: Database;
let owner: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	owner = await testContext(db, { role: "owner" });
});

describe("an explanation", () => {
	test("names the role, the group and the share that something holds by", async () => {
		const person = await testUser(db, { role: "viewer", name: "Lea" });
		const made = await createRole(owner, {
			name: `Keeper ${randomUUID()}`,
			description: "",
			permissions: ["knowledge:write"],
		});
		const group = await createGroup(owner, { name: `Crew ${randomUUID()}`, description: "" });
		await assignRole(owner, { holderId: group.id, role: made.key });
		await addMembers(owner, { groupId: group.id, userIds: [person.userId] });
		const { id } = await makeCollection(owner, { name: "Drills" });
		await share(owner, { kind: "collection", resourceId: id, grantee: group.id, level: "manage" });
		const who = { userId: person.userId };
		const on = { kind: "collection" as const, resourceId: id };
		expect(await explainAccess(owner, { who, what: "knowledge:write", on })).toMatchObject({
			allowed: true,
			missing: [],
			checks: [
				{ about: "account", holds: true },
				{ about: "right", through: [`the role ${made.name} of the group ${group.name}`] },
				{
					about: "row",
					says: "Lea may manage Drills.",
					through: [`being shared with the group ${group.name}, to manage`],
				},
			],
		});
		const scopes: Permission[] = ["knowledge:read"];
		expect(await explainAccess(owner, { who: { ...who, scopes }, what: "knowledge:write", on })).toMatchObject({
			allowed: false,
			missing: ["Make a key with the scope knowledge:write."],
		});
		expect(await explainAccess(owner, { who, what: "audit:read" })).toMatchObject({
			allowed: false,
			missing: ["Give Lea, or a group of theirs, a role with audit:read."],
		});
	});

	test("goes through a key by its id: its scopes, its end, and nobody else's key", async () => {
		const person = await testUser(db, { role: "staff", name: "Lea" });
		const theirs = await testContext(db, person);
		const limits = { expiresInDays: 1, addresses: ["10.0.0.0/8"], tokensPerDay: null, callsPerMinute: null };
		const { key } = await createKey(theirs, { name: "Nightly", scopes: ["knowledge:read"], ...limits });
		const who = { userId: person.userId, keyId: key.id };
		expect(await explainAccess(owner, { who, what: "knowledge:read" })).toMatchObject({
			allowed: true,
			checks: [
				{ about: "account" },
				{ about: "right" },
				{ about: "key", holds: true, says: "The key Nightly works. It is taken from 10.0.0.0/8 only." },
				{ about: "scope", holds: true },
			],
		});
		expect(await explainAccess(theirs, { who: { keyId: key.id }, what: "runs:write" })).toMatchObject({
			allowed: false,
			missing: ["Make a key with the scope runs:write."],
		});
		await revokeKey(theirs, { keyId: key.id });
		expect(await explainAccess(owner, { who, what: "knowledge:read" })).toMatchObject({
			allowed: false,
			checks: expect.arrayContaining([
				{ about: "key", holds: false, says: "The key Nightly was revoked.", through: [] },
			]),
		});
		const other = await testContext(db);
		for (const [asker, keyId] of [
			[other, key.id],
			[other, randomUUID()],
		] as const)
			await expect(explainAccess(asker, { who: { keyId }, what: "knowledge:read" })).rejects.toMatchObject({
				code: "NOT_FOUND",
			});
	});

	test("names the second factor that a role asks for and the person lacks; a key of theirs goes on", async () => {
		const person = await testUser(db, { role: "builder", name: "Bo" });
		await db.orm.insert(factorPolicies).values({ role: "builder" });
		const ask = (more: object = {}) =>
			explainAccess(owner, { who: { userId: person.userId, ...more }, what: "prompts:read" });
		expect(await ask()).toMatchObject({
			allowed: false,
			missing: ["Let Bo add a second factor under Account, Security."],
		});
		expect(await ask({ scopes: ["prompts:read"] })).toMatchObject({ allowed: true });
		await db.orm.insert(passkeys).values({
			userId: person.userId,
			name: "Key",
			credentialId: randomUUID(),
			publicKey: "",
			counter: 0,
			transports: [],
			isBackedUp: false,
		});
		expect(await ask()).toMatchObject({ allowed: true });
		await db.orm.delete(factorPolicies);
	});

	test("tells what asks for a proof of who they are; to oneself also whether it was given, and of no key or agent", async () => {
		const ask = async (ctx: ServiceContext, more: object = {}) => {
			const caller = createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
			const { allowed, checks } = await caller.access.explain({ who: {}, what: "account:write", ...more });
			return { allowed, proof: checks.find(({ about }) => about === "proof") };
		};
		const says = /^For some of what this right allows \(account\.changeEmail, .* more\), .* at most 10 minutes old\./;
		const [theirs, owners] = [await testContext(db), await testContext(db, { role: "owner" })];
		const told = { allowed: true, proof: { holds: true, says: expect.stringMatching(says) } };
		expect(await ask(theirs)).toMatchObject(told);
		expect((await ask(owners, { who: { userId: requireUser(theirs).userId } })).proof?.says).toMatch(/old\.$/);
		expect(await ask(theirs, { what: "account:read" })).toEqual({ allowed: true, proof: undefined });
		expect((await ask(theirs, { who: { scopes: ["account:write"] } })).proof).toBeUndefined();
		const { userId } = requireUser(theirs);
		const expiresAt = new Date(Date.now() + 60_000);
		const [session] = await db.orm.insert(sessions).values({ userId, expiresAt }).returning({ id: sessions.id });
		const sessionId = session?.id ?? "";
		const within = { ...theirs, actor: { ...requireUser(theirs), sessionId } };
		expect((await ask(within)).proof?.says).toMatch(/They have lately\.$/);
		await db.orm
			.update(sessions)
			.set({ provedAt: sql`now() - interval '11 minutes'` })
			.where(eq(sessions.id, sessionId));
		expect((await ask(within)).proof?.says).toMatch(/They will be asked\.$/);
	});

	test("is for oneself, or for whoever may explain; a refusal is written down", async () => {
		const staff = await testContext(db);
		const other = await testUser(db);
		expect(await explainAccess(staff, { who: {}, what: "runs:write" })).toMatchObject({ allowed: true });
		for (const attempt of [
			() => explainAccess(staff, { who: { userId: other.userId }, what: "runs:write" }),
			() => getStanding(staff, { userId: other.userId }),
			() => previewAs(staff, { userId: other.userId }),
			() => previewAs(staff, { userId: randomUUID() }),
		])
			await expect(attempt()).rejects.toMatchObject({ code: "FORBIDDEN" });
		const me = staff.actor.kind === "user" ? staff.actor.userId : "";
		const denied = await db.orm
			.select({ action: auditEntries.action })
			.from(auditEntries)
			.where(and(eq(auditEntries.userId, me), eq(auditEntries.outcome, "denied")));
		expect(denied).toHaveLength(4);
		const auditor = await testContext(db, { role: "auditor" });
		expect(await explainAccess(auditor, { who: { userId: other.userId }, what: "audit:read" })).toMatchObject({
			allowed: false,
		});
	});

	test("tells somebody about a thing that is not shared with them no more than about one that never was", async () => {
		const { id } = await makeCollection(owner, { name: "Secret" });
		const staff = await testContext(db);
		const ask = (resourceId: string) =>
			explainAccess(staff, { who: {}, what: "knowledge:read", on: { kind: "collection", resourceId } });
		expect(await ask(id)).toEqual(await ask(randomUUID()));
		expect((await ask(id)).allowed).toBe(false);
		// An auditor learns that it is refused and why, but no name.
		const auditor = await testContext(db, { role: "auditor" });
		const on = { kind: "collection" as const, resourceId: id };
		const told = await explainAccess(auditor, { who: {}, what: "knowledge:read", on });
		expect(JSON.stringify(told)).not.toContain("Secret");
		const missing = { kind: "collection" as const, resourceId: randomUUID() };
		await expect(explainAccess(auditor, { who: {}, what: "knowledge:read", on: missing })).rejects.toMatchObject({
			code: "NOT_FOUND",
		});
	});
});

test("a preview shows what somebody sees, names no private thing of theirs, and is written down", async () => {
	const ann = await testContext(db, { role: "builder", name: "Ann" });
	const annId = ann.actor.kind === "user" ? ann.actor.userId : "";
	const own = await makeCollection(ann, { name: "Ann's own" });
	const open = await makeCollection(owner, { name: "For all", access: "everyone" });
	const admin = await testContext(db, { role: "admin" });
	const [server] = await db.orm
		.insert(mcpServers)
		.values({ name: "Harbour tools", prefix: "harbour", address: "https://tools.test/mcp", ownerId: null })
		.returning();
	const serverId = server?.id ?? "";
	await db.orm
		.insert(grants)
		.values({ resourceKind: "mcpServer", resourceId: serverId, grantee: annId, level: "read" });
	const preview = await previewAs(admin, { userId: annId });
	expect(preview.mcpServer.rows).toEqual([{ id: serverId, name: "Harbour tools", level: "read" }]);
	const mayUse = { what: "mcp-tools:use" as const, on: { kind: "mcpServer" as const, resourceId: serverId } };
	expect(await explainAccess(admin, { who: { userId: annId }, ...mayUse })).toMatchObject({
		allowed: true,
		checks: expect.arrayContaining([expect.objectContaining({ through: ["being shared with them, to read"] })]),
	});
	const mayChange = { ...mayUse, what: "mcp-servers:manage" as const };
	expect(await explainAccess(admin, { who: {}, ...mayChange })).toMatchObject({
		allowed: true,
		checks: expect.arrayContaining([expect.objectContaining({ through: ["shares:manage, as its owner has left"] })]),
	});
	const seen = (id: string) => preview.collection.rows.find((row) => row.id === id);
	expect(seen(own.id)).toEqual({ id: own.id, name: null, level: "manage" });
	expect(seen(open.id)).toEqual({ id: open.id, name: "For all", level: "read" });
	expect(preview.standing.rights.map(({ permission }) => permission)).toContain("agents:write");
	const auditor = await testContext(db, { role: "auditor" });
	expect((await previewAs(auditor, { userId: annId })).collection.rows.every(({ name }) => name === null)).toBe(true);
	expect((await previewAs(ann, { userId: annId })).collection.rows.find(({ id }) => id === own.id)?.name).toBe(
		"Ann's own",
	);
	const rows = await db.orm
		.select({ outcome: auditEntries.outcome })
		.from(auditEntries)
		.where(and(eq(auditEntries.action, "access.preview"), eq(auditEntries.resourceId, annId)));
	expect(rows).toHaveLength(3);
	await db.orm.update(users).set({ disabledAt: new Date() }).where(eq(users.id, annId));
	expect(await previewAs(admin, { userId: annId })).toMatchObject({
		standing: { isDisabled: true, rights: [] },
		collection: { count: 0 },
	});
});
