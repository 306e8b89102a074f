import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, groupMembers, invitations, users } from "@/db/schema";
import { assignRole, createGroup, createRole } from "@/server/access/service";
import { signIn } from "@/server/auth/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { writeCounts } from "@/server/core/denials";
import { readUserActor } from "@/server/core/rights";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { setUserDisabled, setUserRole } from "@/server/users/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { mailbox, newestToken } from "@/tests/support/mail";

let db: Database;
let owner: UserActor;
let admin: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	owner = await testUser(db, { role: "owner", name: "Olive Owner" });
	admin = await testUser(db, { role: "admin", name: "Adam Admin" });
});

const password = "my uncle grows pale tomatoes";
const as = (actor: UserActor | null) =>
	createCaller(contextForActor(actor ?? { kind: "anonymous" }, { db, requestId: randomUUID(), via: "rpc" }));
const stranger = () => as(null);
const strangerContext = async (): Promise<ServiceContext> => ({
	...(await testContext(db)),
	actor: { kind: "anonymous" },
});
const newAddress = () => `${randomUUID()}@example.test`;
const accountOf = async (email: string) => (await db.orm.select().from(users).where(eq(users.email, email)))[0];
const past = (id: string) =>
	db.orm
		.update(invitations)
		.set({ expiresAt: new Date(Date.now() - 1_000) })
		.where(eq(invitations.id, id));

describe("an invitation", () => {
	test("makes an account with its role and groups, which can sign in", async () => {
		const email = newAddress();
		const group = await createGroup(await testContext(db, owner), { name: randomUUID(), description: "" });
		const made = await as(admin).invitations.create({ email, role: "builder", groupIds: [group.id] });
		expect(made).toMatchObject({ email, state: "open", invitedBy: "Adam Admin", groups: [{ id: group.id }] });
		const token = await newestToken(db, email);
		expect(await stranger().invitations.look({ token })).toMatchObject({
			invitation: { email, invitedBy: "Adam Admin" },
		});
		await stranger().invitations.accept({ token, name: "Ben Builder", password });
		const session = await signIn(await strangerContext(), { email, password });
		expect(session?.name).toBe("Ben Builder");
		const account = await accountOf(email);
		const actor = await readUserActor(db.orm, account?.id ?? "");
		expect(actor).toMatchObject({ role: "builder", grantees: expect.arrayContaining([group.id]) });
		const entries = await db.orm
			.select()
			.from(auditEntries)
			.where(eq(auditEntries.resourceId, account?.id ?? ""));
		expect(entries).toMatchObject([{ action: "invitation.accept", outcome: "done", userId: account?.id }]);
	});

	test("is kept as a hash: what stands in the link is nowhere in its row", async () => {
		const email = newAddress();
		await as(admin).invitations.create({ email, role: "staff" });
		const token = await newestToken(db, email);
		expect(Buffer.from(token, "base64url")).toHaveLength(32);
		const rows = await db.orm.select().from(invitations).where(eq(invitations.email, email));
		expect(JSON.stringify(rows)).not.toContain(token);
	});

	test("works once, also for 50 at the same time", async () => {
		const email = newAddress();
		await as(admin).invitations.create({ email, role: "staff" });
		const token = await newestToken(db, email);
		const tries = await Promise.allSettled(
			Array.from({ length: 50 }, (_, n) => stranger().invitations.accept({ token, name: `Person ${n}`, password })),
		);
		expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
		for (const one of tries) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "NOT_FOUND" });
		expect(await db.orm.select().from(users).where(eq(users.email, email))).toHaveLength(1);
		expect((await mailbox(db, email)).every((mail) => mail.link === null)).toBe(true);
	});

	test.each(["expired", "revoked", "replaced", "resent", "never made"] as const)(
		"does not work once it is %s",
		async (how) => {
			const email = newAddress();
			const { id } = await as(admin).invitations.create({ email, role: "staff" });
			let token = await newestToken(db, email);
			if (how === "expired") await past(id);
			if (how === "revoked") await as(admin).invitations.revoke({ invitationId: id });
			if (how === "replaced") await as(admin).invitations.create({ email: email.toUpperCase(), role: "staff" });
			if (how === "resent") await as(admin).invitations.resend({ invitationId: id });
			if (how === "never made") token = "A".repeat(43);
			expect(await stranger().invitations.look({ token })).toEqual({ invitation: null });
			await expect(stranger().invitations.accept({ token, name: "Eve", password })).rejects.toMatchObject({
				code: "NOT_FOUND",
			});
			expect(await accountOf(email)).toBeUndefined();
		},
	);

	test("that expired can be sent again, with a new link and a new week", async () => {
		const email = newAddress();
		const { id } = await as(admin).invitations.create({ email, role: "staff" });
		await past(id);
		expect(
			(await as(admin).invitations.list({ filter: { state: { eq: "expired" } } })).rows.map((row) => row.id),
		).toContain(id);
		expect(await as(admin).invitations.resend({ invitationId: id })).toMatchObject({ state: "open", timesSent: 2 });
		await stranger().invitations.accept({ token: await newestToken(db, email), name: "Late", password });
		expect(
			(await as(admin).invitations.list({ filter: { state: { eq: "accepted" } } })).rows.map((row) => row.id),
		).toContain(id);
		await expect(as(admin).invitations.resend({ invitationId: id })).rejects.toMatchObject({ code: "CONFLICT" });
		await expect(as(admin).invitations.revoke({ invitationId: id })).rejects.toMatchObject({ code: "CONFLICT" });
	});

	test("refuses a poor password, with the words of the invited address, and stays open", async () => {
		const email = `seagull.harbour.${randomUUID().slice(0, 4)}@example.test`;
		await as(admin).invitations.create({ email, role: "staff" });
		const token = await newestToken(db, email);
		const poor = ["too short", "passwordpassword", "seagull-harbour-seagull", "Ana-Duarte-Ana-Duarte"];
		for (const one of poor)
			await expect(stranger().invitations.accept({ token, name: "Ana Duarte", password: one })).rejects.toMatchObject({
				code: "BAD_REQUEST",
			});
		await stranger().invitations.accept({ token, name: "Ana Duarte", password });
	});
});

