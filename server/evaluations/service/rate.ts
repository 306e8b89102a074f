import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import {
	datasetItems,
	datasets,
	experimentAnnotations,
	experimentResults,
	experiments,
	runs,
	users,
} from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { RunResult } from "@/server/runs/contract";
import { hideSources } from "@/server/runs/service";
import type { AskNext, ListToRate, NextAnswer, RateAnswer, ToRate } from "../contract";
import { mayReadExperiment } from "./hold";

const answers = sql<number>`(select count(*)::int from experiment_results r where r.experiment_id = ${experiments.id} and r.state = 'done')`;
const ratedBy = (userId: string) =>
	sql<number>`(select count(*)::int from experiment_annotations a join experiment_results r on r.id = a.result_id
		where r.experiment_id = ${experiments.id} and r.state = 'done' and a.user_id = ${userId})`;

/** Experiments whose answers the caller may rate: their own, and those that are shared. */
export async function listToRate(
	ctx: ServiceContext,
	input: ListToRate,
): Promise<{ rows: ToRate[]; next: string | null }> {
	const { createdAt, id } = experiments;
	const list = listQuery(input, { filter: { createdAt }, sort: { createdAt }, id });
	const rows = await ctx.db.orm
		.select({
			...{ id, name: experiments.name, datasetName: datasets.name, startedByName: users.name },
			...{ answers, rated: ratedBy(requireUser(ctx).userId), createdAt, key: list.key },
		})
		.from(experiments)
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.innerJoin(users, eq(users.id, experiments.userId))
		.where(and(mayReadExperiment(ctx), isNull(experiments.revealedAt), sql`${answers} > 0`, list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

async function findOpen(ctx: ServiceContext, db: Pick<ServiceContext["db"]["orm"], "select">, experimentId: string) {
	const [found] = await db
		.select({
			id: experiments.id,
			revealedAt: experiments.revealedAt,
			answers,
			rated: ratedBy(requireUser(ctx).userId),
		})
		.from(experiments)
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.where(and(eq(experiments.id, experimentId), mayReadExperiment(ctx)));
	if (!found) throw notFound("This experiment");
	return found;
}

/** The next answer that the caller has not rated. Neither who answered is told nor what anybody else says, a judge among them. */
export async function nextAnswer(ctx: ServiceContext, { experimentId }: AskNext): Promise<NextAnswer> {
	const { userId } = requireUser(ctx);
	const experiment = await findOpen(ctx, ctx.db.orm, experimentId);
	const [next] = await ctx.db.orm
		.select({
			resultId: experimentResults.id,
			question: datasetItems.input,
			expected: datasetItems.expected,
			notes: datasetItems.notes,
			answer: runs.answer,
			result: runs.result,
		})
		.from(experimentResults)
		.innerJoin(datasetItems, eq(datasetItems.id, experimentResults.itemRowId))
		.innerJoin(runs, eq(runs.id, experimentResults.runId))
		.where(
			and(
				eq(experimentResults.experimentId, experimentId),
				eq(experimentResults.state, "done"),
				isUnrated(userId),
				sql`${experiment.revealedAt === null}`,
			),
		)
		// The variants of one item in an order of each person's own, so that nobody learns which place is which.
		.orderBy(experimentResults.ordinal, sql`md5(${experimentResults.id}::text || ${userId})`)
		.limit(1);
	const { rated, answers: count } = experiment;
	if (!next)
		return {
			...{ resultId: null, question: "", expected: "", notes: "", answer: "", citations: [] },
			rated,
			answers: count,
		};
	const result = RunResult.safeParse(next.result).data;
	const [citations = []] = await hideSources(ctx, [result?.citations ?? []]);
	const { resultId, question, expected, notes, answer } = next;
	return { resultId, question, expected, notes, answer: answer ?? "", citations, rated, answers: count };
}

const isUnrated = (userId: string): SQL =>
	sql`not exists (select 1 from experiment_annotations a where a.result_id = ${experimentResults.id} and a.user_id = ${userId})`;

/** One of each person's and answer: said again, it is what they think now. Answers with what comes next. */
export async function rateAnswer(ctx: ServiceContext, input: RateAnswer): Promise<NextAnswer> {
	const { experimentId, resultId, rating, comment } = input;
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const experiment = await findOpen(ctx, tx, experimentId);
		if (experiment.revealedAt !== null) throw new AppError("CONFLICT", "Rating has ended: all see what was said.");
		const [result] = await tx
			.select({ state: experimentResults.state })
			.from(experimentResults)
			.where(and(eq(experimentResults.id, resultId), eq(experimentResults.experimentId, experimentId)))
			.for("key share");
		if (!result) throw notFound("This result");
		if (result.state !== "done") throw new AppError("CONFLICT", "There is no answer yet that could be rated.");
		await tx
			.insert(experimentAnnotations)
			.values({ resultId, userId, rating, comment })
			.onConflictDoUpdate({
				target: [experimentAnnotations.resultId, experimentAnnotations.userId],
				set: { rating, comment, updatedAt: sql`now()` },
			});
		// Not how: whoever reads the audit may have to rate the same answer.
		await audit(ctx, tx, {
			...{ action: "experiment.rate", resource: "experiment", resourceId: experimentId },
			detail: { resultId },
		});
	});
	return nextAnswer(ctx, { experimentId });
}
