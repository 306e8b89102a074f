import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase } from "@/tests/support";
import { sealNext } from "../chain/seal";
import { type AuditEntry, type AuditFilter, toListFilter } from "../contract";
import { listAudit } from "./list-audit";

let db: Database;
let ctx: ServiceContext;
let reader: ServiceContext;
beforeEach(async () => {
	db = await testDatabase();
	ctx = await testContext(db);
	reader = await testContext(db, { role: "auditor" });
});

const write = async (from: number, to: number, more: Partial<Parameters<typeof audit>[2]> = {}) => {
	for (let n = from; n < to; n++)
		await audit(ctx, db.orm, { action: "thing.do", resource: "thing", detail: { n }, ...more });
};
const numbers = (rows: AuditEntry[]) => rows.map(({ detail }) => detail.n);
const page = (cursor: string | null, limit = 7, filter: AuditFilter = {}) =>
	listAudit(reader, { limit, filter: toListFilter(filter), ...(cursor ? { cursor } : {}) });
const downFrom = (n: number) => Array.from({ length: n }, (_, index) => n - 1 - index);

/** All pages from a first one on, with something done before each. */
async function rest(first: { rows: AuditEntry[]; next: string | null }, between: (n: number) => Promise<unknown>) {
	const rows = [...first.rows];
	for (let next = first.next, n = 0; next; n++) {
		await between(n);
		const more = await page(next);
		rows.push(...more.rows);
		next = more.next;
	}
	return rows;
}

describe("pages", () => {
	test("go from what waits to be sealed into the chain, newest first", async () => {
		await write(0, 20);
		await sealNext(db);
		await write(20, 40);
		const rows = await rest(await page(null), async () => {});
		expect(numbers(rows)).toEqual(downFrom(40));
		expect(rows.map(({ seq }) => seq)).toEqual([...Array(20).fill(null), ...downFrom(20).map((n) => n + 1)]);
		expect(rows[39]).toMatchObject({
			seq: 1,
			actorLabel: "Robin Tester",
			chain: [{ kind: "user", name: "Robin Tester" }],
		});
	});

	test("stay as they are while entries come in and are sealed", async () => {
		await write(0, 20);
		await sealNext(db);
		await write(20, 40);
		const rows = await rest(await page(null), async (n) => {
			await write(1_000, 1_003);
			await sealNext(db, n === 0 ? 5 : 1_000);
		});
		expect(numbers(rows)).toEqual(downFrom(40));
	});

	test.each<[string, AuditFilter]>([
		["all", {}],
		["of one kind", { resourceKind: "thing" }],
		["from one address", { address: "203.0.113.9" }],
	])("go on through the months of sealing, however few entries each has: %s", async (_, filter) => {
		ctx = { ...ctx, origin: { address: "203.0.113.9", userAgent: "program" } };
		for (const [month, daysAgo] of [200, 95, 63, 62, 31, 1, 0].entries()) {
			await write(month * 3, month * 3 + 3);
			await sealNext(db, 1_000, Date.now() - daysAgo * 86_400_000);
		}
		const found: AuditEntry[] = [];
		for (let cursor: string | null = null, n = 0; n === 0 || cursor; n++) {
			const more: Awaited<ReturnType<typeof page>> = await page(cursor, 4, filter);
			found.push(...more.rows.filter(({ action }) => action === "thing.do"));
			cursor = more.next;
		}
		expect(numbers(found)).toEqual(downFrom(21));
	});

	test("a page that ends among what waited goes on where all of it was sealed meanwhile", async () => {
		await write(0, 30);
		const rows = await rest(await page(null), async () => {
			await write(1_000, 1_005);
			await sealNext(db);
		});
		expect(numbers(rows)).toEqual(downFrom(30));
	});
});

test.each([true, false])("each filter finds its entries and no others (sealed: %s)", async (isSealed) => {
	const other = await testContext(db);
	await audit(other, db.orm, { action: "other.do", resource: "other" });
	const mine: ServiceContext = {
		...ctx,
		via: "rest",
		requestId: randomUUID(),
		origin: { address: "203.0.113.9", userAgent: "program" },
	};
	const from = new Date(Date.now() - 1_000).toISOString();
	await audit(mine, db.orm, {
		action: "thing.do",
		resource: "thing",
		resourceId: "t1",
		outcome: "denied",
		reason: "no",
		runId: mine.requestId,
	});
	if (isSealed) await sealNext(db);
	const userId = ctx.actor.kind === "user" ? ctx.actor.userId : "";
	const filters: AuditFilter[] = [
		{ userId },
		{ actorId: userId },
		{ via: "rest" },
		{ action: "thing.do" },
		{ resourceKind: "thing" },
		{ resourceId: "t1" },
		{ outcome: "denied" },
		{ address: "203.0.113.9" },
		{ requestId: mine.requestId },
		{ runId: mine.requestId },
		{ address: "203.0.113.9", outcome: "denied", from, to: new Date(Date.now() + 60_000).toISOString() },
	];
	for (const filter of filters) {
		const { rows } = await page(null, 10, filter);
		expect(
			rows.map(({ action }) => action),
			JSON.stringify(filter),
		).toEqual(["thing.do"]);
	}
	const all = (await page(null, 50, { from })).rows.filter(({ action }) => action !== "audit.read");
	expect(all).toHaveLength(2);
	// Each of those lists was opened, which is told too.
	expect((await page(null, 50, { action: "audit.read" })).rows).toHaveLength(filters.length + 1);
	expect((await page(null, 10, { to: from })).rows).toEqual([]);
	expect((await page(null, 10, { action: "thing" })).rows).toEqual([]);
});
