import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import {
	agents,
	agentVersions,
	datasetItems,
	datasets,
	experimentResults,
	experiments,
	experimentVariants,
	prompts,
	promptVersions,
	runs,
	users,
} from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type {
	Cell,
	Experiment,
	ExperimentInFull,
	ListCells,
	ListExperiments,
	OneExperiment,
	ResultRow,
	Variant,
} from "../contract";
import { agreementOf, ratingsFor } from "./agreement";
import { mayReadExperiment, storedScorers } from "./hold";
import { meanWith, median } from "./statistics";

const cells = (where: SQL) =>
	sql<number>`(select count(*)::int from experiment_results r where r.experiment_id = ${experiments.id} and ${where})`;

const select = <More extends Record<string, SQL | typeof experiments.scorers>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({
			id: experiments.id,
			name: experiments.name,
			datasetId: experiments.datasetId,
			datasetName: datasets.name,
			datasetVersion: experiments.datasetVersion,
			state: experiments.state,
			reason: experiments.reason,
			isShared: experiments.isShared,
			isMine: sql<boolean>`${experiments.userId} = ${requireUser(ctx).userId}`,
			startedByName: users.name,
			isRevealed: sql<boolean>`${experiments.revealedAt} is not null`,
			total: experiments.total,
			done: cells(sql`r.state = 'done'`),
			failed: cells(sql`r.state = 'failed'`),
			open: cells(sql`r.state in ('queued', 'running', 'judging')`),
			createdAt: experiments.createdAt,
			endedAt: experiments.endedAt,
			...more,
		})
		.from(experiments)
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.innerJoin(users, eq(users.id, experiments.userId));

