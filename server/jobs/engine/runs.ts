import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import {
	type Json,
	jobEvents,
	jobQueue,
	jobRuns,
	jobSteps,
	jobWaits,
	type StoredError,
	type StoredEvent,
} from "@/db/schema";
import { newJobId } from "../emit";
import { keyOf, numberOf } from "./expression";
import { discovery, enqueueCall, enqueueDiscovery, enqueueWake, notifyWorkers, type Run, startTimeout } from "./queue";
import { concurrencyKeys, type FunctionSpec } from "./registry";
import { dueSql, parseDue } from "./time";

/** A step that called a function and waits for its output. */
export type Parent = { runId: string; stepId: string };
export const cancelStep = (index: number) => `$cancel:${index}`;

/**
 * Makes a run and its first call. Null where one with the same idempotency key began within a day; `isAgain` is for who
 * wants it all the same.
 */
export async function startRun(
	tx: Tx,
	spec: FunctionSpec,
	event: StoredEvent,
	{ parent, isAgain = false }: { parent?: Parent; isAgain?: boolean } = {},
): Promise<string | null> {
	const { config } = spec;
	const key = config.idempotency && !isAgain ? keyOf(config.idempotency, event) : null;
	if (key !== null) await forgetOldKey(tx, spec.id, key);
	const priority = config.priority?.run ? Math.round(numberOf(config.priority.run, event)) : 0;
	const run = {
		id: newJobId(),
		functionId: spec.id,
		events: [event],
		priority: Math.max(-600, Math.min(600, priority)),
		concurrencyKeys: concurrencyKeys(spec, event),
		idempotencyKey: key,
		parentRunId: parent?.runId ?? null,
		parentStepId: parent?.stepId ?? null,
	};
	const inserted = await tx.insert(jobRuns).values(run).onConflictDoNothing().returning({ id: jobRuns.id });
	if (inserted.length === 0) return null;
	for (const [index, cancel] of config.cancel.entries()) {
		await tx.insert(jobWaits).values({
			runId: run.id,
			stepId: cancelStep(index),
			event: cancel.event,
			expression: cancel.if ?? null,
			expiresAt: cancel.timeout ? dueSql(parseDue(cancel.timeout)) : null,
		});
	}
	if (config.timeouts?.start) await enqueueWake(tx, run, startTimeout, parseDue(config.timeouts.start));
	await enqueueCall(tx, run, { stepId: discovery });
	return run.id;
}

/** An idempotency key holds for a day, as with the real server. */
async function forgetOldKey(tx: Tx, functionId: string, key: string): Promise<void> {
	await tx
		.update(jobRuns)
		.set({ idempotencyKey: null })
		.where(
			and(
				eq(jobRuns.functionId, functionId),
				eq(jobRuns.idempotencyKey, key),
				lt(jobRuns.createdAt, sql`now() - interval '1 day'`),
			),
		);
}

/** Locks the run for the rest of the transaction; all that changes a run begins with this. */
export async function lockRun(tx: Tx, runId: string): Promise<Run | null> {
	const [run] = await tx.select().from(jobRuns).where(eq(jobRuns.id, runId)).for("update");
	return run ?? null;
}

export type Outcome =
	| { state: "completed"; output: Json }
	| { state: "failed"; error: StoredError }
	| { state: "cancelled"; error: StoredError };

/** Ends a locked run, for good: a run that has ended stays as it is. What is being executed keeps its claim until it returns. */
export async function finishRun(tx: Tx, run: Run, outcome: Outcome): Promise<void> {
	const ended = await tx
		.update(jobRuns)
		.set({
			state: outcome.state,
			...(outcome.state === "completed" ? { output: outcome.output } : { error: outcome.error }),
			endedAt: sql`now()`,
		})
		.where(and(eq(jobRuns.id, run.id), isNull(jobRuns.endedAt)))
		.returning({ id: jobRuns.id });
	if (ended.length === 0) return;
	await tx.execute(sql`
		with waits as (delete from job_waits where run_id = ${run.id})
		delete from job_queue where run_id = ${run.id} and claim_token is null`);
	if (run.parentRunId && run.parentStepId) await answerParent(tx, run.parentRunId, run.parentStepId, outcome);
	await announce(tx, run, outcome);
}

