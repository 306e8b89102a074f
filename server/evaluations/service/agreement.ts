import { eq, inArray } from "drizzle-orm";
import { experimentAnnotations, experimentResults, experiments, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { Agreement, Cell, Scorers } from "../contract";
import { kappa } from "./statistics";

/** 4 and 5. */
const isGood = (rating: number): boolean => rating >= 4;
/** A judge's 4 of 5, brought to 0 to 1. */
const goodScore = 0.75;

/**
 * How far people agree, and judges with them: of those answers alone that the caller has rated, until rating has ended. Who has yet
 * to say something learns nothing of what others said.
 */
export async function agreementOf(ctx: ServiceContext, experimentId: string, scorers: Scorers): Promise<Agreement> {
	const { userId } = requireUser(ctx);
	const rows = await ctx.db.orm
		.select({
			resultId: experimentResults.id,
			userId: experimentAnnotations.userId,
			rating: experimentAnnotations.rating,
			scores: experimentResults.scores,
			revealedAt: experiments.revealedAt,
		})
		.from(experimentAnnotations)
		.innerJoin(experimentResults, eq(experimentResults.id, experimentAnnotations.resultId))
		.innerJoin(experiments, eq(experiments.id, experimentResults.experimentId))
		.where(eq(experimentResults.experimentId, experimentId));
	const mine = new Set(rows.filter((row) => row.userId === userId).map(({ resultId }) => resultId));
	const seen = rows.filter(({ resultId, revealedAt }) => revealedAt !== null || mine.has(resultId));
	const byResult = Map.groupBy(seen, ({ resultId }) => resultId);
	const pairs = [...byResult.values()].flatMap((given) =>
		given.flatMap((one, at) =>
			given
				.slice(at + 1)
				.map((other): [boolean, boolean] =>
					one.userId < other.userId
						? [isGood(one.rating), isGood(other.rating)]
						: [isGood(other.rating), isGood(one.rating)],
				),
		),
	);
	const judges = scorers.flatMap(({ kind, key }) => {
		if (kind !== "judge") return [];
		const judged = seen.flatMap(({ rating, scores }): [boolean, boolean][] => {
			const score = scores.find((one) => one.scorer === key)?.score ?? null;
			return score === null ? [] : [[score >= goodScore, isGood(rating)]];
		});
		return [{ scorer: key, kappa: kappa(judged), count: judged.length }];
	});
	return {
		people: new Set(seen.map((row) => row.userId)).size,
		rated: byResult.size,
		mean: seen.length === 0 ? null : seen.reduce((sum, { rating }) => sum + rating, 0) / seen.length,
		kappa: kappa(pairs),
		judges,
	};
}

/** What was said of answers, where the caller has said something of the same one, or rating has ended. */
export async function ratingsFor(
	ctx: ServiceContext,
	resultIds: readonly string[],
	isRevealed: boolean,
): Promise<Map<string, Cell["ratings"]>> {
	if (resultIds.length === 0) return new Map();
	const { userId } = requireUser(ctx);
	const rows = await ctx.db.orm
		.select({
			resultId: experimentAnnotations.resultId,
			userId: experimentAnnotations.userId,
			byName: users.name,
			rating: experimentAnnotations.rating,
			comment: experimentAnnotations.comment,
		})
		.from(experimentAnnotations)
		.innerJoin(users, eq(users.id, experimentAnnotations.userId))
		.where(inArray(experimentAnnotations.resultId, [...resultIds]))
		.orderBy(experimentAnnotations.createdAt);
	const byResult = Map.groupBy(rows, ({ resultId }) => resultId);
	return new Map(
		[...byResult].map(([resultId, given]) => [
			resultId,
			isRevealed || given.some((one) => one.userId === userId)
				? given.map(({ byName, rating, comment }) => ({ byName, rating, comment }))
				: [],
		]),
	);
}
