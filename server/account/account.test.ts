import { randomBytes, randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import {
	accountLinks,
	apiKeys,
	auditEntries,
	jobEvents,
	mails,
	passkeys,
	resetRequests,
	sessions,
	users,
} from "@/db/schema";
import { hashPassword } from "@/server/auth/passwords";
import { findSessionActor, signIn } from "@/server/auth/service";
import type { Actor, UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { asJob, jobContext } from "@/server/jobs/context";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { setUserDisabled } from "@/server/users/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { mailbox, newestToken } from "@/tests/support/mail";
import { answerReset } from "./service";

let db: Database;
let admin: UserActor;
let passwordHash: string;
beforeAll(async () => {
	db = await testDatabase();
	admin = await testUser(db, { role: "admin", name: "Adam Admin" });
	passwordHash = await hashPassword(old);
});

const old = "my uncle grows pale tomatoes";
const fresh = "nine crooked lamp posts in the rain";
const as = (actor: Actor) => createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" }));
/** Each from an address of its own, so that none uses up another's limit. */
const stranger = () => {
	const address = `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::1`;
	const ctx = contextForActor({ kind: "anonymous" }, { db, requestId: randomUUID(), via: "rpc" });
	return createCaller({ ...ctx, origin: { address, userAgent: null } });
};
const strangerContext = async (): Promise<ServiceContext> => ({
	...(await testContext(db)),
	actor: { kind: "anonymous" },
});

async function person(more: { hasPasskey?: boolean } = {}) {
	const email = `${randomUUID()}@example.test`;
	const [row] = await db.orm
		.insert(users)
		.values({ email, name: "Robin Tester", role: "staff", passwordHash })
		.returning();
	const userId = row?.id ?? "";
	if (more.hasPasskey)
		await db.orm.insert(passkeys).values({
			userId,
			name: "Key",
			credentialId: randomUUID(),
			publicKey: "",
			counter: 0,
			transports: [],
			isBackedUp: false,
		});
	return { userId, email };
}

/** A session of theirs, made as signing in makes it. */
async function session(userId: string): Promise<UserActor> {
	const [row] = await db.orm
		.insert(sessions)
		.values({ userId, expiresAt: new Date(Date.now() + 3_600_000) })
		.returning({ id: sessions.id });
	const actor = await findSessionActor(db, row?.id ?? "");
	if (!actor) throw new Error("no session");
	return actor;
}
const lives = async (actor: UserActor) => (await findSessionActor(db, actor.sessionId ?? "")) !== null;

const asTheJob = () => asJob({ db }, () => jobContext("answer-reset-request", randomUUID()));
/** Asks for a link and does what the job does. */
async function forgot(email: string): Promise<string> {
	await stranger().account.forgot({ email });
	const [request] = await db.orm.select().from(resetRequests).where(eq(resetRequests.email, email));
	return answerReset(asTheJob(), { requestId: request?.id ?? "" });
}
const entriesOf = (userId: string, action: string) =>
	db.orm
		.select()
		.from(auditEntries)
		.where(and(eq(auditEntries.resourceId, userId), eq(auditEntries.action, action)));

describe("who forgot their password", () => {
	test("sets a new one with a link; the old one and every session end, and a notice comes", async () => {
		const { userId, email } = await person();
		const open = [await session(userId), await session(userId)];
		expect(await forgot(email.toUpperCase().replace("@EXAMPLE.TEST", "@example.test"))).toBe("sent");
		const token = await newestToken(db, email);
		expect(await stranger().account.lookAtReset({ token })).toMatchObject({ reset: { leastCharacters: 15 } });
		await stranger().account.resetPassword({ token, password: fresh });
		for (const one of open) expect(await lives(one)).toBe(false);
		const ctx = await strangerContext();
		expect(await signIn(ctx, { email, password: old })).toBeNull();
		expect((await signIn(ctx, { email, password: fresh }))?.userId).toBe(userId);
		const [newest] = await mailbox(db, email);
		expect(newest).toMatchObject({ kind: "notice", subject: "Your Quarterdeck password was changed" });
		expect(await entriesOf(userId, "password.reset")).toMatchObject([{ userId, detail: { endedSessions: 2 } }]);
	});

	test("gets the same answer as who has no account, for the same work: what differs is done later", async () => {
		const { email } = await person();
		const nobody = `${randomUUID()}@example.test`;
		const rows = async (address: string) => ({
			requests: (await db.orm.select().from(resetRequests).where(eq(resetRequests.email, address))).length,
			mails: (await mailbox(db, address)).length,
		});
		expect(await stranger().account.forgot({ email })).toEqual(await stranger().account.forgot({ email: nobody }));
		expect(await rows(email)).toEqual(await rows(nobody));
		const events = await db.orm.select().from(jobEvents).where(eq(jobEvents.name, "account/reset.asked"));
		expect(JSON.stringify(events)).not.toContain("@");
	});

	test("who has no account, or a disabled one, gets no mail, and nothing of the address is kept", async () => {
		const { userId, email } = await person();
		await setUserDisabled(await testContext(db, { role: "owner" }), { userId, isDisabled: true });
		for (const address of [email, `${randomUUID()}@example.test`]) {
			expect(await forgot(address)).toBe("nobody");
			expect(await mailbox(db, address)).toEqual([]);
			expect(await db.orm.select().from(resetRequests).where(eq(resetRequests.email, address))).toEqual([]);
		}
	});

	test("gets one mail for one request, however often the job runs, and three an hour at most", async () => {
		const { email } = await person();
		await stranger().account.forgot({ email });
		const [request] = await db.orm.select().from(resetRequests).where(eq(resetRequests.email, email));
		const ctx = asTheJob();
		const answers = await Promise.all([1, 2, 3].map(() => answerReset(ctx, { requestId: request?.id ?? "" })));
		expect(answers.toSorted()).toEqual(["done already", "done already", "sent"]);
		for (const expected of ["sent", "sent", "too many", "too many"]) expect(await forgot(email)).toBe(expected);
		expect(await mailbox(db, email)).toHaveLength(3);
	});

	test("uses the link once, also for 50 at the same time", async () => {
		const { userId, email } = await person();
		await forgot(email);
		const token = await newestToken(db, email);
		const tries = await Promise.allSettled(
			Array.from({ length: 50 }, (_, n) =>
				stranger().account.resetPassword({ token, password: `${fresh}, number ${n}` }),
			),
		);
		expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
		expect(await entriesOf(userId, "password.reset")).toHaveLength(1);
		await expect(stranger().account.resetPassword({ token, password: fresh })).rejects.toMatchObject({
			code: "NOT_FOUND",
		});
	});

	test.each(["expired", "of a disabled account", "used through another", "for another purpose"] as const)(
		"can't use a link that is %s",
		async (how) => {
			const { userId, email } = await person();
			await forgot(email);
			let token = await newestToken(db, email);
			if (how === "expired")
				await db.orm.update(accountLinks).set({ expiresAt: new Date() }).where(eq(accountLinks.userId, userId));
			if (how === "of a disabled account")
				await setUserDisabled(await testContext(db, { role: "owner" }), { userId, isDisabled: true });
			if (how === "used through another") {
				await forgot(email);
				await stranger().account.resetPassword({ token: await newestToken(db, email), password: fresh });
			}
			if (how === "for another purpose") {
				const next = `${randomUUID()}@example.test`;
				await as(await session(userId)).account.changeEmail({ email: next });
				token = await newestToken(db, next);
			}
			expect(await stranger().account.lookAtReset({ token })).toEqual({ reset: null });
			await expect(stranger().account.resetPassword({ token, password: fresh })).rejects.toMatchObject({
				code: "NOT_FOUND",
			});
		},
	);

	test("keeps the keys of programs, and is told of them; the access tokens of before have ended", async () => {
		const { userId, email } = await person();
		const key = { userId, name: "Nightly", secretHash: "", lastFour: "abcd", scopes: ["account:read"] };
		await db.orm.insert(apiKeys).values([
			{ ...key, prefix: randomUUID() },
			{ ...key, prefix: randomUUID(), revokedAt: new Date() },
			{ ...key, prefix: randomUUID(), expiresAt: new Date(Date.now() - 1_000) },
		]);
		await forgot(email);
		const token = await newestToken(db, email);
		expect(await stranger().account.resetPassword({ token, password: fresh })).toEqual({ liveKeys: 1 });
		expect((await mailbox(db, email))[0]?.body).toContain("An API key of yours still works");
		const [user] = await db.orm.select().from(users).where(eq(users.id, userId));
		expect(user?.tokenVersion).toBe(2);
		expect(await as(await session(userId)).account.password({})).toMatchObject({ liveKeys: 1 });
	});

	test("is asked for the second factor all the same, and may have a shorter password because of it", async () => {
		const { userId, email } = await person({ hasPasskey: true });
		await forgot(email);
		const token = await newestToken(db, email);
		expect(await stranger().account.lookAtReset({ token })).toMatchObject({ reset: { leastCharacters: 8 } });
		await stranger().account.resetPassword({ token, password: "gx8!vqpl" });
		expect(await db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toEqual([]);
		expect(await db.orm.select().from(passkeys).where(eq(passkeys.userId, userId))).toHaveLength(1);
	});

	test("has no use of the link for a poor password, and can try again", async () => {
		const { email } = await person();
		await forgot(email);
		const token = await newestToken(db, email);
		for (const password of ["gx8!vqpl", "password12345678", `${email}`])
			await expect(stranger().account.resetPassword({ token, password })).rejects.toMatchObject({
				code: "BAD_REQUEST",
			});
		await stranger().account.resetPassword({ token, password: fresh });
	});
});

describe("an administrator", () => {
	test("starts a reset and hears nothing of it: no link, no password", async () => {
		const { userId, email } = await person();
		expect(await as(admin).account.startReset({ userId })).toEqual({ done: true });
		expect(await entriesOf(userId, "password.start-reset")).toMatchObject([{ userId: admin.userId }]);
		await stranger().account.resetPassword({ token: await newestToken(db, email), password: fresh });
	});

	test("starts none for somebody with more rights, nor reads their link in the outbox", async () => {
		const owner = await testUser(db, { role: "owner" });
		await expect(as(admin).account.startReset({ userId: owner.userId })).rejects.toMatchObject({ code: "FORBIDDEN" });
		await as(owner).account.startReset({ userId: owner.userId });
		const [mail] = await db.orm.select().from(mails).where(eq(mails.userId, owner.userId));
		expect(await as(admin).mail.open({ mailId: mail?.id ?? "" })).toMatchObject({ link: null });
	});

	test("needs the right for it", async () => {
		const { userId } = await person();
		const staff = await testUser(db);
		await expect(as(staff).account.startReset({ userId })).rejects.toMatchObject({ code: "FORBIDDEN" });
		await expect(as(admin).account.startReset({ userId: randomUUID() })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});

describe("who knows their password", () => {
	test("changes it with the current one, and signs out elsewhere where they want to", async () => {
		for (const endOtherSessions of [true, false]) {
			const { userId, email } = await person();
			const [here, elsewhere] = [await session(userId), await session(userId)];
			expect(await as(here).account.password({})).toEqual({
				hasPassword: true,
				leastCharacters: 15,
				otherSessions: 1,
				liveKeys: 0,
			});
			await forgot(email);
			await as(here).account.changePassword({ current: old, next: fresh, endOtherSessions });
			expect([await lives(here), await lives(elsewhere)]).toEqual([true, !endOtherSessions]);
			expect((await signIn(await strangerContext(), { email, password: fresh }))?.userId).toBe(userId);
			const box = await mailbox(db, email);
			expect(box[0]).toMatchObject({ kind: "notice", subject: "Your Quarterdeck password was changed" });
			// A link that was on its way would undo it.
			expect(box.every((mail) => mail.link === null)).toBe(true);
			expect(JSON.stringify(await entriesOf(userId, "password.change"))).not.toContain("lamp");
		}
	});

	test.each([
		["a wrong current one", { current: "not this one at all", next: fresh }, "current"],
		["the same again", { current: old, next: old }, "next"],
		["a poor one", { current: old, next: "passwordpassword" }, "next"],
		["one that is too short without a second factor", { current: old, next: "gx8!vqpl" }, "next"],
	])("is refused %s, which changes nothing", async (_, passwords, field) => {
		const { userId } = await person();
		const here = await session(userId);
		const call = as(here).account.changePassword({ ...passwords, endOtherSessions: true });
		await expect(call).rejects.toMatchObject({
			code: "BAD_REQUEST",
			cause: { cause: { issues: [{ path: [field] }] } },
		});
		const [row] = await db.orm.select().from(users).where(eq(users.id, userId));
		expect(row?.passwordHash).toBe(passwordHash);
	});

	test("a wrong current password is written down, and guessing it is limited", async () => {
		const { userId } = await person();
		const here = await session(userId);
		const guess = () =>
			as(here).account.changePassword({ current: "not this one at all", next: fresh, endOtherSessions: false });
		const codes: string[] = [];
		for (let n = 0; n < 25; n++)
			codes.push(
				await guess().then(
					() => "OK",
					(error: { code: string }) => error.code,
				),
			);
		expect(codes.filter((code) => code === "BAD_REQUEST")).toHaveLength(20);
		expect(codes.slice(20)).toEqual(Array.from({ length: 5 }, () => "TOO_MANY_REQUESTS"));
		expect(await entriesOf(userId, "password.change")).toHaveLength(20);
	});

	test("of two changes at the same time one counts, and the other hears of it", async () => {
		const { userId } = await person();
		const here = await session(userId);
		const change = (next: string) => as(here).account.changePassword({ current: old, next, endOtherSessions: false });
		const both = await Promise.allSettled([change(fresh), change(`${fresh} and sleet`)]);
		expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
	});

	test("who has a passkey and no app may have a short one, as their second factor is asked for", async () => {
		const { userId } = await person({ hasPasskey: true });
		const here = await session(userId);
		expect(await as(here).account.password({})).toMatchObject({ leastCharacters: 8 });
		await as(here).account.changePassword({ current: old, next: "gx8!vqpl", endOtherSessions: true });
	});

	test("an agent or a key changes nobody's password, name or address", async () => {
		const { userId } = await person();
		const here = await session(userId);
		const agent: Actor = { kind: "agent", agentId: randomUUID(), runId: randomUUID(), onBehalfOf: here };
		const key: Actor = {
			kind: "apiKey",
			keyId: randomUUID(),
			name: "k",
			scopes: new Set(["account:write"]),
			owner: here,
		};
		for (const actor of [agent, key])
			for (const call of [
				() => as(actor).account.changePassword({ current: old, next: fresh, endOtherSessions: false }),
				() => as(actor).account.rename({ name: "Eve" }),
				() => as(actor).account.changeEmail({ email: "eve@example.test" }),
			])
				await expect(call()).rejects.toMatchObject({ code: "FORBIDDEN" });
	});
});

describe("one's name and address", () => {
	test("a new name is there at once, with both in the audit", async () => {
		const { userId } = await person();
		const here = await session(userId);
		await as(here).account.rename({ name: "  Robin Renamed " });
		expect((await as(here).auth.me({})).name).toBe("Robin Renamed");
		expect(await entriesOf(userId, "user.rename")).toHaveLength(1);
	});

	test("a new address counts once it is confirmed from its mailbox; the old one hears of both", async () => {
		const { userId, email } = await person();
		const next = `${randomUUID()}@example.test`;
		const here = await session(userId);
		await forgot(email);
		await as(here).account.changeEmail({ email: next });
		expect((await as(here).auth.me({})).email).toBe(email);
		const token = await newestToken(db, next);
		expect(await stranger().account.lookAtEmailChange({ token })).toEqual({ change: { email: next } });
		await stranger().account.confirmEmail({ token });
		expect((await as(here).auth.me({})).email).toBe(next);
		expect((await mailbox(db, email)).map((mail) => mail.subject)).toEqual(
			expect.arrayContaining([
				"A new address for your Quarterdeck account was asked for",
				"The address of your Quarterdeck account was changed",
			]),
		);
		expect((await mailbox(db, email)).every((mail) => mail.link === null)).toBe(true);
		await expect(stranger().account.confirmEmail({ token })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("a link to a new address counts once, also for 50 at the same time", async () => {
		const { userId, email } = await person();
		const next = `${randomUUID()}@example.test`;
		await as(await session(userId)).account.changeEmail({ email: next });
		const token = await newestToken(db, next);
		const tries = await Promise.allSettled(
			Array.from({ length: 50 }, () => stranger().account.confirmEmail({ token })),
		);
		expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
		for (const one of tries) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "NOT_FOUND" });
		const told = (await mailbox(db, email)).map(({ subject }) => subject);
		expect(told.filter((one) => one === "The address of your Quarterdeck account was changed")).toHaveLength(1);
	});

	test("an address that has an account gets the same answer, and no link", async () => {
		const [one, other] = [await person(), await person()];
		const here = await session(one.userId);
		expect(await as(here).account.changeEmail({ email: other.email.toUpperCase() })).toEqual({ done: true });
		const [mail] = await mailbox(db, other.email);
		expect(mail).toMatchObject({ kind: "notice", link: null });
		expect(mail?.userId).toBeNull();
	});

	test("an address that was taken meanwhile stays whose it is", async () => {
		const { userId, email } = await person();
		const next = `${randomUUID()}@example.test`;
		await as(await session(userId)).account.changeEmail({ email: next });
		const token = await newestToken(db, next);
		await db.orm.insert(users).values({ email: next.toUpperCase(), name: "Quicker", role: "staff" });
		await expect(stranger().account.confirmEmail({ token })).rejects.toMatchObject({ code: "CONFLICT" });
		const [row] = await db.orm.select().from(users).where(eq(users.id, userId));
		expect(row?.email).toBe(email);
	});

	test("asking for an address wants a fresh proof of who it is", async () => {
		const { userId } = await person();
		const here = await session(userId);
		await db.orm
			.update(sessions)
			.set({ provedAt: new Date(Date.now() - 3_600_000) })
			.where(eq(sessions.id, here.sessionId ?? ""));
		await expect(as(here).account.changeEmail({ email: "new@example.test" })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
	});
});
