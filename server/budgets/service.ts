import { randomUUID } from "node:crypto";
import { and, eq, isNull, lt, notExists, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { budgetEntries, runs } from "@/db/schema";
import type { Actor, ApiKeyActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";

export type KeyBudget = Pick<ApiKeyActor, "keyId" | "tokensPerDay">;
/** Tokens that are used or held back today, and runs that are open. */
export type BudgetNow = { used: number; usedByKey: number; openRuns: number };

/** What a person has used, held until the transaction ends: two of their calls wait for each other here, so that together they never pass the day's limit. */
export async function holdBudget(tx: Tx, userId: string, key: KeyBudget | null): Promise<BudgetNow> {
	// Sent together; what is second looks only once the first holds the lock.
	const [, [now]] = await Promise.all([
		tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 1))`),
		tx.execute<{ used: string; usedByKey: string; openRuns: number }>(sql`
			select (select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where user_id = ${userId} and created_at >= date_trunc('day', now(), 'UTC')) as used,
				(select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where key_id = ${key?.keyId ?? null} and created_at >= date_trunc('day', now(), 'UTC')) as "usedByKey",
				(select count(*)::int from runs
					where user_id = ${userId} and state in ('queued', 'running', 'waiting')) as "openRuns"`),
	]);
	return { used: Number(now?.used ?? 0), usedByKey: Number(now?.usedByKey ?? 0), openRuns: now?.openRuns ?? 0 };
}

/** Throws where so many more would pass the day's limit of the person or of their key. */
export function expectTokens(now: BudgetNow, reserved: number, key: KeyBudget | null): void {
	const limit = env().QD_TOKENS_PER_USER_PER_DAY;
	if (now.used + reserved > limit)
		throw outOfTokens(
			`Your ${limit.toLocaleString("en")} tokens for today`,
			"who runs this installation can raise QD_TOKENS_PER_USER_PER_DAY",
		);
	const ofKey = key?.tokensPerDay;
	if (ofKey && now.usedByKey + reserved > ofKey)
		throw outOfTokens(
			`The ${ofKey.toLocaleString("en")} tokens of this key for today`,
			"whose key it is can make another one with more",
		);
}

/** A run that wants to take more than was held back for it, as a model failed and another is to be asked. */
export type MoreAsked = { runId: string; userId: string; keyId: string | null; tokens: number };

/** Throws LIMIT_REACHED where a run that takes so many in all would pass the day's limit; whatever the database throws where that can't be known. */
export async function expectMore(db: Reader, { runId, userId, keyId, tokens }: MoreAsked): Promise<void> {
	const [now] = await db.execute<{ used: string; usedByKey: string; own: number; ofKey: number | null }>(sql`
		select (select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
				where user_id = ${userId} and run_id <> ${runId} and created_at >= date_trunc('day', now(), 'UTC')) as used,
			(select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
				where key_id = ${keyId} and run_id <> ${runId} and created_at >= date_trunc('day', now(), 'UTC')) as "usedByKey",
			coalesce((select reserved from budget_entries where run_id = ${runId}), 0) as own,
			(select tokens_per_day from api_keys where id = ${keyId}) as "ofKey"`);
	if (!now) throw new Error("the budget could not be looked up");
	const used = { used: Number(now.used), usedByKey: Number(now.usedByKey), openRuns: 0 };
	const key = keyId === null ? null : { keyId, tokensPerDay: now.ofKey };
	expectTokens(used, Math.max(now.own, tokens), key);
}

/** Holds back what one call of a model outside of a run may take; answers what it is settled by. Throws LIMIT_REACHED. */
export async function reserveTokens(ctx: ServiceContext, tokens: number): Promise<string> {
	const { userId } = requireUser(ctx);
	const key = keyOf(ctx.actor);
	const id = randomUUID();
	await ctx.db.transaction(async (tx) => {
		expectTokens(await holdBudget(tx, userId, key), tokens, key);
		await tx.insert(budgetEntries).values({ runId: id, userId, keyId: key?.keyId ?? null, reserved: tokens });
	});
	return id;
}

/** What it took in place of what was held back. */
export async function settleTokens({ db }: ServiceContext, id: string, tokens: number): Promise<void> {
	await db.orm.update(budgetEntries).set({ settled: tokens }).where(eq(budgetEntries.runId, id));
}

/** Of calls whose process was killed nobody knows what they took: they count with all that was held back. */
export async function settleForgotten({ db }: ServiceContext): Promise<void> {
	await db.orm
		.update(budgetEntries)
		.set({ settled: budgetEntries.reserved })
		.where(
			and(
				isNull(budgetEntries.settled),
				lt(budgetEntries.createdAt, sql`now() - interval '1 hour'`),
				notExists(db.orm.select({ id: runs.id }).from(runs).where(eq(runs.id, budgetEntries.runId))),
			),
		);
}

/** The key at the root of the chain, where one is. */
function keyOf(actor: Actor): KeyBudget | null {
	switch (actor.kind) {
		case "apiKey":
			return actor;
		case "agent":
			return keyOf(actor.onBehalfOf);
		case "job":
			return actor.onBehalfOf && keyOf(actor.onBehalfOf);
		case "user":
		case "anonymous":
			return null;
	}
}

function outOfTokens(what: string, whoHelps: string): AppError {
	const now = new Date();
	const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
	const seconds = Math.ceil((midnight - now.getTime()) / 1000);
	const hours = Math.max(1, Math.round(seconds / 3600));
	return new AppError(
		"LIMIT_REACHED",
		`${what} are used or held back by open runs. They come back at 00:00 UTC, in about ${hours} h; ${whoHelps}.`,
		{ retryAfterSeconds: seconds },
	);
}
