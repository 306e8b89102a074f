import { and, asc, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import { agents, onlineScorings, runScores, runs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadRow } from "@/server/core/grants";
import { RunResult } from "@/server/runs/contract";
import type { AgentScoring, OnlineScoring, SetScoring } from "../contract";
import { passagesOf } from "./advance";
import { storedScorers } from "./hold";
import { measure } from "./measures";

const row = { id: agents.id, ownerId: agents.createdBy };

/** What is scored of an agent's real runs, and what came of it, for those who manage it. Whose runs they were is not told. */
export async function getScoring(ctx: ServiceContext, { agentId }: AgentScoring): Promise<OnlineScoring> {
	const user = requireUser(ctx);
	const [found] = await ctx.db.orm
		.select({ percent: onlineScorings.percent, scorers: onlineScorings.scorers, revision: onlineScorings.revision })
		.from(agents)
		.leftJoin(onlineScorings, eq(onlineScorings.agentId, agents.id))
		.where(and(eq(agents.id, agentId), mayReadRow(user, "agent", row), mayManageRow(user, "agent", row)));
	if (!found) throw notFound("This agent");
	const days = await ctx.db.orm.execute<OnlineScoring["days"][number]>(sql`
		select to_char(r.ended_at at time zone 'UTC', 'YYYY-MM-DD') as day, s.scorer, avg(s.score)::float8 as mean, count(*)::int as count
		from runs r join run_scores s on s.run_id = r.id
		where r.agent_id = ${agentId} and r.ended_at > now() - interval '30 days' group by 1, 2 order by 1 desc, 2 limit 400`);
	return {
		agentId,
		percent: found.percent ?? 0,
		scorers: storedScorers(found.scorers ?? []),
		revision: found.revision ?? 0,
		days: [...days],
	};
}

export async function setScoring(ctx: ServiceContext, input: SetScoring): Promise<OnlineScoring> {
	const { agentId, basedOn, percent, scorers } = input;
	const user = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [agent] = await tx
			.select({ mayManage: mayManageRow(user, "agent", row) })
			.from(agents)
			.where(and(eq(agents.id, agentId), mayReadRow(user, "agent", row)))
			.for("update");
		if (!agent) throw notFound("This agent");
		if (!agent.mayManage)
			throw new AppError("FORBIDDEN", "You may ask this agent, but not change it. Ask its owner to do it.");
		const [before] = await tx.select().from(onlineScorings).where(eq(onlineScorings.agentId, agentId));
		expectUnchanged("the scoring of this agent", basedOn, before?.revision ?? 0);
		const set = { percent, scorers, setBy: user.userId };
		await tx
			.insert(onlineScorings)
			.values({ agentId, ...set })
			.onConflictDoUpdate({
				target: onlineScorings.agentId,
				// What ended before was not asked for.
				set: { ...set, revision: basedOn + 1, lookedUntil: sql`now()`, updatedAt: sql`now()` },
			});
		const told = (of: { percent: number; scorers: readonly unknown[] } | undefined) => ({
			percent: of?.percent ?? 0,
			scorers: storedScorers(of?.scorers ?? []).map(({ key }) => key),
		});
		await audit(ctx, tx, {
			...{ action: "agent.set-scoring", resource: "agent", resourceId: agentId },
			before: told(before),
			after: told(input),
		});
	});
	return getScoring(ctx, { agentId });
}

/** So many runs of an agent are looked at in one go. */
const atOnce = 500;

/** Scores a sample of the runs that have ended since the last look, of each agent that asks for it. Answers how many. */
export async function scoreEnded(ctx: ServiceContext): Promise<number> {
	const rules = await ctx.db.orm.select().from(onlineScorings).where(gt(onlineScorings.percent, 0));
	let scored = 0;
	for (const rule of rules) {
		if (ctx.signal?.aborted) break;
		const scorers = storedScorers(rule.scorers);
		// What ended a moment ago may not be there yet for all to see: transactions end in no order.
		const ended = await ctx.db.orm
			.select({
				id: runs.id,
				state: runs.state,
				answer: runs.answer,
				result: runs.result,
				endedAt: sql<string>`${runs.endedAt}::text`,
				latencyMs: sql<number | null>`(extract(epoch from ${runs.endedAt} - ${runs.startedAt}) * 1000)::int`,
				isChosen: sql<boolean>`(hashtextextended(${runs.id}::text, 7) & 9223372036854775807) % 100 < ${rule.percent}`,
			})
			.from(runs)
			.where(
				and(
					eq(runs.agentId, rule.agentId),
					isNotNull(runs.endedAt),
					eq(runs.isExperiment, false),
					// Asked of the row itself: a Date holds no microseconds.
					sql`${runs.endedAt} > (select o.looked_until from online_scorings o where o.agent_id = ${rule.agentId})`,
					lte(runs.endedAt, sql`now() - interval '2 seconds'`),
				),
			)
			.orderBy(asc(runs.endedAt))
			.limit(atOnce);
		const last = ended.at(-1);
		if (!last) continue;
		const rows: (typeof runScores.$inferInsert)[] = [];
		for (const { id, state, answer, isChosen, latencyMs, ...run } of ended) {
			if (!isChosen || state !== "succeeded" || answer === null) continue;
			const result = RunResult.safeParse(run.result).data ?? null;
			const passages = await passagesOf(ctx.db.orm, result?.citations.map(({ chunkId }) => chunkId) ?? []);
			const costMicros = result?.cost?.micros ?? null;
			const found = measure(scorers, { answer, expected: "", result, passages, latencyMs, costMicros });
			rows.push(...found.flatMap(({ scorer, score }) => (score === null ? [] : [{ runId: id, scorer, score }])));
			scored++;
		}
		await ctx.db.transaction(async (tx) => {
			if (rows.length > 0) await tx.insert(runScores).values(rows).onConflictDoNothing();
			await tx
				.update(onlineScorings)
				.set({ lookedUntil: sql`${last.endedAt}::timestamptz` })
				// Set anew meanwhile, it begins anew.
				.where(and(eq(onlineScorings.agentId, rule.agentId), eq(onlineScorings.revision, rule.revision)));
		});
	}
	return scored;
}
