import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending } from "@/db/schema";
import { testContext, testDatabase } from "@/tests/support";
import type { ServiceContext } from "./context";
import { auditDenial, writeCounts } from "./denials";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});
// Each test has a window of its own.
beforeEach(writeCounts);

const rowsOf = (action: string) =>
	db.orm
		.select()
		.from(auditPending)
		.where(and(eq(auditPending.action, action), eq(auditPending.outcome, "denied")))
		.orderBy(auditPending.id);
const refusal = (action: string, resourceId: string | null = null, problem = "NOT_FOUND") => ({
	action,
	resource: "thing",
	resourceId,
	reason: "This thing was not found.",
	detail: { problem },
});
const somebody = async (address: string): Promise<ServiceContext> => ({
	...(await testContext(db)),
	actor: { kind: "anonymous" },
	origin: { address, userAgent: null },
});

test("the first refusal is written at once, the same again is counted and told in one entry", async () => {
	const ctx = await testContext(db);
	for (let n = 0; n < 50; n++) await auditDenial(ctx, refusal("things.get", "one"));
	expect(await rowsOf("things.get")).toMatchObject([{ resourceId: "one", reason: "This thing was not found." }]);
	await writeCounts();
	const rows = await rowsOf("things.get");
	expect(rows).toHaveLength(2);
	expect(rows[1]).toMatchObject({ resourceId: "one", detail: { problem: "NOT_FOUND", times: 49 } });
	await writeCounts();
	expect(await rowsOf("things.get")).toHaveLength(2);
});

test("what is aimed at different things is written one by one, by one person and by another", async () => {
	const [a, b] = [await testContext(db), await testContext(db)];
	for (const ctx of [a, b]) for (const id of ["1", "2", "3"]) await auditDenial(ctx, refusal("things.list", id));
	const rows = await rowsOf("things.list");
	expect(rows.map(({ resourceId }) => resourceId)).toEqual(["1", "2", "3", "1", "2", "3"]);
	expect(new Set(rows.map(({ userId }) => userId)).size).toBe(2);
});

test("fifty at once are one entry", async () => {
	const ctx = await testContext(db);
	await Promise.all(Array.from({ length: 50 }, () => auditDenial(ctx, refusal("things.save", "one"))));
	expect(await rowsOf("things.save")).toHaveLength(1);
});

test("nobody fills the log: past their share, what they try is counted together, with what they aimed at", async () => {
	const ctx = await testContext(db);
	for (let n = 0; n < 400; n++) await auditDenial(ctx, refusal("things.guess", `guess-${n}`));
	expect(await rowsOf("things.guess")).toHaveLength(301);
	await writeCounts();
	const last = (await rowsOf("things.guess")).at(-1);
	expect(last).toMatchObject({ resourceId: null, detail: { times: 99 } });
	expect(last?.detail.targets).toContain("guess-300");

	const stranger = await somebody("203.0.113.5");
	for (let n = 0; n < 100; n++) await auditDenial(stranger, refusal(`call ${n}`));
	// The same network with other addresses has no share of its own.
	for (let n = 0; n < 100; n++)
		await auditDenial(await somebody(`2001:db8::${n.toString(16)}`), refusal("things.knock", String(n)));
	expect(await rowsOf("things.knock")).toHaveLength(11);
	const crowd = (await db.orm.select().from(auditPending)).filter(({ action }) => /^call \d+$/.test(action));
	expect(crowd).toHaveLength(11);
});

test("what could not be written is no entry that later ones are counted with", async () => {
	const ctx = await testContext(db);
	const name = `no_${randomUUID().replaceAll("-", "")}`;
	await db.sql.unsafe(`create function ${name}() returns trigger language plpgsql as $$
		begin raise exception 'no' using errcode = '53100'; end $$;
		create trigger ${name} before insert on audit_pending execute function ${name}()`);
	await expect(auditDenial(ctx, refusal("things.lost", "one"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
	await db.sql.unsafe(`drop trigger ${name} on audit_pending`);
	await auditDenial(ctx, refusal("things.lost", "one"));
	expect(await rowsOf("things.lost")).toHaveLength(1);
});
