import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { sessions, users } from "@/db/schema";
import { testDatabase } from "@/tests/support";
import { accountPeople } from "@/tests/support/account";
import { mailbox, newestToken } from "@/tests/support/mail";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});
const { as, stranger, person, session, forgot, entriesOf } = accountPeople(() => db);

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
