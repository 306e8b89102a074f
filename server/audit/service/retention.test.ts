import { asc, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditDropped, auditEntries, auditLog, auditVerifications } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { testEngine } from "@/tests/support/jobs";
import { checkpointNext } from "../chain/checkpoint";
import { chainRange } from "../chain/export-chain";
import { sealNext } from "../chain/seal";
import { isSignedBy, signingKey } from "../chain/signing";
import { chainJobs } from "../chain-jobs";
import type { AuditVerification } from "../contract";
import {
	dropMonths,
	getVerification,
	listHolds,
	makeMonths,
	placeHold,
	readStatus,
	releaseHold,
	requestVerification,
	rotateSigningKey,
	setRetention,
} from "./index";

let db: Database;
let ctx: ServiceContext;
const idOf = (of: ServiceContext) => (of.actor.kind === "user" ? of.actor.userId : "");

/** Entries of the months before this one: `count` by this person in each, oldest first. */
async function pastMonths(months: number, count: number, by = ctx): Promise<void> {
	for (let ago = months; ago > 0; ago--) {
		for (let n = 0; n < count; n++) await audit(by, db.orm, { action: "thing.do", resource: "thing", detail: { ago } });
		const date = new Date();
		const moment = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - ago, 10);
		while ((await sealNext(db, 1_000, moment)) > 0);
	}
}
const sealAll = async () => {
	while ((await sealNext(db)) > 0);
};
const verify = async (): Promise<AuditVerification> => {
	const { id } = await requestVerification(ctx);
	return until(async () => {
		const now = await getVerification(ctx, { verificationId: id });
		return now.state === "running" ? null : now;
	}, 20_000);
};

beforeEach(async () => {
	db = await testDatabase();
	ctx = await testContext(db, { role: "admin" });
});

describe("retention", () => {
	test("drops whole months past their time, and the rest still verifies", async () => {
		await testEngine(db, inngest, [...chainJobs]);
		await pastMonths(4, 10);
		expect(await dropMonths(ctx)).toEqual([]);
		await setRetention(ctx, { months: 2 });
		const dropped = await dropMonths(ctx);
		expect(dropped).toHaveLength(2);
		await sealAll();
		const [first] = await db.orm.select().from(auditLog).orderBy(asc(auditLog.seq)).limit(1);
		expect(first?.seq).toBe(21);
		expect(await chainRange(db)).toEqual({ from: 21, to: 43 });
		expect(await verify()).toMatchObject({ state: "valid", checked: 23, total: 23 });
		const notes = await db.orm.select().from(auditDropped).orderBy(auditDropped.month);
		expect(notes).toMatchObject([
			{ firstSeq: 1, lastSeq: 10 },
			{ firstSeq: 11, lastSeq: 20, checkpoint: { size: 40 } },
		]);
		const told = await db.orm.select().from(auditEntries).where(sql`action = 'audit.drop'`).orderBy(auditEntries.id);
		expect(told.map(({ detail }) => detail.lastSeq)).toEqual([10, 20]);
		expect(await readStatus(ctx)).toMatchObject({ firstSeq: 21, retentionMonths: 2 });
	});

	test("a hold on one person keeps the months with their entries, and all from then on", async () => {
		const held = await testContext(db, { name: "Hanna Held" });
		await pastMonths(1, 0);
		await pastMonths(4, 3);
		await pastMonths(3, 1, held).catch(() => {});
		await setRetention(ctx, { months: 1 });
		const hold = await placeHold(ctx, { userId: idOf(held), reason: "A case" });
		expect((await listHolds(ctx, { limit: 10 })).rows).toMatchObject([{ userName: "Hanna Held", reason: "A case" }]);
		const before = await dropMonths(ctx);
		const left =
			await db.sql`select count(*)::int as n from audit_entries where user_id = ${idOf(held)} and action = 'thing.do'`;
		expect(left[0]?.n).toBe(3);
		await releaseHold(ctx, { holdId: hold.id });
		await expect(releaseHold(ctx, { holdId: hold.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect((await dropMonths(ctx)).length + before.length).toBe(3);
	});

	test("a hold on all keeps everything", async () => {
		await pastMonths(3, 2);
		await setRetention(ctx, { months: 1 });
		await placeHold(ctx, { userId: null, reason: "An inquiry" });
		expect(await dropMonths(ctx)).toEqual([]);
	});

	test("the database itself refuses to drop what the rules keep, or what nothing proves", async () => {
		await pastMonths(2, 2);
		expect((await db.sql`select audit_drop_month('{}') as last`)[0]?.last).toBeNull();
		await setRetention(ctx, { months: 1 });
		await expect(db.sql`select audit_drop_month('{"size": 1, "chain": "x"}')`).rejects.toMatchObject({ code: "42501" });
	});

	test("partitions for the months to come are made ahead, and again without harm", async () => {
		await Promise.all([makeMonths(ctx), makeMonths(ctx)]);
		const rows =
			await db.sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_log'::regclass`;
		expect(rows).toHaveLength(3);
		await sealAll();
	});
});

describe("verification", () => {
	test("tells the first bad entry, and only one runs at a time", async () => {
		for (let n = 0; n < 12; n++) await audit(ctx, db.orm, { action: "thing.do", resource: "thing" });
		await sealAll();
		await checkpointNext(db, true);
		await requestVerification(ctx);
		await expect(requestVerification(ctx)).rejects.toMatchObject({ code: "CONFLICT" });
		await db.orm.update(auditVerifications).set({ state: "failed" });
		await testEngine(db, inngest, [...chainJobs]);
		expect(await verify()).toMatchObject({ state: "valid", badSeq: null });
		await db.transaction(async (tx) => {
			await tx.execute(sql`set local session_replication_role = replica`);
			await tx.execute(sql`update audit_log set reason = 'edited' where seq = 5`);
		});
		expect(await verify()).toMatchObject({ state: "broken", badSeq: 5 });
		await sealAll();
		const rows = await db.orm
			.select()
			.from(auditEntries)
			.where(sql`action = 'audit.verified'`)
			.orderBy(auditEntries.id);
		expect(rows.at(-1)).toMatchObject({ outcome: "failed", detail: { badSeq: 5 } });
	});

	test("a chain that was cut is shorter than what was signed", async () => {
		await testEngine(db, inngest, [...chainJobs]);
		for (let n = 0; n < 12; n++) await audit(ctx, db.orm, { action: "thing.do", resource: "thing" });
		await sealAll();
		await checkpointNext(db, true);
		await db.transaction(async (tx) => {
			await tx.execute(sql`set local session_replication_role = replica`);
			await tx.execute(sql`delete from audit_log where seq > 8`);
			await tx.execute(sql`update audit_chain set size = 8`);
		});
		expect(await verify()).toMatchObject({ state: "broken", badSeq: 9 });
	});
});

test("another key signs after a rotation, and the entry that names it is proven by the former", async () => {
	await sealAll();
	const { kid, publicKey } = await rotateSigningKey(ctx);
	await sealAll();
	const checkpoint = await checkpointNext(db, true);
	expect(checkpoint?.kid).toBe(kid);
	expect(kid).not.toBe(signingKey(1).kid);
	expect(checkpoint && isSignedBy(checkpoint, publicKey)).toBe(true);
	expect((await readStatus(ctx)).keys).toContain(publicKey);
});
