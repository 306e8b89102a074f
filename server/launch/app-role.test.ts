import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Database } from "@/db/connection";
import { auditEntries } from "@/db/schema";
import { checkpointNext } from "@/server/audit/chain/checkpoint";
import { sealWaiting, setRetention } from "@/server/audit/service";
import { dropMonths } from "@/server/audit/service/retention";
import type { ServiceContext } from "@/server/core/context";
import { createUser } from "@/server/users/service";
import { testContext, urlOf } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { grantApp } from "./app-role";

let owner: Database;
let app: Database;
let ctx: ServiceContext;
let role: string;
beforeEach(async () => {
	const base = await agentsDatabase();
	owner = base.db;
	role = `app_${randomBytes(6).toString("hex")}`;
	const url = new URL(urlOf(owner));
	url.username = role;
	url.password = randomBytes(12).toString("hex");
	await grantApp(owner, url.href);
	// A second start finds all of it there.
	await grantApp(owner, url.href);
	app = new Database({ url: url.href, pool: 3 });
	ctx = { ...(await testContext(owner, { role: "owner" })), db: app };
	await base.checkpoints.close();
});
afterEach(async () => {
	await app.close();
	await owner.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});

test("people can work as the product's own role: change, seal, sign, keep and drop", async () => {
	const person = {
		name: "Nora",
		email: "nora@example.test",
		role: "staff" as const,
		password: "a long enough sentence",
	};
	await createUser(ctx, person);
	await sealWaiting(app);
	await checkpointNext(app, true);
	await setRetention(ctx, { months: 6 });
	expect(await dropMonths(ctx)).toEqual([]);
	// A month that nobody made ahead.
	await app.orm.execute(sql`select audit_make_month(now() + interval '5 months')`);
	const rows = await app.orm.select().from(auditEntries).where(sql`action = 'user.create'`);
	expect(rows).toMatchObject([{ actorLabel: "Robin Tester", seq: 1 }]);
});

describe("that role is refused", () => {
	const month = `audit_log_${new Date().toISOString().slice(0, 7).replace("-", "_")}`;
	test.each([
		"update audit_log set reason = 'x'",
		"delete from audit_log",
		"truncate audit_log",
		"insert into audit_log select * from audit_log",
		"update audit_personal set actor = null",
		"delete from audit_pending",
		"update audit_pending set reason = 'x'",
		"delete from audit_checkpoints",
		"update audit_chain set size = 0",
		"delete from audit_holds",
		`delete from ${month}`,
		`insert into ${month} select * from ${month}`,
		`drop table ${month}`,
		`alter table audit_log detach partition ${month}`,
		"alter table audit_log disable trigger all",
		"drop trigger audit_guard on audit_log",
		"set session_replication_role = replica",
		"create table anything (id int)",
		"create function f() returns int language sql as 'select 1'",
		"drop table users",
		"select * from migrations.applied",
		"create role somebody",
		"copy users to program 'id'",
		"select pg_read_file('/etc/passwd')",
	])("%s", async (statement) => {
		await expect(app.sql.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
	});
});
