import { sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import type { ApiKeyActor } from "@/server/core/actor";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { estimateTokens, maxAnswerTokens } from "@/server/models/model";

/** What rules, passages and earlier turns may come to, in tokens. */
const contextTokens = 4_500;

/**
 * Makes sure that a run may use what it needs at most, and answers with how much that is, to be written with the run. Two
 * starts of one person wait for each other here, so that what is held back and used never passes the day's limit, however
 * many start at once.
 */
export async function askBudget(
	tx: Tx,
	userId: string,
	question: string,
	key: Pick<ApiKeyActor, "keyId" | "tokensPerDay"> | null = null,
	atLeast = 0,
): Promise<number> {
	const reserved = Math.max(atLeast, contextTokens + maxAnswerTokens + estimateTokens(question));
	// Sent together; what is second looks only once the first holds the lock.
	const [, [now]] = await Promise.all([
		tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 1))`),
		tx.execute<{ used: string; usedByKey: string; open: number }>(sql`
			select (select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where user_id = ${userId} and created_at >= date_trunc('day', now(), 'UTC')) as used,
				(select coalesce(sum(coalesce(settled, reserved)), 0) from budget_entries
					where key_id = ${key?.keyId ?? null} and created_at >= date_trunc('day', now(), 'UTC')) as "usedByKey",
				(select count(*)::int from runs where user_id = ${userId} and state in ('queued', 'running', 'waiting')) as open`),
	]);
	const { QD_RUNS_PER_USER: mostOpenRuns } = env();
	if (now && now.open >= mostOpenRuns)
		throw new AppError(
			"LIMIT_REACHED",
			`At most ${mostOpenRuns} of your runs can be open at once. Wait for one to end, or stop one.`,
			{
				retryAfterSeconds: 10,
			},
		);
	const limit = env().QD_TOKENS_PER_USER_PER_DAY;
	if (Number(now?.used ?? 0) + reserved > limit)
		throw outOfTokens(
			`Your ${limit.toLocaleString("en")} tokens for today`,
			"who runs this installation can raise QD_TOKENS_PER_USER_PER_DAY",
		);
	const ofKey = key?.tokensPerDay;
	if (ofKey && Number(now?.usedByKey ?? 0) + reserved > ofKey)
		throw outOfTokens(
			`The ${ofKey.toLocaleString("en")} tokens of this key for today`,
			"whose key it is can make another one with more",
		);
	return reserved;
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
