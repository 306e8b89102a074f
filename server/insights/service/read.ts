import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { cacheOf } from "@/server/core/cache";
import { requireUser, type ServiceContext } from "@/server/core/context";
import {
	type InsightFigures,
	type InsightRow,
	type Insights,
	mostRows,
	type ReadInsights,
	type ReadOwnInsights,
	spans,
} from "../contract";
import { allCalls, callsByPoint, callsBySubject, noCalls } from "./calls";
import { namesOf, narrowedTo, ownNarrowedTo } from "./names";
import { noRuns, noVerdicts, tallyRuns, tallyVerdicts } from "./runs";
import { byPoint, bySubject, momentsOf, type Scope } from "./scope";

/** Long spans are costly, and a point of theirs is a day. */
const remembered = cacheOf<Insights>({ name: "insights", seconds: 30, most: 200 });

/** What the models took for one's own questions. */
export async function ownInsights(ctx: ServiceContext, input: ReadOwnInsights): Promise<Insights> {
	const { userId } = requireUser(ctx);
	return remembered({ rights: { userId }, version: null, asked: input }, async () => {
		const insights = await insightsOf(ctx, { ...input, userId });
		return { ...insights, only: await ownNarrowedTo(ctx.db.orm, input, insights.total) };
	});
}

/** What they took for everybody, or for whom it is narrowed to. */
export async function everybodysInsights(ctx: ServiceContext, input: ReadInsights): Promise<Insights> {
	return remembered({ rights: "everybody", version: null, asked: input }, async () => {
		const only = await narrowedTo(ctx.db.orm, input);
		return { ...(await insightsOf(ctx, input)), only };
	});
}

const toScope = (input: ReadInsights): Scope => ({ ...input, moments: momentsOf(input.span, new Date()) });

async function insightsOf(ctx: ServiceContext, input: ReadInsights): Promise<Omit<Insights, "only">> {
	const scope = toScope(input);
	const [total, points, breakdown] = await Promise.all([
		wide(ctx, (tx) => allCalls(tx, scope)),
		pointsOf(ctx, scope),
		rowsOf(ctx, scope),
	]);
	const runs = scope.modelKey
		? null
		: sumOf(
				points.map((one) => one.runs ?? noRuns()),
				noRuns,
			);
	const verdicts = scope.modelKey
		? null
		: sumOf(
				points.map((one) => one.verdicts ?? noVerdicts()),
				noVerdicts,
			);
	const [startedAt = new Date()] = scope.moments;
	return { startedAt, unit: spans[scope.span].unit, total: { calls: total, runs, verdicts }, points, breakdown };
}

/** Percentiles sort what they are of: of a million calls that takes memory, and on a busy machine more time than a click has. */
const wide = <Value>({ db }: ServiceContext, work: (tx: Reader) => Promise<Value>): Promise<Value> =>
	db.transaction(async (tx) => {
		await tx.execute(sql`set local work_mem = '64MB'`);
		await tx.execute(sql`set local statement_timeout = '20s'`);
		return work(tx);
	});

const sumOf = <Counts extends Record<string, number>>(all: readonly Counts[], empty: () => Counts): Counts => {
	const sum: Record<string, number> = empty();
	for (const one of all) for (const [name, value] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + value;
	// It has the keys that the empty one has, and no others.
	return sum as Counts;
};

async function pointsOf(ctx: ServiceContext, scope: Scope): Promise<(InsightFigures & { at: Date })[]> {
	const db = ctx.db.orm;
	const figures = together(
		scope,
		await Promise.all([
			wide(ctx, (tx) => callsByPoint(tx, scope)),
			tallyRuns(db, scope, byPoint(scope)),
			tallyVerdicts(db, scope, byPoint(scope)),
		]),
	);
	return scope.moments.map((at, n) => ({ at, ...figures(String(n)) }));
}

type Tallies = [
	Map<string, InsightFigures["calls"]>,
	Map<string, NonNullable<InsightFigures["runs"]>>,
	Map<string, NonNullable<InsightFigures["verdicts"]>>,
];
const together =
	({ modelKey }: Scope, [calls, runs, verdicts]: Tallies) =>
	(key: string): InsightFigures => ({
		calls: calls.get(key) ?? noCalls(),
		runs: modelKey ? null : (runs.get(key) ?? noRuns()),
		verdicts: modelKey ? null : (verdicts.get(key) ?? noVerdicts()),
	});

async function rowsOf(ctx: ServiceContext, scope: Scope): Promise<InsightRow[]> {
	const db = ctx.db.orm;
	const [calls, runs, verdicts] = await Promise.all([
		wide(ctx, (tx) => callsBySubject(tx, scope)),
		scope.by === "model" ? new Map() : tallyRuns(db, scope, bySubject[scope.by]),
		scope.by === "model" ? new Map() : tallyVerdicts(db, scope, bySubject[scope.by]),
	]);
	const figures = together(scope, [calls, runs, verdicts]);
	const all = [...new Set([...calls.keys(), ...runs.keys()])].map((subject) => ({ subject, ...figures(subject) }));
	const first = all.toSorted((one, other) => weightOf(other) - weightOf(one)).slice(0, mostRows);
	const name = await namesOf(
		db,
		scope.by,
		first.map(({ subject }) => subject),
	);
	return first.map((row) => ({
		...row,
		name: name(row.subject),
		// A question may ask several models: none of them has it to itself.
		...(scope.by === "model" ? { runs: null, verdicts: null } : {}),
	}));
}

const weightOf = ({ calls, runs }: InsightFigures): number =>
	calls.inputTokens + calls.outputTokens + (runs?.runs ?? 0) / 1_000;
