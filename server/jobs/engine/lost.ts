import { and, asc, eq, inArray, isNotNull, lt, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobAttempts, jobQueue } from "@/db/schema";
import { type Claim, takeClaimed } from "./claim";
import type { Core } from "./core";
import { discovery, notifyWorkers, type Run, releaseKeys } from "./queue";
import { finishRun, lockRun, resolveStep } from "./runs";
import { dueSql } from "./time";

/**
 * Takes back what workers held that are gone: their leases ran out, or they are known to be dead. Each counts as a failed
 * attempt, so that a step which kills its process can't do so for ever. Answers how many there were.
 */
export async function reclaimLost(core: Core, deadWorkers: readonly string[]): Promise<number> {
	const lost = await core.db.orm
		.select({ ...claimColumns, worker: jobQueue.claimedBy, crashes: jobQueue.crashes })
		.from(jobQueue)
		.where(isLost(deadWorkers))
		.orderBy(asc(jobQueue.id));
	let reclaimed = 0;
	for (const { token, ...job } of lost) {
		if (token && (await core.db.transaction((tx) => reclaim(tx, core, { ...job, token }, deadWorkers)))) reclaimed++;
	}
	return reclaimed;
}

const isLost = (deadWorkers: readonly string[]) =>
	and(
		isNotNull(jobQueue.claimToken),
		or(
			lt(jobQueue.claimedUntil, sql`now()`),
			deadWorkers.length > 0 ? inArray(jobQueue.claimedBy, [...deadWorkers]) : undefined,
		),
	);
const claimColumns = {
	id: jobQueue.id,
	runId: jobQueue.runId,
	functionId: jobQueue.functionId,
	stepId: jobQueue.stepId,
	attempt: jobQueue.attempt,
	concurrencyKeys: jobQueue.concurrencyKeys,
	token: jobQueue.claimToken,
};
type LostClaim = Claim & { worker: string | null; crashes: number };

async function reclaim(tx: Tx, core: Core, claim: LostClaim, deadWorkers: readonly string[]): Promise<boolean> {
	const run = await lockRun(tx, claim.runId);
	// Unless it has been settled or renewed in the meantime.
	if (!run || !(await isStillLost(tx, claim, deadWorkers))) return false;
	if (run.endedAt) await takeClaimed(tx, claim);
	else await countLost(tx, core, run, claim);
	await releaseKeys(tx, claim.concurrencyKeys);
	await notifyWorkers(tx);
	return true;
}

async function isStillLost(tx: Tx, claim: LostClaim, deadWorkers: readonly string[]): Promise<boolean> {
	const rows = await tx
		.select({ id: jobQueue.id })
		.from(jobQueue)
		.where(and(eq(jobQueue.id, claim.id), eq(jobQueue.claimToken, claim.token), isLost(deadWorkers)))
		.for("update");
	return rows.length === 1;
}

/** The first losses wait little, in ms: a worker was most likely restarted. After that the step itself is under suspicion. */
const lossWaits = [0, 1_000, 4_000];

async function countLost(tx: Tx, core: Core, run: Run, claim: LostClaim): Promise<void> {
	const error = { name: "WorkerLost", message: "The worker that did this is gone" };
	await tx.insert(jobAttempts).values({
		runId: run.id,
		stepId: claim.stepId === discovery ? null : claim.stepId,
		attempt: claim.attempt,
		state: "lost",
		error,
		worker: claim.worker,
	});
	const most = core.registry.find(claim.functionId)?.maxAttempts ?? Number.POSITIVE_INFINITY;
	if (claim.attempt + 1 < most) {
		const runAt = dueSql({ inMs: lossWaits[claim.crashes] ?? core.backoff(claim.attempt) });
		await tx
			.update(jobQueue)
			.set({
				attempt: claim.attempt + 1,
				crashes: claim.crashes + 1,
				runAt,
				orderAt: sql`${runAt} - make_interval(secs => ${run.priority}::int)`,
				claimedBy: null,
				claimToken: null,
				claimedUntil: null,
			})
			.where(eq(jobQueue.id, claim.id));
		return;
	}
	await takeClaimed(tx, claim);
	const last = { ...error, message: `The worker that did this was lost ${claim.crashes + 1} times` };
	if (claim.stepId === discovery) return finishRun(tx, run, { state: "failed", error: last });
	await resolveStep(tx, run, claim.stepId, { error: last });
}

/** Lets in who waits for a key that nobody holds: whoever should have let it in has failed to. */
export async function admitForgotten(core: Core): Promise<void> {
	await core.db.orm.execute(sql`
		update job_queue set blocked_on = null where id in (
			select distinct on (blocked_on) id from job_queue as waiting
			where blocked_on is not null and not exists (
				select 1 from job_queue as holder
				where holder.claim_token is not null and waiting.blocked_on = any(holder.concurrency_keys)
			)
			order by blocked_on, order_at, id
		)`);
}
