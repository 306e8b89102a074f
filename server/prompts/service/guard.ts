import { eq, isNull } from "drizzle-orm";
import { promptLabels, promptSplits, type SplitGuard } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Arm } from "../contract";
import { rollBackSplit } from "./change-label";
import { armsOf } from "./scores";

/** Why the second version is taken back; null while it holds. */
export function whyBack(second: Arm, guard: SplitGuard): string | null {
	const { runs, up, down, costPerRun, currency, score, scored } = second;
	const { leastScore = null, leastScored = 20 } = guard;
	const said = up + down;
	if (guard.mostNegative !== null && said >= guard.leastFeedback && down / said > guard.mostNegative)
		return `${down} of ${said} people found its answers of no use; at most ${percentOf(guard.mostNegative)} may.`;
	if (guard.mostCost !== null && runs >= guard.leastRuns && costPerRun !== null && costPerRun > guard.mostCost)
		return `An answer costs ${costPerRun.toPrecision(3)}${currency ? ` ${currency}` : ""} on average over ${runs} runs; at most ${guard.mostCost} is allowed.`;
	if (leastScore !== null && score !== null && scored >= leastScored && score < leastScore)
		return `${scored} of its answers are scored ${percentOf(score)} on average; at least ${percentOf(leastScore)} is asked for.`;
	return null;
}
const percentOf = (share: number): string => `${Math.round(share * 100)} %`;

/** Takes back each split whose second version does worse than its guard allows; answers how many. */
export async function guardSplits(ctx: ServiceContext): Promise<number> {
	const open = await ctx.db.orm
		.select({
			id: promptSplits.id,
			guard: promptSplits.guard,
			firstVersionId: promptSplits.firstVersionId,
			secondVersionId: promptSplits.secondVersionId,
			promptId: promptLabels.promptId,
			label: promptLabels.name,
		})
		.from(promptSplits)
		.innerJoin(promptLabels, eq(promptLabels.id, promptSplits.labelId))
		.where(isNull(promptSplits.endedAt));
	let count = 0;
	for (const { guard, promptId, label, ...split } of open) {
		if (guard.mostNegative === null && guard.mostCost === null && (guard.leastScore ?? null) === null) continue;
		const why = whyBack((await armsOf(ctx.db.orm, split)).second, guard);
		if (why && (await rollBackSplit(ctx, { promptId, label, splitId: split.id, why }))) count += 1;
	}
	return count;
}
