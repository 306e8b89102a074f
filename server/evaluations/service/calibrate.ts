import { and, asc, eq, sql } from "drizzle-orm";
import { agents, datasets, experimentResults, experiments, experimentVariants, runs } from "@/db/schema";
import { type Calibration, leastAnswers } from "@/server/agents/contract";
import { getAgent, updateAgent } from "@/server/agents/service";
import { actorMay } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { RunResult } from "@/server/runs/contract";
import { byPeople, type CalibrateBy, type FoundCalibration } from "../contract";
import { mayReadExperiment, storedScorers } from "./hold";
import { errorOf, fitLine, heldOut, type Rated } from "./platt";

/** A judge's 4 of 5, and a person's. */
const rightScore = 0.75;
const rightRating = 4;
/** Of right and of wrong ones each, so that both are known. */
const leastOfEach = 5;

/** How the confidence of a variant's agent would be brought to what its answers were found to be. */
export async function findCalibration(ctx: ServiceContext, { variantId, by }: CalibrateBy): Promise<FoundCalibration> {
	const variant = await findVariant(ctx, variantId);
	if (by !== byPeople && !storedScorers(variant.scorers).some(({ key }) => key === by))
		throw invalidField("by", "This experiment has no scorer of that name.");
	const rated = variant.why ? [] : await ratedOf(ctx, variantId, by);
	const { agentId, agentName } = variant;
	const right = rated.filter(({ isRight }) => isRight).length;
	const of = { agentId, agentName, answers: rated.length, right };
	const isOpen = by === byPeople && !variant.isRevealed;
	const why = variant.why ?? (isOpen ? "End the rating first: until then nobody is told what others said." : null);
	if (why) return { ...of, answers: 0, right: 0, calibration: null, why };
	const found = fitted(rated, by);
	return typeof found === "string"
		? { ...of, calibration: null, why: found }
		: { ...of, calibration: found, why: null };
}

/** Sets it for the agent, as a change of the agent like any other: a new version, with its audit row, taken back by another. */
export async function calibrate(ctx: ServiceContext, input: CalibrateBy): Promise<FoundCalibration> {
	const found = await findCalibration(ctx, input);
	if (!actorMay(ctx.actor, "agents:write"))
		throw new AppError("FORBIDDEN", "It changes the agent, which needs the right agents:write.");
	const { agentId, calibration, why } = found;
	if (!calibration) throw new AppError("CONFLICT", why ?? "There is nothing to calibrate by.");
	const { answering, revision } = await getAgent(ctx, { agentId });
	await updateAgent(ctx, { agentId, basedOn: revision, answering: { ...answering, calibration } });
	return found;
}

async function findVariant(ctx: ServiceContext, variantId: string) {
	const [found] = await ctx.db.orm
		.select({
			agentId: agents.id,
			agentName: agents.name,
			model: experimentVariants.model,
			scorers: experiments.scorers,
			state: experiments.state,
			isRevealed: sql<boolean>`${experiments.revealedAt} is not null`,
		})
		.from(experimentVariants)
		.innerJoin(agents, eq(agents.id, experimentVariants.agentId))
		.innerJoin(experiments, eq(experiments.id, experimentVariants.experimentId))
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.where(and(eq(experimentVariants.id, variantId), mayReadExperiment(ctx)));
	if (!found) throw notFound("This variant");
	const why =
		found.state !== "ended"
			? "The experiment has not ended yet."
			: found.model !== null
				? "These answers are of another model than the agent's own: choose a variant with that."
				: null;
	return { ...found, why };
}

/** Its answers that say how sure they are, with whether they were found right; in the dataset's order. */
async function ratedOf(ctx: ServiceContext, variantId: string, by: string): Promise<Rated[]> {
	const rows = await ctx.db.orm
		.select({
			result: runs.result,
			scores: experimentResults.scores,
			rating: sql<
				number | null
			>`(select avg(rating)::float8 from experiment_annotations where result_id = ${experimentResults.id})`,
		})
		.from(experimentResults)
		.innerJoin(runs, eq(runs.id, experimentResults.runId))
		.where(and(eq(experimentResults.variantId, variantId), eq(experimentResults.state, "done")))
		.orderBy(asc(experimentResults.ordinal), asc(experimentResults.id));
	return rows.flatMap(({ result, scores, rating }): Rated[] => {
		const read = RunResult.safeParse(result).data;
		if (!read || read.abstained || read.degraded !== null || read.confidence.level === "none") return [];
		const confidence = read.confidence.raw ?? read.confidence.score;
		const score = scores.find(({ scorer }) => scorer === by)?.score ?? null;
		if (by === byPeople) return rating === null ? [] : [{ confidence, isRight: rating >= rightRating }];
		return score === null ? [] : [{ confidence, isRight: score >= rightScore }];
	});
}

/** What was found; or why nothing was. */
function fitted(rated: readonly Rated[], by: string): Calibration | string {
	const right = rated.filter(({ isRight }) => isRight).length;
	if (rated.length < leastAnswers)
		return `It takes ${leastAnswers} answers that were rated and say how sure they are; there are ${rated.length}.`;
	if (right < leastOfEach || rated.length - right < leastOfEach)
		return `It takes ${leastOfEach} right and ${leastOfEach} wrong answers; ${right} of ${rated.length} are right.`;
	const { slope, offset } = fitLine(rated);
	if (slope < 0.05 || slope > 100 || Math.abs(offset) > 100)
		return "The answers that were surer were not more often right: confidence can't be calibrated by these.";
	const [errorBefore, errorAfter] = [errorOf(rated), errorOf(heldOut(rated))];
	if (errorAfter >= errorBefore) return "Calibrated by these, confidence would be no nearer to how often it is right.";
	return { slope, offset, answers: rated.length, by, errorBefore, errorAfter };
}
