import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobQueue } from "@/db/schema";
import type { Core } from "./core";
import { admitNext, lockKeys, textArray } from "./queue";
import { concurrencyLimit } from "./registry";

export const leaseSeconds = 15;
/** The most head start that a run may have. */
const mostPriority = 600;

/** A job that this worker may do, as long as it keeps the lease: the token proves it. */
export type Claim = {
	id: number;
	runId: string;
	functionId: string;
	stepId: string;
	attempt: number;
	concurrencyKeys: string[];
	token: string;
};

/**
 * Takes up to `most` ready calls. First a plain claim, then the key check under the keys' locks: what finds its key full is
 * put back, marked with the key, and stays out of sight until that has room. Answers also how many were looked at, since
 * there may be more behind those that were put back.
 */
export async function claimCalls(core: Core, most: number): Promise<{ claims: Claim[]; seen: number }> {
	if (most <= 0) return { claims: [], seen: 0 };
	return core.db.transaction(async (tx) => {
		const taken = await takeReady(tx, core, most);
		const keyed = taken.filter(({ concurrencyKeys }) => concurrencyKeys.length > 0);
		if (keyed.length === 0) return { claims: taken, seen: taken.length };
		const blocked = await blockFull(tx, core, keyed);
		return { claims: taken.filter(({ id }) => !blocked.has(id)), seen: taken.length };
	});
}

async function takeReady(tx: Tx, core: Core, most: number): Promise<Claim[]> {
	const rows = await tx.execute<Omit<Claim, "id"> & { id: string; rank: number }>(sql`
		with ready as (
			select id from job_queue
			where kind = 'call' and claim_token is null and blocked_on is null
				and run_at <= now() and order_at <= now() + make_interval(secs => ${mostPriority}::int)
				and function_id = any(${textArray(core.registry.ids)})
			order by order_at, id limit ${most} for update skip locked
		)
		update job_queue as job set
			claimed_by = ${core.worker}, claim_token = gen_random_uuid()::text,
			claimed_until = now() + make_interval(secs => ${leaseSeconds}::int)
		from ready where job.id = ready.id
		returning job.id, job.run_id as "runId", job.function_id as "functionId", job.step_id as "stepId", job.attempt,
			job.concurrency_keys as "concurrencyKeys", job.claim_token as token,
			extract(epoch from job.order_at)::float8 as rank`);
	return [...rows]
		.map(({ rank, ...job }) => ({ rank, job: { ...job, id: Number(job.id) } }))
		.toSorted((a, b) => a.rank - b.rank || a.job.id - b.job.id)
		.map(({ job }) => job);
}

/** Puts back the jobs whose keys are full, and marks those behind them that wait for the same; answers the ids put back. */
async function blockFull(tx: Tx, core: Core, keyed: Claim[]): Promise<Set<number>> {
	const keys = [...new Set(keyed.flatMap(({ concurrencyKeys }) => concurrencyKeys))];
	await lockKeys(tx, keys);
	const held = await countHolders(tx, keys, keyed);
	const blocked = new Map<number, string>();
	const freed: string[] = [];
	for (const job of keyed) {
		const spec = core.registry.find(job.functionId);
		const full = job.concurrencyKeys.find(
			(key, index) => spec && (held.get(key) ?? 0) >= concurrencyLimit(spec, index),
		);
		if (full === undefined) {
			for (const key of job.concurrencyKeys) held.set(key, (held.get(key) ?? 0) + 1);
			continue;
		}
		if (![...blocked.values()].includes(full)) await blockBehind(tx, job.functionId, full);
		await tx
			.update(jobQueue)
			.set({ blockedOn: full, claimedBy: null, claimToken: null, claimedUntil: null })
			.where(eq(jobQueue.id, job.id));
		blocked.set(job.id, full);
		// It may have been let in by its other key, whose turn then goes to the next.
		freed.push(...job.concurrencyKeys.filter((key) => key !== full));
	}
	await admitNext(tx, freed);
	return new Set(blocked.keys());
}

/** Others with that full key would only be claimed and put back, one by one, before anybody behind them had a turn. */
async function blockBehind(tx: Tx, functionId: string, key: string): Promise<void> {
	await tx.execute(sql`
		update job_queue set blocked_on = ${key} where id in (
			select id from job_queue
			where kind = 'call' and claim_token is null and blocked_on is null and run_at <= now()
				and function_id = ${functionId} and ${key} = any(concurrency_keys)
			limit 1000 for update skip locked
		)`);
}

async function countHolders(tx: Tx, keys: string[], except: Claim[]): Promise<Map<string, number>> {
	const rows = await tx.execute<{ key: string; held: number }>(sql`
		select key, count(*)::int as held from job_queue, unnest(concurrency_keys) as key
		where claim_token is not null and key = any(${textArray(keys)})
			and not claim_token = any(${textArray(except.map(({ token }) => token))})
		group by key`);
	return new Map([...rows].map(({ key, held }) => [key, held]));
}

/** Keeps the leases of these claims; answers with the tokens that are still good. */
export async function renewClaims(core: Core, tokens: string[]): Promise<Set<string>> {
	if (tokens.length === 0) return new Set();
	const rows = await core.db.orm
		.update(jobQueue)
		.set({ claimedUntil: sql`now() + make_interval(secs => ${leaseSeconds}::int)` })
		.where(inArray(jobQueue.claimToken, tokens))
		.returning({ token: jobQueue.claimToken });
	return new Set(rows.map(({ token }) => token ?? ""));
}

/** A worker that stops gives back what it could not finish, for the next one to take at once; not a failed attempt. */
export async function returnClaims(core: Core, tokens: string[]): Promise<void> {
	if (tokens.length === 0) return;
	await core.db.orm
		.update(jobQueue)
		.set({ claimedBy: null, claimToken: null, claimedUntil: null })
		.where(inArray(jobQueue.claimToken, tokens));
}

/** Takes a claimed job out of the queue. False where the claim was lost: then somebody else has the job now. */
export async function takeClaimed(tx: Tx, claim: Pick<Claim, "id" | "token">): Promise<boolean> {
	const rows = await tx
		.delete(jobQueue)
		.where(and(eq(jobQueue.id, claim.id), eq(jobQueue.claimToken, claim.token)))
		.returning({ id: jobQueue.id });
	return rows.length === 1;
}
