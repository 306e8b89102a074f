import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { accountLinks, apiKeys, jobEvents, mails, passkeys, resetRequests, sessions, users } from "@/db/schema";
import { signIn } from "@/server/auth/service";
import type { Actor, UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { setUserDisabled } from "@/server/users/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { accountPeople, firstPassword } from "@/tests/support/account";
import { mailbox, newestToken } from "@/tests/support/mail";
import { answerReset } from "./service";

let db: Database;
let admin: UserActor;
beforeAll(async () => {
	db = await testDatabase();
	admin = await testUser(db, { role: "admin", name: "Adam Admin" });
});

const old = firstPassword;
const fresh = "nine crooked lamp posts in the rain";
const { as, stranger, person, session, lives, forgot, entriesOf, asTheJob } = accountPeople(() => db);
const strangerContext = async (): Promise<ServiceContext> => ({
	...(await testContext(db)),
	actor: { kind: "anonymous" },
});

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
		const { userId, email } = await person();
		const here = await session(userId);
		const call = as(here).account.changePassword({ ...passwords, endOtherSessions: true });
		await expect(call).rejects.toMatchObject({
			code: "BAD_REQUEST",
			cause: { cause: { issues: [{ path: [field] }] } },
		});
		expect((await signIn(await strangerContext(), { email, password: old }))?.userId).toBe(userId);
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
