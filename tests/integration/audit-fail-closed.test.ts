import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { collections, users } from "@/db/schema";
import { auditFailure } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { createCollection } from "@/server/knowledge/service";
import { readHealth } from "@/server/system/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { createUser } from "@/server/users/service";
import { testContext, testDatabase, urlOf } from "@/tests/support";

// T46: what can't be written down is not done.

let db: Database;
let ctx: ServiceContext;
beforeEach(async () => {
	db = await testDatabase();
	ctx = await testContext(db, { role: "owner" });
});

const person = {
	name: "Nora New",
	email: "nora@example.test",
	role: "staff" as const,
	password: "a long enough sentence",
};
const change = () => createUser(ctx, person);
const isDone = async () => (await db.orm.select().from(users).where(eq(users.email, person.email))).length > 0;
const auditPart = async () => (await readHealth(db)).parts.find(({ name }) => name === "Audit");

describe("a change is rolled back, and the health page says so, when the audit", () => {
	test("may not be written", async () => {
		const [role] = await db.sql`select 'r' || replace(gen_random_uuid()::text, '-', '') as name`;
		const name = String(role?.name);
		await db.sql.unsafe(`create role ${name} login password 'x'; grant usage on schema public to ${name};
			grant select, insert, update, delete on all tables in schema public to ${name}; revoke insert on audit_pending from ${name}`);
		const url = new URL(urlOf(db));
		url.username = name;
		url.password = "x";
		const limited = new Database({ url: url.href, pool: 2 });
		try {
			await expect(createUser({ ...ctx, db: limited }, person)).rejects.toMatchObject({ code: "UNAVAILABLE" });
			expect(await isDone()).toBe(false);
			const part = (await readHealth(limited)).parts.find((one) => one.name === "Audit");
			expect(part).toMatchObject({ state: "ill", detail: expect.stringContaining("42501") });
		} finally {
			await limited.close();
			await db.sql.unsafe(`drop owned by ${name}; drop role ${name}`);
		}
	});

	test("has no disk left", async () => {
		await db.sql.unsafe(`create function full_disk() returns trigger language plpgsql as $$
			begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
			create trigger full_disk before insert on audit_pending execute function full_disk()`);
		await expect(change()).rejects.toMatchObject({ code: "UNAVAILABLE" });
		expect(await isDone()).toBe(false);
		expect(await auditPart()).toMatchObject({ state: "ill", detail: expect.stringContaining("53100") });
		await db.sql`drop trigger full_disk on audit_pending`;
		// It mends itself with the next entry, and does not wait for one: the health page tries.
		expect(await auditPart()).toMatchObject({ state: "well" });
		await change();
		expect(await isDone()).toBe(true);
		expect(auditFailure()).toBeNull();
	});

	test("is locked", async () => {
		const locked = Promise.withResolvers<void>();
		const over = Promise.withResolvers<void>();
		const holder = db.transaction(async (tx) => {
			await tx.execute(sql`lock table audit_pending in exclusive mode`);
			locked.resolve();
			await over.promise;
		});
		await locked.promise;
		try {
			await expect(change()).rejects.toMatchObject({ code: "UNAVAILABLE" });
			await expect(
				createCollection(ctx, { name: "Handbook", description: "", access: "private" }),
			).rejects.toMatchObject({ code: "UNAVAILABLE" });
			expect(await auditPart()).toMatchObject({ state: "ill" });
		} finally {
			over.resolve();
			await holder;
		}
		expect(await isDone()).toBe(false);
		expect(await db.orm.select().from(collections)).toEqual([]);
	});
});

test("a refusal that can't be written down is an outage, not a silent refusal", async () => {
	await db.sql.unsafe(`create function no() returns trigger language plpgsql as $$
		begin raise exception 'no' using errcode = '53100'; end $$; create trigger no before insert on audit_pending execute function no()`);
	const staff = await testContext(db);
	const api = createCaller(contextForActor(staff.actor, { db, requestId: staff.requestId, via: "rpc" }));
	await expect(api.users.list({})).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});
