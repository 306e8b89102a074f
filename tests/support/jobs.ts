import { asc, eq, sql } from "drizzle-orm";
import type { Inngest, InngestFunction } from "inngest";
import { onTestFinished } from "vitest";
import type { Database } from "@/db/connection";
import { jobAttempts, jobRuns, jobSteps } from "@/db/schema";
import { createEngine, type EngineOptions } from "@/server/jobs/engine";
import { silent } from "./job-client";
import { until } from "./until";

export { silent, testClient } from "./job-client";

type Options = Partial<Omit<EngineOptions, "database" | "client" | "functions">>;

/** A started engine that tries again at once, and ends with the test. */
export async function testEngine(
	db: Database,
	client: Inngest,
	functions: InngestFunction.Any[],
	options: Options = {},
): Promise<ReturnType<typeof createEngine>> {
	const engine = createEngine({
		database: db,
		client,
		functions,
		slots: 4,
		log: silent,
		drain: 1_000,
		backoff: () => 0,
		...options,
	});
	await engine.start();
	onTestFinished(() => engine.stop());
	return engine;
}

/** For tests of one file that share a database: what another left would be this one's. */
export async function emptyJobs(db: Database): Promise<void> {
	await db.orm.execute(sql`truncate job_events, job_functions, job_runs, job_crons, workers cascade`);
}

/** The only run that an event of this function started, once it has ended. */
export async function endedRun(db: Database, functionId: string, ms?: number) {
	return until(async () => {
		const [run] = await runsOf(db, functionId);
		return run?.endedAt ? run : null;
	}, ms);
}

export const runsOf = (db: Database, functionId: string) =>
	db.orm
		.select()
		.from(jobRuns)
		.where(eq(jobRuns.functionId, `test-${functionId}`))
		.orderBy(asc(jobRuns.createdAt), asc(jobRuns.id));

export const stepsOf = (db: Database, runId: string) =>
	db.orm.select().from(jobSteps).where(eq(jobSteps.runId, runId)).orderBy(asc(jobSteps.doneSeq));

export const attemptsOf = (db: Database, runId: string) =>
	db.orm.select().from(jobAttempts).where(eq(jobAttempts.runId, runId)).orderBy(asc(jobAttempts.id));

/** Moves all that waits for a time nearer by that much, as if it had passed. */
export async function passTime(db: Database, interval: string): Promise<void> {
	const by = sql`${interval}::interval`;
	await db.transaction(async (tx) => {
		await tx.execute(sql`update job_queue set run_at = run_at - ${by}, order_at = order_at - ${by}`);
		await tx.execute(sql`update job_waits set expires_at = expires_at - ${by}`);
		await tx.execute(sql`update job_crons set next_at = next_at - ${by}`);
		await tx.execute(sql`update job_runs set created_at = created_at - ${by}`);
		await tx.execute(sql`select pg_notify('jobs', '')`);
	});
}
