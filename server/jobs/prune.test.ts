import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, files, idempotencyKeys, jobEvents, jobRuns, jobSteps, uploads } from "@/db/schema";
import { testDatabase, testUser, until } from "@/tests/support";
import { passTime, testEngine } from "@/tests/support/jobs";
import { inngest } from "./client";
import { prune } from "./prune";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

const ago = (interval: string) => sql<Date>`now() - ${interval}::interval`;
const event = { id: "e", name: "a/b", data: {}, ts: 0 };

test("every night what has served its time goes, all else stays, and the audit says so", async () => {
	const { userId } = await testUser(db);
	const run = { functionId: "x", events: [event], state: "completed" as const };
	await db.orm.insert(jobRuns).values([
		{ ...run, id: "old", createdAt: ago("31 days"), endedAt: ago("31 days") },
		{ ...run, id: "long", createdAt: ago("31 days"), endedAt: ago("29 days") },
		{ ...run, id: "open", createdAt: ago("31 days"), state: "running" },
		{ ...run, id: "new", createdAt: ago("1 day"), endedAt: ago("1 day") },
	]);
	await db.orm.insert(jobSteps).values({ runId: "old", id: "s", op: "StepRun", state: "completed" });
	await db.orm.insert(jobEvents).values([
		{ ...event, id: "old", createdAt: ago("31 days"), deliveredAt: ago("31 days") },
		{ ...event, id: "new", createdAt: ago("1 day"), deliveredAt: ago("1 day") },
	]);
	const call = { inputHash: "", requestId: "", leasedUntil: new Date() };
	// More than a batch.
	await db.orm
		.insert(idempotencyKeys)
		.values([
			...Array.from({ length: 1_100 }, (_, n) => ({ ...call, id: `old ${n}`, createdAt: ago("25 hours") })),
			{ ...call, id: "new", createdAt: ago("23 hours") },
		]);
	await db.orm.insert(files).values({ sha256: "f".repeat(64), size: 1 });
	const [kept, gone] = [randomUUID(), randomUUID()];
	await db.orm.insert(uploads).values([
		{ id: kept, userId, sha256: "f".repeat(64), createdAt: ago("23 hours") },
		{ id: gone, userId, sha256: "f".repeat(64), createdAt: ago("25 hours") },
	]);

	await testEngine(db, inngest, [prune]);
	// Now, at the hour it was going to be.
	await db.orm.execute(sql`update job_crons set next_at = now()`);
	await passTime(db, "0 s");
	const done = await until(async () => {
		const [found] = await db.orm.select().from(jobRuns).where(eq(jobRuns.functionId, "quarterdeck-prune"));
		return found?.endedAt ? found : null;
	});

	expect(done.output).toMatchObject({ job_runs: 1, job_events: 1, idempotency_keys: 1_100, uploads: 1 });
	const ids = async (table: typeof jobRuns | typeof jobEvents | typeof idempotencyKeys | typeof uploads) =>
		(await db.orm.select({ id: table.id }).from(table).orderBy(table.id)).map(({ id }) => id);
	expect((await ids(jobRuns)).filter((id) => id !== done.id)).toEqual(["long", "new", "open"]);
	expect((await ids(jobEvents)).filter((id) => !id.startsWith("cron-"))).toEqual(["new"]);
	expect(await ids(idempotencyKeys)).toEqual(["new"]);
	expect(await ids(uploads)).toEqual([kept]);
	const entries = await db.orm.select().from(auditEntries).where(eq(auditEntries.action, "retention.prune"));
	expect(entries).toMatchObject([{ actorKind: "job", actorLabel: "prune", via: "job", requestId: done.id }]);
});