async function answerParent(tx: Tx, runId: string, stepId: string, outcome: Outcome): Promise<void> {
	const parent = await lockRun(tx, runId);
	if (!parent) return;
	const result = outcome.state === "completed" ? { data: outcome.output } : { error: outcome.error };
	await resolveStep(tx, parent, stepId, result);
}

/** `inngest/function.finished`, `.failed` and `.cancelled`, where anybody listens; their ids make each of them one. */
async function announce(tx: Tx, run: Run, outcome: Outcome): Promise<void> {
	const [event] = run.events;
	// A failure handler that fails must not start itself again.
	if (!event || event.name.startsWith("inngest/function.f") || event.name === "inngest/function.cancelled") return;
	const names = ["inngest/function.finished"];
	if (outcome.state !== "completed") names.push(`inngest/function.${outcome.state}`);
	const data = {
		function_id: run.functionId,
		run_id: run.id,
		event,
		events: run.events,
		...(outcome.state === "completed" ? { result: outcome.output } : { error: withoutUndefined(outcome.error) }),
	};
	let announced = 0;
	for (const name of names) {
		if (!(await isHeard(tx, name))) continue;
		await tx
			.insert(jobEvents)
			.values({ id: `${name.slice("inngest/".length)}-${run.id}`, name, data, ts: Date.now() })
			.onConflictDoNothing();
		announced++;
	}
	if (announced > 0) await notifyWorkers(tx);
}

/** Whether a function starts on such an event or a run waits for one: as the table has it, for who has no functions loaded. */
async function isHeard(tx: Tx, event: string): Promise<boolean> {
	const [row] = await tx.execute<{ heard: boolean }>(sql`
		select exists (select 1 from job_waits where event = ${event}) or exists (
			select 1 from job_functions, jsonb_array_elements(config -> 'triggers') as trigger
			where trigger ->> 'event' = ${event}
				or (right(trigger ->> 'event', 1) = '*' and starts_with(${event}, rtrim(trigger ->> 'event', '*')))
		) as heard`);
	return row?.heard ?? false;
}

const withoutUndefined = ({ stack, ...error }: StoredError): { [key: string]: Json } => {
	const given = Object.entries({ ...error, ...(stack ? { stack } : {}) });
	return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
};

/** Gives a pending step of a locked run its result, once, and lets the function go on. */
export async function resolveStep(
	tx: Tx,
	run: Run,
	stepId: string,
	result: { data: Json } | { error: StoredError },
): Promise<boolean> {
	if (run.endedAt) return false;
	const isFailed = "error" in result;
	const [step] = await tx
		.update(jobSteps)
		.set({
			state: isFailed ? "failed" : "completed",
			result,
			doneSeq: nextDone(run.id),
			endedAt: sql`now()`,
		})
		.where(and(eq(jobSteps.runId, run.id), eq(jobSteps.id, stepId), isNull(jobSteps.doneSeq)))
		.returning({ opts: jobSteps.opts });
	if (!step) return false;
	await tx.delete(jobWaits).where(and(eq(jobWaits.runId, run.id), eq(jobWaits.stepId, stepId)));
	await tx
		.delete(jobQueue)
		.where(and(eq(jobQueue.runId, run.id), eq(jobQueue.stepId, stepId), eq(jobQueue.kind, "wake")));
	await enqueueDiscovery(tx, run, { evenIfPending: isRacing(step.opts) });
	await notifyWorkers(tx);
	return true;
}

/** The run is locked, so counting is safe. */
export const nextDone = (runId: string) =>
	sql<number>`(select coalesce(max(done_seq), 0) + 1 from job_steps where run_id = ${runId})`;

/** In `group.parallel()` the function goes on with each step that is done; otherwise when all are. */
export const isRacing = (opts: Json | null): boolean =>
	typeof opts === "object" && opts !== null && !Array.isArray(opts) && opts.parallelMode === "race";
