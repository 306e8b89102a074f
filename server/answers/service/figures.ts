import { and, eq, gt, sql } from "drizzle-orm";
import { cachedAnswers, runs } from "@/db/schema";
import { expectManagedAgent } from "@/server/agents/service";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import type { AnswerFigures, ClearedAnswers, OneAgentsAnswers } from "../contract";

const cached = sql`${runs.result} -> 'cached'`;

/** What an agent gives again, for whoever manages it: figures of all runs, whoever they were of. */
export async function answerFigures(ctx: ServiceContext, { agentId }: OneAgentsAnswers): Promise<AnswerFigures> {
	await expectManagedAgent(ctx, agentId);
	const { orm } = ctx.db;
	const [kept, [given]] = await Promise.all([
		orm.$count(cachedAnswers, and(eq(cachedAnswers.agentId, agentId), gt(cachedAnswers.expiresAt, sql`now()`))),
		orm
			.select({
				hits: sql<number>`count(*)::int`,
				similarHits: sql<number>`(count(*) filter (where (${cached} ->> 'isSimilar')::boolean))::int`,
				savedTokens: sql<number>`coalesce(sum((${cached} ->> 'savedTokens')::bigint), 0)::float8`,
			})
			.from(runs)
			.where(
				and(
					eq(runs.agentId, agentId),
					gt(runs.createdAt, sql`now() - interval '30 days'`),
					sql`${runs.result} ? 'cached'`,
				),
			),
	]);
	return { kept, ...(given ?? { hits: 0, similarHits: 0, savedTokens: 0 }) };
}

/** Forgets what would be given again: the next time each question is answered anew. */
export async function clearAnswers(ctx: ServiceContext, { agentId }: OneAgentsAnswers): Promise<ClearedAnswers> {
	await expectManagedAgent(ctx, agentId);
	return ctx.db.transaction(async (tx) => {
		const rows = await tx
			.delete(cachedAnswers)
			.where(eq(cachedAnswers.agentId, agentId))
			.returning({ id: cachedAnswers.id });
		await audit(ctx, tx, {
			...{ action: "answers.clear", resource: "agent", resourceId: agentId },
			detail: { removed: rows.length },
		});
		return { removed: rows.length };
	});
}