describe("an address that has an account", () => {
	test("gets the same answer, and only its mailbox says more", async () => {
		const email = newAddress();
		await db.orm.insert(users).values({ email, name: "Here Already", role: "staff" });
		const known = await as(admin).invitations.create({ email: email.toUpperCase(), role: "staff" });
		const fresh = await as(admin).invitations.create({ email: newAddress(), role: "staff" });
		expect(Object.keys(known).toSorted()).toEqual(Object.keys(fresh).toSorted());
		expect(known.state).toBe(fresh.state);
		const [mail] = await mailbox(db, email);
		expect(mail).toMatchObject({ link: null, text: expect.stringContaining("account with this address already") });
	});

	test("that was made meanwhile is not touched by the link", async () => {
		const email = newAddress();
		await as(admin).invitations.create({ email, role: "admin" });
		const token = await newestToken(db, email);
		await db.orm.insert(users).values({ email: email.toUpperCase(), name: "Quicker", role: "staff" });
		await expect(stranger().invitations.accept({ token, name: "Slow", password })).rejects.toMatchObject({
			code: "CONFLICT",
		});
	});
});

describe("nobody gives more than they hold", () => {
	test("when inviting: not a higher role, not a custom one with more, not a group with more", async () => {
		const ownerContext = await testContext(db, owner);
		const role = await createRole(ownerContext, {
			name: randomUUID(),
			description: "",
			permissions: ["owners:write"],
		});
		const group = await createGroup(ownerContext, { name: randomUUID(), description: "" });
		await assignRole(ownerContext, { role: role.key, holderId: group.id });
		const beyond = [
			{ role: "owner" as const, groupIds: [] },
			{ role: role.key, groupIds: [] },
			{ role: "staff" as const, groupIds: [group.id] },
		];
		for (const given of beyond)
			await expect(as(admin).invitations.create({ email: newAddress(), ...given })).rejects.toMatchObject({
				code: "FORBIDDEN",
			});
		await writeCounts();
		const denials = await db.orm
			.select()
			.from(auditEntries)
			.where(and(eq(auditEntries.action, "invitation.create"), eq(auditEntries.outcome, "denied")));
		// Two of them are alike: the second is told as such.
		expect(denials.map(({ detail }) => detail.times ?? 1)).toEqual([1, 1, 1]);
		await as(owner).invitations.create({ email: newAddress(), ...beyond[2], role: "staff" });
	});

	test("when accepted: an inviter who was demoted or disabled meanwhile gives nothing any more", async () => {
		const ownerContext = await testContext(db, owner);
		const fall = {
			demoted: (userId: string) => setUserRole(ownerContext, { userId, role: "staff" }),
			disabled: (userId: string) => setUserDisabled(ownerContext, { userId, isDisabled: true }),
		};
		for (const how of ["demoted", "disabled"] as const) {
			const inviter = await testUser(db, { role: "admin" });
			const email = newAddress();
			await as(inviter).invitations.create({ email, role: "admin" });
			const token = await newestToken(db, email);
			await fall[how](inviter.userId);
			await expect(stranger().invitations.accept({ token, name: "Late", password })).rejects.toMatchObject({
				code: "NOT_FOUND",
			});
			expect(await accountOf(email)).toBeUndefined();
		}
	});

	test("when sent again: the sender must hold it, and stands for it from then on", async () => {
		const email = newAddress();
		const { id } = await as(owner).invitations.create({ email, role: "owner" });
		await expect(as(admin).invitations.resend({ invitationId: id })).rejects.toMatchObject({ code: "FORBIDDEN" });
	});

	test("without the right to change people nobody invites, and an auditor only reads", async () => {
		const auditor = await testUser(db, { role: "auditor" });
		const { id } = await as(admin).invitations.create({ email: newAddress(), role: "staff" });
		expect((await as(auditor).invitations.list({})).rows.map((row) => row.id)).toContain(id);
		for (const call of [
			() => as(auditor).invitations.create({ email: newAddress(), role: "viewer" }),
			() => as(auditor).invitations.resend({ invitationId: id }),
			() => as(auditor).invitations.revoke({ invitationId: id }),
		])
			await expect(call()).rejects.toMatchObject({ code: "FORBIDDEN" });
	});
});

test("a group that is gone by the time somebody accepts is left out", async () => {
	const email = newAddress();
	const group = await createGroup(await testContext(db, owner), { name: randomUUID(), description: "" });
	await as(admin).invitations.create({ email, role: "staff", groupIds: [group.id] });
	await as(owner).access.removeGroup({ groupId: group.id });
	await stranger().invitations.accept({ token: await newestToken(db, email), name: "Sam", password });
	const account = await accountOf(email);
	expect(
		await db.orm
			.select()
			.from(groupMembers)
			.where(eq(groupMembers.userId, account?.id ?? "")),
	).toEqual([]);
});

test("a name that is made to mislead stays one plain line of the mail", async () => {
	const inviter = await testUser(db, { role: "admin", name: "Eve\r\nBcc: x@example.test\r\n\r\n\uFFFC" });
	const email = newAddress();
	await as(inviter).invitations.create({ email, role: "staff" });
	const [mail] = await mailbox(db, email);
	expect(mail?.subject).toBe("Eve Bcc: x@example.test invites you to Quarterdeck");
	expect(mail?.text.match(/\/invite\//g)).toHaveLength(1);
});