export async function listExperiments(
	ctx: ServiceContext,
	input: ListExperiments,
): Promise<{ rows: Experiment[]; next: string | null }> {
	const { datasetId, state, createdAt, id } = experiments;
	const list = listQuery(input, { filter: { datasetId, state, createdAt }, sort: { createdAt }, id });
	const rows = await select(ctx, { key: list.key })
		.where(and(mayReadExperiment(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

async function findExperiment(ctx: ServiceContext, experimentId: string) {
	const [row] = await select(ctx, { scorers: experiments.scorers }).where(
		and(eq(experiments.id, experimentId), mayReadExperiment(ctx)),
	);
	if (!row) throw notFound("This experiment");
	return row;
}

export async function getExperiment(ctx: ServiceContext, { experimentId }: OneExperiment): Promise<ExperimentInFull> {
	const { scorers: stored, ...experiment } = await findExperiment(ctx, experimentId);
	const scorers = storedScorers(stored);
	const [variants, agreement] = await Promise.all([
		variantsOf(
			ctx,
			experimentId,
			scorers.map(({ key }) => key),
		),
		agreementOf(ctx, experimentId, scorers),
	]);
	return { ...experiment, scorers, variants, agreement };
}

/** Whom it asks, each with what its answers come to. A prompt that the caller may not read has no name. */
async function variantsOf(ctx: ServiceContext, experimentId: string, scorers: readonly string[]): Promise<Variant[]> {
	const mayReadPrompt = mayReadRow(requireUser(ctx), "prompt", { id: prompts.id, ownerId: prompts.ownerId });
	const [rows, measured] = await Promise.all([
		ctx.db.orm
			.select({
				id: experimentVariants.id,
				ordinal: experimentVariants.ordinal,
				agentId: experimentVariants.agentId,
				agentName: agents.name,
				agentVersion: agentVersions.version,
				promptName: sql<string | null>`case when ${mayReadPrompt} then ${prompts.name} end`,
				promptVersion: sql<number | null>`case when ${mayReadPrompt} then ${promptVersions.version} end`,
				model: experimentVariants.model,
			})
			.from(experimentVariants)
			.innerJoin(agents, eq(agents.id, experimentVariants.agentId))
			.innerJoin(agentVersions, eq(agentVersions.id, experimentVariants.agentVersionId))
			.leftJoin(promptVersions, eq(promptVersions.id, experimentVariants.promptVersionId))
			.leftJoin(prompts, eq(prompts.id, promptVersions.promptId))
			.where(eq(experimentVariants.experimentId, experimentId))
			.orderBy(experimentVariants.ordinal),
		ctx.db.orm
			.select({
				variantId: experimentResults.variantId,
				state: experimentResults.state,
				score: experimentResults.score,
				scores: experimentResults.scores,
				latencyMs: experimentResults.latencyMs,
				costMicros: experimentResults.costMicros,
			})
			.from(experimentResults)
			.where(
				and(eq(experimentResults.experimentId, experimentId), inArray(experimentResults.state, ["done", "failed"])),
			),
	]);
	return rows.map((row) => {
		const own = measured.filter(({ variantId }) => variantId === row.id);
		const costs = own.flatMap(({ costMicros }) => costMicros ?? []);
		return {
			...row,
			agentVersion: row.agentVersion ?? 0,
			done: own.filter(({ state }) => state === "done").length,
			failed: own.filter(({ state }) => state === "failed").length,
			score: meanWith(own.flatMap((one) => scoreOf(one) ?? [])),
			scores: scorers.flatMap((scorer) => {
				const mean = meanWith(own.flatMap((one) => scoreOf(one, scorer) ?? []));
				return mean ? [{ scorer, ...mean }] : [];
			}),
			latencyMs: median(own.flatMap(({ latencyMs }) => latencyMs ?? [])),
			cost: costs.length === 0 ? null : costs.reduce((sum, one) => sum + one, 0) / costs.length / 1_000_000,
		};
	});
}

type Measured = Pick<typeof experimentResults.$inferSelect, "state" | "score" | "scores">;
/** What an answer counts, by one scorer or by all; what failed counts as 0, what a scorer does not apply to not at all. */
export function scoreOf({ state, score, scores }: Measured, scorer?: string): number | null {
	if (state === "failed") return 0;
	return scorer === undefined ? score : (scores.find((one) => one.scorer === scorer)?.score ?? null);
}

/** Item by item, the answers side by side. */
export async function listCells(
	ctx: ServiceContext,
	input: ListCells,
): Promise<{ rows: ResultRow[]; next: string | null }> {
	const { experimentId } = input;
	const experiment = await findExperiment(ctx, experimentId);
	const has = (what: SQL) =>
		sql<boolean>`exists (select 1 from experiment_results r where r.experiment_id = ${experimentId} and r.item_row_id = ${datasetItems.id} and ${what})`;
	const list = listQuery(input, {
		filter: {
			isFailed: has(sql`r.state = 'failed'`),
			isLow: has(sql`coalesce(r.score, 0) < 0.5 and r.state in ('done', 'failed')`),
		},
		sort: { ordinal: datasetItems.ordinal },
		id: datasetItems.id,
	});
	const rows = await ctx.db.orm
		.select({
			id: datasetItems.id,
			ordinal: datasetItems.ordinal,
			input: datasetItems.input,
			expected: datasetItems.expected,
			tags: datasetItems.tags,
			key: list.key,
		})
		.from(datasetItems)
		.where(and(eq(datasetItems.datasetId, experiment.datasetId), has(sql`true`), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	const answers = await cellsOf(
		ctx,
		experiment,
		page.rows.map(({ id }) => id),
	);
	return {
		rows: page.rows.map((row) => ({
			...row,
			cells: answers.flatMap(({ itemRowId, ...cell }) => (itemRowId === row.id ? [cell] : [])),
		})),
		next: page.next,
	};
}

async function cellsOf(
	ctx: ServiceContext,
	{ id: experimentId, isMine, isRevealed }: { id: string; isMine: boolean; isRevealed: boolean },
	itemRowIds: readonly string[],
): Promise<(Cell & { itemRowId: string })[]> {
	if (itemRowIds.length === 0) return [];
	const rows = await ctx.db.orm
		.select({
			id: experimentResults.id,
			itemRowId: experimentResults.itemRowId,
			variantId: experimentResults.variantId,
			state: experimentResults.state,
			reason: experimentResults.reason,
			runId: experimentResults.runId,
			answer: runs.answer,
			score: experimentResults.score,
			scores: experimentResults.scores,
			latencyMs: experimentResults.latencyMs,
			costMicros: experimentResults.costMicros,
		})
		.from(experimentResults)
		.innerJoin(experimentVariants, eq(experimentVariants.id, experimentResults.variantId))
		.leftJoin(runs, eq(runs.id, experimentResults.runId))
		.where(and(eq(experimentResults.experimentId, experimentId), inArray(experimentResults.itemRowId, [...itemRowIds])))
		.orderBy(experimentVariants.ordinal);
	const ratings = await ratingsFor(
		ctx,
		rows.map(({ id }) => id),
		isRevealed,
	);
	return rows.map(({ costMicros, ...row }) => ({
		...row,
		runId: isMine ? row.runId : null,
		cost: costMicros === null ? null : costMicros / 1_000_000,
		ratings: ratings.get(row.id) ?? [],
	}));
}
