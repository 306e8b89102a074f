import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditChain, auditEntries, auditLog, auditPersonal, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase } from "@/tests/support";
import { checkpointNext } from "./checkpoint";
import { sealNext } from "./seal";
import { isSignedBy, signingKey } from "./signing";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	ctx = await testContext(db, { name: "Ana Actor" });
});

const write = (n: number, reader: Parameters<typeof audit>[1] = db.orm) =>
	audit(ctx, reader, { action: `thing.do-${n}`, resource: "thing", resourceId: String(n), detail: { n } });

async function sealAll(): Promise<void> {
	while ((await sealNext(db)) > 0);
}

/** The numbers of the chain, which must be all from 1 to its size. */
async function expectWhole(): Promise<number> {
	const [chain] = await db.orm.select().from(auditChain);
	const rows = await db.orm.select({ seq: auditLog.seq, hash: auditLog.hash }).from(auditLog).orderBy(auditLog.seq);
	expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
	expect(chain?.size).toBe(rows.length);
	expect(chain?.root).toEqual(rows.at(-1)?.hash);
	return rows.length;
}

describe("sealing", () => {
	test("gives entries their numbers in the order of their writing, without a gap", async () => {
		for (let n = 0; n < 25; n++) await write(n);
		expect(await sealNext(db, 10)).toBe(10);
		await sealAll();
		expect(await expectWhole()).toBe(25);
		const rows = await db.orm.select().from(auditEntries).orderBy(auditEntries.seq);
		expect(rows.map(({ detail }) => detail.n)).toEqual(rows.map((_, index) => index));
		expect(rows[0]).toMatchObject({ actorLabel: "Ana Actor", address: "127.0.0.1", userAgent: "vitest" });
	});

	test("an entry that commits late comes later, and nothing waits for it", async () => {
		const late = Promise.withResolvers<void>();
		const written = Promise.withResolvers<void>();
		const slow = db.transaction(async (tx) => {
			await write(100, tx);
			written.resolve();
			await late.promise;
		});
		await written.promise;
		await write(101);
		await sealAll();
		late.resolve();
		await slow;
		await sealAll();
		const rows = await db.orm.select().from(auditEntries).where(sql`action in ('thing.do-100', 'thing.do-101')`);
		const seqOf = (action: string) => rows.find((row) => row.action === action)?.seq ?? 0;
		expect(seqOf("thing.do-100")).toBe(seqOf("thing.do-101") + 1);
		await expectWhole();
	});

	test("many sealers and many writers at once leave one chain", async () => {
		const before = await expectWhole();
		let isWriting = true;
		const sealers = Array.from({ length: 4 }, async () => {
			let sealed = 0;
			while (isWriting) sealed += await sealNext(db, 7);
			return sealed;
		});
		await Promise.all(Array.from({ length: 120 }, (_, n) => write(n)));
		isWriting = false;
		const sealed = (await Promise.all(sealers)).reduce((sum, n) => sum + n, 0);
		await sealAll();
		expect(sealed).toBeGreaterThan(0);
		expect(await expectWhole()).toBe(before + 120);
	});

	test("what was rolled back is not there", async () => {
		const before = await expectWhole();
		await expect(
			db.transaction(async (tx) => {
				await write(1, tx);
				throw new Error("no");
			}),
		).rejects.toThrow("no");
		await sealAll();
		expect(await expectWhole()).toBe(before);
	});
});

test("a checkpoint is signed by a key that the database does not hold", async () => {
	await write(1);
	await sealAll();
	const size = await expectWhole();
	const first = await checkpointNext(db, true);
	expect(first).toMatchObject({ size, prev: "0".repeat(64) });
	if (!first) throw new Error("there is no checkpoint");
	expect(isSignedBy(first, signingKey(1).publicKey)).toBe(true);
	expect(isSignedBy({ ...first, size: size - 1 }, signingKey(1).publicKey)).toBe(false);
	// Nothing new: none is due, however it is asked.
	expect(await checkpointNext(db, true)).toBeNull();
	await write(2);
	await sealAll();
	// It is new, but neither 1,000 entries nor a minute.
	expect(await checkpointNext(db)).toBeNull();
});

describe("append only", () => {
	test.each(["audit_log", "audit_pending", "audit_checkpoints", "audit_personal"])("%s", async (table) => {
		await write(1);
		await checkpointNext(db, true);
		for (const statement of [`delete from ${table}`, `truncate ${table} cascade`])
			await expect(db.sql.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
	});

	test("neither is a partition emptied by its own name", async () => {
		const [part] = await db.sql`select inhrelid::regclass::text as name from pg_inherits
			where inhparent = 'audit_log'::regclass order by 1 limit 1`;
		for (const statement of [
			`truncate ${part?.name}`,
			`delete from ${part?.name}`,
			`update ${part?.name} set reason = 'x'`,
		])
			await expect(db.sql.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
	});
});

test("entries of an erased person are sealed without what names them", async () => {
	const person = await testContext(db, { name: "Erika Erased" });
	const userId = person.actor.kind === "user" ? person.actor.userId : "";
	await audit(person, db.orm, { action: "thing.last", resource: "thing" });
	await db.orm.update(users).set({ erasedAt: sql`now()` }).where(sql`id = ${userId}`);
	await sealAll();
	const [entry] = await db.orm.select().from(auditEntries).where(sql`action = 'thing.last'`);
	expect(entry).toMatchObject({ actorLabel: "erased person", address: null, userId });
	const rows = await db.orm.select().from(auditPersonal).where(sql`user_id = ${userId}`);
	expect(rows).toMatchObject([{ actor: null, actorSalt: null }]);
});
