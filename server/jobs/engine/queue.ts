import { type InferSelectModel, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobQueue, type jobRuns } from "@/db/schema";
import { type Due, dueSql } from "./time";

export type Run = InferSelectModel<typeof jobRuns>;
/** What a job takes over from its run. */
export type JobOwner = Pick<Run, "id" | "functionId" | "priority" | "concurrencyKeys">;

/** The SDK's name for a call that finds out what comes next. */
export const discovery = "step";
/** Wakes of the run itself, not of one of its steps. */
export const startTimeout = "$start";
export const finishTimeout = "$finish";

const now: Due = { inMs: 0 };

/** By when it began, as with the real server: what has begun goes on before later runs begin, so that a thousand end one after the other. */
const placeOf = (run: JobOwner) =>
	sql`coalesce((select created_at from job_runs where id = ${run.id}), now()) - make_interval(secs => ${run.priority}::int)`;

/** Puts a call of the function into the queue. A waking worker is not told: that is the caller's business. */
export async function enqueueCall(
	tx: Tx,
	run: JobOwner,
	job: { stepId: string; attempt?: number; due?: Due },
): Promise<void> {
	const runAt = dueSql(job.due ?? now);
	await tx.insert(jobQueue).values({
		runId: run.id,
		functionId: run.functionId,
		stepId: job.stepId,
		kind: "call",
		attempt: job.attempt ?? 0,
		runAt,
		orderAt: job.due ? sql`${runAt} - make_interval(secs => ${run.priority}::int)` : placeOf(run),
		concurrencyKeys: run.concurrencyKeys,
	});
}

/**
 * Asks the function of a locked run what comes next, unless it has been asked already or steps are pending; in a race it
 * goes on with each step that is done.
 */
export async function enqueueDiscovery(tx: Tx, run: JobOwner, options: { evenIfPending: boolean }): Promise<void> {
	const isPending = options.evenIfPending
		? sql`false`
		: sql`exists (select 1 from job_steps where run_id = ${run.id} and done_seq is null)`;
	await tx.execute(sql`
		insert into job_queue (run_id, function_id, step_id, kind, order_at, concurrency_keys)
		select ${run.id}, ${run.functionId}, ${discovery}, 'call', ${placeOf(run)},
			${textArray(run.concurrencyKeys)}
		where not ${isPending} and not exists (
			select 1 from job_queue
			where run_id = ${run.id} and step_id = ${discovery} and kind = 'call' and claim_token is null
		)`);
}

/** Ends a sleep or a waiting time when it is due. */
export async function enqueueWake(
	tx: Tx,
	run: Pick<Run, "id" | "functionId">,
	stepId: string,
	due: Due,
): Promise<void> {
	const runAt = dueSql(due);
	await tx
		.insert(jobQueue)
		.values({ runId: run.id, functionId: run.functionId, stepId, kind: "wake", runAt, orderAt: runAt });
}

/** Wakes the workers when the transaction commits. */
export async function notifyWorkers(tx: Tx): Promise<void> {
	await tx.execute(sql`select pg_notify('jobs', '')`);
}

const keyLock = 7_311_803;

/**
 * Whoever counts the holders of a key or gives one back does so under its lock, so that neither misses the other. Taken in
 * one order by all, and as the last thing in a transaction, so that two never wait for each other.
 */
export async function lockKeys(tx: Tx, keys: readonly string[]): Promise<void> {
	await tx.execute(sql`
		select pg_advisory_xact_lock(lock) from (
			select distinct hashtextextended(key, ${keyLock}) as lock from unnest(${textArray(keys)}) as key order by 1
		) as locks`);
}

/** Each of these keys has room for one more: lets in the first job that waits for it. */
export async function releaseKeys(tx: Tx, keys: readonly string[]): Promise<void> {
	if (keys.length === 0) return;
	await lockKeys(tx, keys);
	await admitNext(tx, keys);
}

/** The same, for who holds the locks already. */
export async function admitNext(tx: Tx, keys: readonly string[]): Promise<void> {
	for (const key of keys) {
		await tx.execute(sql`
			update job_queue set blocked_on = null where id in (
				select id from job_queue where blocked_on = ${key} order by order_at, id limit 1 for update skip locked
			)`);
	}
}

/** The driver has no array parameters through drizzle. */
export const textArray = (values: readonly string[]) =>
	sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
