import { createHash } from "node:crypto";
import { utimesSync } from "node:fs";
import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, auditExportParts, auditExports, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { makeSealed } from "@/tests/support/audit";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { checkpointNext, lastCheckpoint, publicKeys } from "../chain/checkpoint";
import { sealNext } from "../chain/seal";
import { ChainVerifier, readKeys } from "../chain/verifier.mjs";
import { RequestExport } from "../contract";
import { exportJobs } from "../jobs";
import { exportStore } from "./export-rows";
import {
	beginExport,
	cancelExport,
	expireExports,
	finishExport,
	getExport,
	listExports,
	openExport,
	readParts,
	requestExport,
	verifyExport,
	writePart,
} from "./index";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	await makeSealed(db, { count: 4_500, action: "report.write", address: "192.0.2.1" });
	await makeSealed(db, { count: 300, action: "=cmd|'/C calc'!A0", address: "198.51.100.7", label: "＝Mallory" });
});
beforeEach(async () => {
	await emptyJobs(db);
	ctx = await testContext(db, { role: "auditor" });
});

const text = async (exportId: string, what: "file" | "certificate" = "file") => {
	const file = await openExport(ctx, { exportId, what });
	const parts: Uint8Array[] = [];
	for await (const bytes of readParts(file.parts)) parts.push(bytes);
	const whole = Buffer.concat(parts);
	expect(whole.length).toBe(file.bytes);
	return { file, whole, text: whole.toString() };
};
const done = (exportId: string) =>
	until(async () => {
		const now = await getExport(ctx, { exportId });
		return ["ready", "failed", "cancelled"].includes(now.state) ? now : null;
	}, 20_000);
const startEngine = () => testEngine(db, inngest, [...exportJobs]);
/** All of it, without the engine. */
async function finish(exportId: string, limits?: Parameters<typeof writePart>[2]) {
	await beginExport(ctx, exportId);
	while ((await writePart(ctx, exportId, limits)) === "more");
	await finishExport(ctx, exportId);
}
const numbersOf = (jsonl: string) =>
	jsonl
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line).metadata.sequence as number);
const rowOf = async (id: string) => (await db.orm.select().from(auditExports).where(eq(auditExports.id, id)))[0];

