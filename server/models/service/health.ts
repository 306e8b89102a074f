import { and, asc, eq, sql } from "drizzle-orm";
import { modelCalls, modelHealth, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { type CallsOfRun, FailureReason, type Health, type ModelCalls, type ReadHealth } from "../contract";

const mean = (sum: number, count: number): number | null => (count > 0 ? Math.round(sum / count) : null);

/** How a model's calls went in the last 24 hours, whoever made them. */
export async function readHealth(ctx: ServiceContext, { modelKey }: ReadHealth): Promise<Health> {
	const rows = await ctx.db.orm
		.select()
		.from(modelHealth)
		.where(and(eq(modelHealth.modelKey, modelKey), sql`${modelHealth.bucket} > now() - interval '24 hours'`))
		.orderBy(asc(modelHealth.bucket))
		.limit(300);
	return {
		points: rows.map((row) => ({
			at: row.bucket,
			calls: row.calls,
			failures: row.failures,
			firstTokenMs: mean(row.firstTokenMs, row.begun),
			ms: mean(row.ms, row.ended),
		})),
		calls: rows.reduce((sum, { calls }) => sum + calls, 0),
		failures: rows.reduce((sum, { failures }) => sum + failures, 0),
	};
}

const mostCalls = 500;

/** What the models of one's own run took. */
export async function callsOfRun(ctx: ServiceContext, { runId }: CallsOfRun): Promise<ModelCalls> {
	const { userId } = requireUser(ctx);
	const [run] = await ctx.db.orm
		.select({ id: runs.id })
		.from(runs)
		.where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	if (!run) throw notFound("This run");
	const rows = await ctx.db.orm
		.select()
		.from(modelCalls)
		.where(eq(modelCalls.runId, runId))
		.orderBy(asc(modelCalls.createdAt), asc(modelCalls.hop))
		.limit(mostCalls);
	const costs = new Map<string | null, number>();
	for (const { costMicros, currency } of rows)
		if (costMicros !== null) costs.set(currency, (costs.get(currency) ?? 0) + costMicros);
	return {
		calls: rows.map(({ runId: _, userId: __, keyId: ___, agentId: ____, modelKey: _____, ...call }) => ({
			...call,
			reason: FailureReason.safeParse(call.reason).data ?? null,
		})),
		costs: [...costs].map(([currency, micros]) => ({ micros, currency })),
		isEstimated: rows.some(({ isEstimated }) => isEstimated),
	};
}
