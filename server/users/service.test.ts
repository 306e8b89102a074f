import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, sessions, users } from "@/db/schema";
import { findSessionActor, signIn } from "@/server/auth/service";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase } from "@/tests/support";
import {
	createOwner,
	createUser,
	issueSetupCode,
	listUsers,
	needsOwner,
	setUserDisabled,
	setUserRole,
} from "./service";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

const password = "a long enough sentence";
const stranger = (db: Database): ServiceContext => ({
	db,
	actor: { kind: "anonymous" },
	via: "rpc",
	requestId: randomUUID(),
	origin: { address: "127.0.0.1", userAgent: null },
});
const newPerson = (role: "staff" | "admin" | "owner" = "staff") => ({
	name: "Ana",
	email: `${randomUUID()}@example.test`,
	role,
	password,
});

describe("first run", () => {
	let db: Database;
	beforeEach(async () => {
		db = await testDatabase();
	});

	test("50 attempts at once with the right code make exactly one owner", async () => {
		const code = await issueSetupCode(db);
		const attempts = Array.from({ length: 50 }, (_, n) =>
			createOwner(stranger(db), { code: code ?? "", name: "Ana", email: `ana${n}@example.test`, password }),
		);
		const made = (await Promise.allSettled(attempts)).filter((one) => one.status === "fulfilled");
		expect(made).toHaveLength(1);
		expect(await db.orm.select().from(users).where(eq(users.role, "owner"))).toHaveLength(1);
		expect(await needsOwner(db)).toBe(false);
		expect(await issueSetupCode(db)).toBeNull();
	}, 60_000);

	test("a wrong code makes nobody, and an older code has ended", async () => {
		const old = await issueSetupCode(db);
		await issueSetupCode(db);
		for (const code of ["AAAA-BBBB-CCCC", old ?? ""])
			await expect(
				createOwner(stranger(db), { code, name: "Ana", email: "ana@example.test", password }),
			).rejects.toMatchObject({ code: "FORBIDDEN" });
		expect(await needsOwner(db)).toBe(true);
	});

	test("the code is read as people type it", async () => {
		const code = await issueSetupCode(db);
		await createOwner(stranger(db), {
			code: ` ${code?.toLowerCase().replaceAll("-", " ")}`,
			name: "Ana",
			email: "ana@example.test",
			password,
		});
		expect(await needsOwner(db)).toBe(false);
	});
});

describe("accounts", () => {
	test("an e-mail address is taken whatever its case, and the account's audit row is there", async () => {
		const ctx = await testContext(db, { role: "owner" });
		const person = newPerson();
		const made = await createUser(ctx, person);
		await expect(createUser(ctx, { ...person, email: person.email.toUpperCase() })).rejects.toMatchObject({
			code: "CONFLICT",
		});
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, made.id));
		expect(rows).toMatchObject([{ action: "user.create", outcome: "done", detail: { role: "staff" } }]);
	});

	test("only an owner makes or changes an owner", async () => {
		const admin = await testContext(db, { role: "admin" });
		await expect(createUser(admin, newPerson("owner"))).rejects.toMatchObject({ code: "FORBIDDEN" });
		const owner = await testContext(db, { role: "owner" });
		const other = await createUser(owner, newPerson("owner"));
		await expect(setUserRole(admin, { userId: other.id, role: "staff" })).rejects.toMatchObject({ code: "FORBIDDEN" });
		await expect(setUserDisabled(admin, { userId: other.id, isDisabled: true })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
	});

	test("the last owner stays, also when two step down at once", async () => {
		const mine = await testDatabase();
		const ctx = await testContext(mine, { role: "owner" });
		const other = await createUser(ctx, newPerson("owner"));
		const me = ctx.actor.kind === "user" ? ctx.actor.userId : "";
		const both = await Promise.allSettled([
			setUserRole(ctx, { userId: other.id, role: "staff" }),
			setUserRole(ctx, { userId: me, role: "staff" }),
		]);
		expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
		expect(await mine.orm.select().from(users).where(eq(users.role, "owner"))).toHaveLength(1);
	});

	test("pages of people follow each other without gap or double", async () => {
		const ctx = await testContext(db, { role: "admin" });
		for (let n = 0; n < 5; n++) await testContext(db);
		const seen: string[] = [];
		for (let cursor: string | undefined; ; ) {
			const page = await listUsers(ctx, { limit: 2, ...(cursor ? { cursor } : {}) });
			seen.push(...page.rows.map((row) => row.id));
			if (!page.next) break;
			cursor = page.next;
		}
		const all = await db.orm.select({ id: users.id }).from(users);
		expect(seen).toHaveLength(all.length);
		expect(new Set(seen).size).toBe(all.length);
	});

	test("a cursor that we did not make is refused", async () => {
		const ctx = await testContext(db, { role: "admin" });
		await expect(listUsers(ctx, { limit: 2, cursor: "WyJhIl0.forged" })).rejects.toMatchObject({
			code: "INVALID_INPUT",
		});
	});
});

describe("sessions", () => {
	test("a wrong password and an unknown account get the same answer, and both are audited", async () => {
		const owner = await testContext(db, { role: "owner" });
		const person = await createUser(owner, newPerson());
		expect(await signIn(stranger(db), { email: person.email, password: "not this one at all" })).toBeNull();
		expect(await signIn(stranger(db), { email: "nobody@example.test", password })).toBeNull();
		const rows = await db.orm
			.select({ reason: auditEntries.reason })
			.from(auditEntries)
			.where(and(eq(auditEntries.action, "session.open"), eq(auditEntries.outcome, "denied")));
		expect(rows.map((row) => row.reason)).toEqual(expect.arrayContaining(["wrong password", "unknown account"]));
	});

	test("disabling an account ends its sessions at once", async () => {
		const owner = await testContext(db, { role: "owner" });
		const person = newPerson();
		const { id: userId } = await createUser(owner, person);
		const session = await signIn(stranger(db), person);
		expect(await findSessionActor(db, session?.sessionId ?? "")).toMatchObject({ userId, role: "staff" });
		await setUserDisabled(owner, { userId, isDisabled: true });
		expect(await findSessionActor(db, session?.sessionId ?? "")).toBeNull();
		expect(await signIn(stranger(db), person)).toBeNull();
		expect(await db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toHaveLength(1);
	});
});
