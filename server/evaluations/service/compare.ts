import { and, eq, inArray } from "drizzle-orm";
import { datasets, experimentResults, experiments, experimentVariants } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { CompareVariants, Comparison } from "../contract";
import { mayReadExperiment } from "./hold";
import { scoreOf } from "./read";
import { interval, meanWith, signTest } from "./statistics";

async function scoresOf(
	ctx: ServiceContext,
	variantId: string,
	{ scorer, which }: { scorer: string | undefined; which: "first" | "second" },
) {
	const [found] = await ctx.db.orm
		.select({ datasetId: experiments.datasetId, scorers: experiments.scorers })
		.from(experimentVariants)
		.innerJoin(experiments, eq(experiments.id, experimentVariants.experimentId))
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.where(and(eq(experimentVariants.id, variantId), mayReadExperiment(ctx)));
	if (!found) throw notFound(`The ${which} variant`);
	const rows = await ctx.db.orm
		.select({
			item: experimentResults.itemRowId,
			state: experimentResults.state,
			score: experimentResults.score,
			scores: experimentResults.scores,
		})
		.from(experimentResults)
		.where(and(eq(experimentResults.variantId, variantId), inArray(experimentResults.state, ["done", "failed"])));
	const scores = new Map(
		rows.flatMap((row): [string, number][] => {
			const score = scoreOf(row, scorer);
			return score === null ? [] : [[row.item, score]];
		}),
	);
	return { ...found, measuredBy: JSON.stringify(found.scorers), scores };
}

/** Less than this is no difference but how figures are kept. */
const least = 1e-6;

/** Two variants over the items that both answered: each against itself, so that hard questions weigh on both alike. */
export async function compareVariants(
	ctx: ServiceContext,
	{ firstId, secondId, scorer }: CompareVariants,
): Promise<Comparison> {
	const first = await scoresOf(ctx, firstId, { scorer, which: "first" });
	const second = await scoresOf(ctx, secondId, { scorer, which: "second" });
	if (first.datasetId !== second.datasetId)
		throw new AppError(
			"CONFLICT",
			"These were asked different datasets: only what was asked the same can be compared.",
		);
	if (first.measuredBy !== second.measuredBy)
		throw new AppError("CONFLICT", "The dataset's scorers changed between them: run the older one again.");
	const pairs = [...first.scores].flatMap(([item, score]): [number, number][] => {
		const other = second.scores.get(item);
		return other === undefined ? [] : [[score, other]];
	});
	const differences = pairs.map(([one, other]) => other - one);
	const better = differences.filter((one) => one > least).length;
	const worse = differences.filter((one) => one < -least).length;
	const p = signTest(better, worse);
	const { low, high } = pairs.length === 0 ? { low: null, high: null } : interval(differences);
	const isSignificant = p !== null && p < 0.05 && low !== null && high !== null && (low > 0 || high < 0);
	const difference =
		differences.length === 0 ? null : differences.reduce((sum, one) => sum + one, 0) / differences.length;
	return {
		count: pairs.length,
		first: meanWith(pairs.map(([one]) => one)),
		second: meanWith(pairs.map(([, other]) => other)),
		...{ difference, low, high, better, worse, same: pairs.length - better - worse, p, isSignificant },
		told: tell({ count: pairs.length, difference, low, high, p, isSignificant }),
	};
}

type Told = Pick<Comparison, "count" | "difference" | "low" | "high" | "p" | "isSignificant">;
function tell({ count, difference, low, high, p, isSignificant }: Told): string {
	if (count === 0 || difference === null) return "There is no item yet that both answered.";
	const points = (value: number | null) => `${((value ?? 0) * 100).toFixed(1)}`;
	const facts = `${points(difference)} points over ${count === 1 ? "1 item" : `${count} items`}, 95 % interval ${points(low)} to ${points(high)}${p === null ? "" : `, p = ${p < 0.001 ? "< 0.001" : p.toFixed(3)}`}`;
	if (!isSignificant) return `No difference that could not be chance: ${facts.replace("p = <", "p <")}.`;
	return `The second one is ${difference > 0 ? "better" : "worse"}: ${facts.replace("p = <", "p <")}.`;
}
