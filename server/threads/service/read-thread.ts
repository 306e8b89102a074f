import { and, eq, inArray, sql } from "drizzle-orm";
import { agents, feedback, threadBranches, threads } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mayReadThread } from "@/server/core/grants";
import type { Version } from "@/server/core/version";
import { FeedbackReason } from "@/server/feedback/contract";
import type { Run } from "@/server/runs/contract";
import { runsOfThread } from "@/server/runs/service";
import type { Branch, GetThread, Thread, ThreadRun, ThreadWithRuns } from "../contract";
import { selectThreads } from "./columns";

export async function getThread(
	ctx: ServiceContext,
	{ threadId, branchId, limit }: GetThread,
): Promise<ThreadWithRuns> {
	const thread = await findThread(ctx, threadId);
	const branches = await branchesOf(ctx, threadId, branchId);
	const found = await runsOfThread(ctx, threadId, { limit: limit + 1, branchId: branchId ?? null });
	const runs = found.slice(-limit);
	return { thread, runs: await withFeedback(ctx, runs), hasOlder: found.length > limit, branches };
}

/** Of a thread that the caller may read. */
export async function branchesOf(ctx: ServiceContext, threadId: string, wanted?: string): Promise<Branch[]> {
	const { id, fromRunId, runId, createdAt } = threadBranches;
	const rows = await ctx.db.orm
		.select({ id, fromRunId, runId, createdAt })
		.from(threadBranches)
		.where(eq(threadBranches.threadId, threadId))
		.orderBy(createdAt, id)
		.limit(mostBranches);
	if (wanted && !rows.some((row) => row.id === wanted)) throw notFound("This branch");
	return rows;
}
const mostBranches = 500;

/** What the caller themselves said of each answer. */
async function withFeedback(ctx: ServiceContext, runs: Run[]): Promise<ThreadRun[]> {
	const { userId } = requireUser(ctx);
	const rows = await ctx.db.orm
		.select()
		.from(feedback)
		.where(
			and(
				inArray(
					feedback.runId,
					runs.map(({ id }) => id),
				),
				eq(feedback.userId, userId),
			),
		);
	const said = new Map(rows.map(({ runId, reason, ...row }) => [runId, { ...row, reason: toReason(reason) }]));
	return runs.map((run) => ({ ...run, feedback: said.get(run.id) ?? null }));
}
const toReason = (reason: string | null) => FeedbackReason.nullable().parse(reason);

/** Of one's own: its own row's, its runs', what one said of them, and those of the agents that they name. Of another's: all that it shows. */
export async function versionOfThread(ctx: ServiceContext, input: GetThread): Promise<Version> {
	const { userId } = requireUser(ctx);
	const [of] = await ctx.db.orm
		.select({
			row: sql`threads.xmin::text`,
			agent: agents.name,
			grants: sql`(select string_agg(grantee, ',' order by grantee) from grants
				where resource_kind = 'thread' and resource_id = threads.id)`,
			runs: sql`(select md5(string_agg(r.id || r.xmin::text || a.xmin::text || coalesce(f.xmin::text, ''), ',' order by r.created_at, r.id))
				from runs r join agents a on a.id = r.agent_id left join feedback f on f.run_id = r.id and f.user_id = ${userId}
				where r.thread_id = threads.id)`,
		})
		.from(threads)
		.innerJoin(agents, eq(agents.id, threads.agentId))
		.where(and(eq(threads.id, input.threadId), eq(threads.userId, userId)));
	return of ? { of } : { of: await getThread(ctx, input) };
}

export async function findThread(ctx: ServiceContext, threadId: string): Promise<Thread> {
	const [row] = await selectThreads(ctx, {}).where(and(eq(threads.id, threadId), mayReadThread(requireUser(ctx))));
	if (!row) throw notFound("This thread");
	return row;
}
