import type { Tx } from "@/db/connection";
import { expectTokens, holdBudget, type KeyBudget } from "@/server/budgets/service";
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
	key: KeyBudget | null = null,
	atLeast = 0,
): Promise<number> {
	const reserved = Math.max(atLeast, contextTokens + maxAnswerTokens + estimateTokens(question));
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
	return reserved;
}
