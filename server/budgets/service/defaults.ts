import { randomUUID } from "node:crypto";
import { and, eq, isNull, lt, notExists, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import { apiKeys, budgetEntries, runs } from "@/db/schema";
import type { Actor, ApiKeyActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { BudgetRule } from "../contract";
import { amountText, limitReached } from "./refusal";

export type KeyBudget = Pick<ApiKeyActor, "keyId" | "tokensPerDay">;
/** Tokens that are used or held back today, runs that are open, and the budgets that may bind a run of theirs. */
export type BudgetNow = {
	used: number;
	usedByKey: number;
	openRuns: number;
	/** A budget stands in place of the installation's own tokens of a day. */
	isReplaced: boolean;
	rules: readonly BudgetRule[];
};

/** Whether a budget stands in place of what each person has by default: their own, or everybody's, each. */
const isReplaced = (userId: string) => sql`exists (select from budgets where measure = 'tokens' and span = 'day'
	and ((subject_kind = 'user' and subject = ${userId}) or (subject_kind = 'everybody' and is_each)))`;

/** What a person has used, held until the transaction ends: two of their calls wait for each other here, so that together they never pass the day's limit. */
export async function holdBudget(tx: Tx, userId: string, key: KeyBudget | null): Promise<BudgetNow> {
	const keyId = key?.keyId ?? null;
	// Sent together; what is second looks only once the first holds the lock.
	const [, [now]] = await Promise.all([
		tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 1))`),
		tx.execute<{ used: string; usedByKey: string; openRuns: number; isReplaced: boolean; rules: BudgetRule[] }>(sql`
			select (select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where user_id = ${userId} and created_at >= date_trunc('day', now(), 'UTC')) as used,
				(select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where key_id = ${keyId} and created_at >= date_trunc('day', now(), 'UTC')) as "usedByKey",
				(select count(*)::int from runs
					where user_id = ${userId} and state in ('queued', 'running', 'waiting')) as "openRuns",
				${isReplaced(userId)} as "isReplaced",
				coalesce((select json_agg(b) from (select id, subject_kind as "subjectKind", subject, is_each as "isEach", span,
						measure, currency, most from budgets where measure <> 'storage' and subject_kind <> 'model'
						and (subject_kind <> 'user' or subject = ${userId}) and (subject_kind <> 'key' or subject = ${keyId}::text)) b),
					'[]') as rules`),
	]);
	if (!now) throw new Error("the budget could not be looked up");
	return { ...now, used: Number(now.used), usedByKey: Number(now.usedByKey) };
}

/** Throws where so many more would pass the day's limit of the person or of their key. */
export function expectTokens(
	now: Pick<BudgetNow, "used" | "usedByKey" | "isReplaced">,
	reserved: number,
	key: KeyBudget | null,
): void {
	const limit = env().QD_TOKENS_PER_USER_PER_DAY;
	if (!now.isReplaced && now.used + reserved > limit)
		throw limitReached(`Your ${amountText("tokens", limit, "")} for today`, "day");
	const ofKey = key?.tokensPerDay;
	if (ofKey && now.usedByKey + reserved > ofKey)
		throw limitReached(
			`The ${amountText("tokens", ofKey, "")} of this key for today`,
			"day",
			"whose key it is can make another one with more",
		);
}

/** A run that wants to take more than was held back for it, as a model failed and another is to be asked. */
export type MoreAsked = { runId: string; userId: string; keyId: string | null; tokens: number };

/** Holds back so many in all for a run. Throws LIMIT_REACHED where that would pass the day's limit; whatever the database throws where that can't be known. */
export async function expectMore(db: Database, { runId, userId, keyId, tokens }: MoreAsked): Promise<void> {
	await db.transaction(async (tx) => {
		const key = keyId === null ? null : { keyId, tokensPerDay: await tokensOfKey(tx, keyId) };
		const now = await holdBudget(tx, userId, key);
		const [entry] = await tx
			.select({ reserved: budgetEntries.reserved })
			.from(budgetEntries)
			.where(and(eq(budgetEntries.runId, runId), isNull(budgetEntries.settled)));
		// What is held back already is among what is used.
		const more = tokens - (entry?.reserved ?? 0);
		if (more <= 0) return;
		expectTokens(now, more, key);
		await tx.update(budgetEntries).set({ reserved: tokens }).where(eq(budgetEntries.runId, runId));
	});
}

async function tokensOfKey(tx: Tx, keyId: string): Promise<number | null> {
	const [key] = await tx.select({ tokensPerDay: apiKeys.tokensPerDay }).from(apiKeys).where(eq(apiKeys.id, keyId));
	return key?.tokensPerDay ?? null;
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
