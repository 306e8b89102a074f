import { sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type BudgetNow, expectTokens, holdBudget, type KeyBudget } from "@/server/budgets/service";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { estimateTokens, maxAnswerTokens } from "@/server/models/model";

/** What rules, passages and a few earlier turns may come to, in tokens. */
const contextTokens = 4_500;
/** So many tokens of earlier turns are among those. */
const fewTurns = 1_500;
/** From here on turns may have to be summed up, which one call reads and writes. */
const manyTurns = 4_000;
const summingUp = 14_000;

/** What a thread's earlier turns may take in a window beyond a few: what is there, and never more than a model reads. */
async function tokensOfEarlier(tx: Tx, userId: string, threadId: string): Promise<number> {
	const [row] = await tx.execute<{ chars: number }>(sql`
		select coalesce(sum(length(question) + length(coalesce(answer, ''))), 0)::int as chars from (
			select question, answer from runs where thread_id = ${threadId} and user_id = ${userId} and state = 'succeeded'
			order by created_at desc limit 40) newest`);
	const tokens = Math.ceil((row?.chars ?? 0) / 4);
	const turns = Math.min(Math.max(0, tokens - fewTurns), env().QD_MODEL_CONTEXT);
	return tokens > manyTurns ? turns + summingUp : turns;
}

/** What is held back, and the budgets that may bind the run. */
export type Asked = { reserved: number } & Pick<BudgetNow, "rules">;

/**
 * Makes sure that a run may use what it needs at most, and answers with how much that is, to be written with the run. Two
 * starts of one person wait for each other here, so that what is held back and used never passes the day's limit, however
 * many start at once.
 */
export async function askBudget(
	tx: Tx,
	userId: string,
	question: string,
	key: KeyBudget | null = null,
	more: { atLeast?: number; threadId?: string | undefined } = {},
): Promise<Asked> {
	const earlier = more.threadId ? await tokensOfEarlier(tx, userId, more.threadId) : 0;
	const needed = contextTokens + maxAnswerTokens + estimateTokens(question) + earlier;
	const reserved = Math.max(more.atLeast ?? 0, needed);
	const now = await holdBudget(tx, userId, key);
	const { QD_RUNS_PER_USER: mostOpenRuns } = env();
	if (now.openRuns >= mostOpenRuns)
		throw new AppError(
			"LIMIT_REACHED",
			`At most ${mostOpenRuns} of your runs can be open at once. Wait for one to end, or stop one.`,
			{
				retryAfterSeconds: 10,
			},
		);
	expectTokens(now, reserved, key);
	return { reserved, rules: now.rules };
}