describe("an export", () => {
	test("as CSV holds each entry once, in order, and nothing that a spreadsheet would calculate", async () => {
		await startEngine();
		const { id } = await requestExport(ctx, { format: "csv", filter: {} });
		expect(await done(id)).toMatchObject({ state: "ready", progress: 1, rows: 4_800, hasCertificate: true });
		const { file, text: csv, whole } = await text(id);
		const lines = csv.replace(/^\ufeff/, "").split("\r\n");
		expect(lines[0]).toMatch(/^"sequence","time","actor_kind"/);
		expect(lines.slice(1, -1).map((line) => Number(line.split(",")[0]?.slice(1, -1)))).toEqual(
			Array.from({ length: 4_800 }, (_, index) => index + 1),
		);
		expect(csv).not.toMatch(/(^|,)"[=＝+@]/m);
		expect(csv).toContain(`"'=cmd|'/C calc'!A0"`);
		expect(csv).toContain(`"'＝Mallory"`);
		expect(file.name).toMatch(/^audit-\d{4}-\d\d-\d\d-[0-9a-f]{8}\.csv$/);
		expect((await getExport(ctx, { exportId: id })).sha256).toBe(createHash("sha256").update(whole).digest("hex"));
	});

	test("as JSONL has the names of OCSF", async () => {
		const { id } = await requestExport(ctx, { format: "jsonl", filter: { address: "198.51.100.7" } });
		await finish(id);
		const { text: jsonl } = await text(id);
		expect(numbersOf(jsonl)).toEqual(Array.from({ length: 300 }, (_, index) => 4_501 + index));
		expect(JSON.parse(jsonl.split("\n")[0] ?? "")).toMatchObject({
			class_uid: 6003,
			category_uid: 6,
			activity_id: 99,
			type_uid: 600399,
			status_id: 1,
			actor: { user: { name: "＝Mallory" } },
			src_endpoint: { ip: "198.51.100.7" },
			metadata: { version: "1.4.0", sequence: 4_501, product: { name: "Quarterdeck" } },
		});
	});

	test.each([
		[{ action: "report.write", outcome: "denied" }, 225],
		[{ resourceId: "thing-3" }, 480],
		[{ requestId: "request-7" }, 6],
		[{ from: "2999-01-01T00:00:00Z" }, 0],
		[{ to: "2999-01-01T00:00:00Z" }, 4_800],
		[{ via: "console" }, 0],
	] as const)("holds what its conditions let through and nothing else: %o", async (filter, rows) => {
		const { id } = await requestExport(ctx, RequestExport.parse({ format: "jsonl", filter }));
		await finish(id);
		expect(await getExport(ctx, { exportId: id })).toMatchObject({ rows, filter, state: "ready" });
		expect(numbersOf((await text(id)).text).length).toBe(rows);
	});

	test("comes with a certificate", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: { outcome: "denied" } });
		await finish(id);
		const { file, whole } = await text(id, "certificate");
		expect(whole.subarray(0, 5).toString()).toBe("%PDF-");
		expect(file).toMatchObject({ mediaType: "application/pdf" });
		expect(file.name).toMatch(/-certificate\.pdf$/);
	});

	test("holds what was sealed when it was asked for, not what came after", async () => {
		const { id } = await requestExport(ctx, { format: "jsonl", filter: { action: "late.write" } });
		await makeSealed(db, { count: 5, action: "late.write" });
		await finish(id);
		expect((await getExport(ctx, { exportId: id })).rows).toBe(0);
	});

	test("that a worker left in the middle goes on where it was, without a gap or a double", async () => {
		const { id } = await requestExport(ctx, { format: "jsonl", filter: { action: "report.write" } });
		await beginExport(ctx, id);
		expect(await writePart(ctx, id, { bytes: 1_000, ms: 60_000 })).toBe("more");
		// Its successor, and the one that was thought dead, at the same time.
		await Promise.all([
			writePart(ctx, id, { bytes: 1_000, ms: 60_000 }),
			writePart(ctx, id, { bytes: 1_000, ms: 60_000 }),
		]);
		// A worker that died while it wrote: bytes, and no row.
		await exportStore().putStream([Buffer.from("half a part")] as never, { maxBytes: 100 });
		await finish(id);
		expect((await rowOf(id))?.parts).toBeGreaterThan(2);
		expect(numbersOf((await text(id)).text)).toEqual(Array.from({ length: 4_500 }, (_, index) => index + 1));
	});

	test("can be cancelled while it is written, and then gives no file", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: {} });
		await beginExport(ctx, id);
		await writePart(ctx, id, { bytes: 1_000, ms: 60_000 });
		expect(await cancelExport(ctx, { exportId: id })).toMatchObject({ state: "cancelled" });
		expect(await writePart(ctx, id)).toBe("gone");
		expect(await finishExport(ctx, id)).toBe(false);
		await expect(openExport(ctx, { exportId: id, what: "file" })).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(await cancelExport(ctx, { exportId: id })).toMatchObject({ state: "cancelled" });
	});

	test("is nobody else's, also not an owner's", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: {} });
		await finish(id);
		const other = await testContext(db, { role: "owner" });
		for (const act of [
			() => getExport(other, { exportId: id }),
			() => cancelExport(other, { exportId: id }),
			() => openExport(other, { exportId: id, what: "file" }),
		])
			await expect(act()).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect((await listExports(other, { limit: 50 })).rows).toEqual([]);
		expect((await listExports(ctx, { limit: 50 })).rows.map((row) => row.id)).toEqual([id]);
	});

	test("stops where whoever asked for it loses the right, or the account", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: {} });
		const userId = ctx.actor.kind === "user" ? ctx.actor.userId : "";
		await db.orm.update(users).set({ role: "viewer" }).where(eq(users.id, userId));
		await startEngine();
		expect(await done(id)).toMatchObject({ state: "failed", reason: expect.stringContaining("may not export") });
		expect((await rowOf(id))?.parts).toBe(0);
	});

	test("is asked for and downloaded in the audit's sight, or not at all", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: { outcome: "denied" } });
		await finish(id);
		await openExport(ctx, { exportId: id, what: "file" });
		const told = await db.orm
			.select({ action: auditEntries.action, detail: auditEntries.detail })
			.from(auditEntries)
			.where(eq(auditEntries.resourceId, id))
			.orderBy(auditEntries.id);
		expect(told).toMatchObject([
			{ action: "audit.export", detail: { format: "csv", outcome: "denied" } },
			{ action: "audit.download", detail: { what: "file" } },
		]);
		await db.sql.unsafe(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$;
			create trigger refuse before insert on audit_pending for each row execute function refuse()`);
		try {
			const before = await db.orm.$count(auditExports);
			await expect(requestExport(ctx, { format: "csv", filter: {} })).rejects.toMatchObject({ code: "UNAVAILABLE" });
			await expect(openExport(ctx, { exportId: id, what: "file" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
			expect(await db.orm.$count(auditExports)).toBe(before);
		} finally {
			await db.sql.unsafe("drop trigger refuse on audit_pending; drop function refuse()");
		}
	});

	test("at most three of one person are under way, also when four are asked for at once", async () => {
		const asked = await Promise.allSettled(
			Array.from({ length: 6 }, () => requestExport(ctx, { format: "csv", filter: {} })),
		);
		expect(asked.filter(({ status }) => status === "fulfilled").length).toBe(3);
		expect(asked.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "LIMIT_REACHED" } });
	});

	test("is gone after seven days, with its bytes", async () => {
		const { id } = await requestExport(ctx, { format: "csv", filter: { requestId: "request-9" } });
		await finish(id);
		const row = await rowOf(id);
		expect(row?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
		const parts = await db.orm.select().from(auditExportParts).where(eq(auditExportParts.exportId, id));
		await db.orm
			.update(auditExports)
			.set({ expiresAt: sql`now() - interval '1 second'` })
			.where(eq(auditExports.id, id));
		expect(await getExport(ctx, { exportId: id })).toMatchObject({ state: "expired" });
		await expect(openExport(ctx, { exportId: id, what: "file" })).rejects.toMatchObject({ code: "NOT_FOUND" });
		const files = [...parts.map((part) => part.sha256), row?.certificate ?? ""];
		const long = Date.now() / 1000 - 7_200;
		for (const file of files) utimesSync(exportStore().path(file), long, long);
		expect(await expireExports(ctx)).toBeGreaterThanOrEqual(files.length);
		for (const file of files) expect(await exportStore().has(file)).toBe(false);
		expect((await rowOf(id))?.state).toBe("expired");
	});
});

describe("the chain", () => {
	/** A chain of real entries. */
	async function sealed(count: number) {
		const own = await testDatabase();
		const who = await testContext(own, { role: "auditor" });
		for (let n = 0; n < count; n++)
			await audit(who, own.orm, { action: "thing.write", resource: "thing", detail: { n } });
		while ((await sealNext(own)) > 0);
		await checkpointNext(own, true);
		return { own, who };
	}
	const all = async (who: ServiceContext, exportId: string) => {
		await beginExport(who, exportId);
		while ((await writePart(who, exportId, { bytes: 500, ms: 60_000 })) === "more");
		while ((await verifyExport(who, exportId, 7)) === "more");
		await finishExport(who, exportId);
		const parts: Uint8Array[] = [];
		for await (const bytes of readParts((await openExport(who, { exportId, what: "file" })).parts)) parts.push(bytes);
		return Buffer.concat(parts).toString();
	};
	const proof = async (own: Database, text: string) => {
		const checkpoint = await lastCheckpoint(own.orm);
		const verifier = new ChainVerifier({
			keys: readKeys(await publicKeys(own.orm)),
			checkpoints: checkpoint ? [checkpoint] : [],
		});
		for (const line of text.split("\n").filter(Boolean)) verifier.take(Buffer.from(line));
		return verifier.end();
	};

	test("is exported so that it is proved offline, in one part or in many", async () => {
		const { own, who } = await sealed(20);
		const { id } = await requestExport(who, { format: "chain", filter: {} });
		const text = await all(who, id);
		expect(await proof(own, text)).toMatchObject({ isValid: true, entries: 20, proven: 20 });
		expect(await getExport(who, { exportId: id })).toMatchObject({ state: "ready", rows: 20, isProved: true });
		expect(await proof(own, text.replace('"n":7', '"n":8'))).toMatchObject({ isValid: false, problem: { seq: 8 } });
	});

	test("that was tampered with is told by every export that is made from it", async () => {
		const { own, who } = await sealed(20);
		await own.transaction(async (tx) => {
			await tx.execute(sql`set local session_replication_role = replica`);
			await tx.execute(sql`update audit_log set outcome = 'denied' where seq = 12`);
		});
		const { id } = await requestExport(who, { format: "jsonl", filter: { action: "thing.write" } });
		await all(who, id);
		expect(await getExport(who, { exportId: id })).toMatchObject({ state: "ready", rows: 20, isProved: false });
	});
});

test("a chain export with conditions is refused, which would not be a chain", () => {
	const asked = RequestExport.safeParse({ format: "chain", filter: { outcome: "denied" } });
	expect(asked.error?.issues[0]?.message).toContain("take the conditions away");
	expect(RequestExport.safeParse({ format: "chain", filter: {} }).success).toBe(true);
	expect(RequestExport.safeParse({ format: "pdf", filter: {} }).success).toBe(false);
	expect(RequestExport.safeParse({ format: "csv", filter: { owner: "x" } }).success).toBe(false);
});
