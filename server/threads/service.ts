import { and, eq, type SQL, sql } from "drizzle-orm";
import { agents, runs, threads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { removeRuns, runsOfThread } from "@/server/runs/service";
import type { ListThreads, OneThread, RenameThread, Thread, ThreadWithRuns } from "./contract";

const mostRuns = 200;

const columns = {
	id: threads.id,
	title: threads.title,
	agentId: threads.agentId,
	agentName: agents.name,
	createdAt: threads.createdAt,
	updatedAt: threads.updatedAt,
};

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, ...more })
		.from(threads)
		.innerJoin(agents, eq(agents.id, threads.agentId));

/** Threads are their person's own, newest activity first. */
export async function listThreads(
	ctx: ServiceContext,
	input: ListThreads,
): Promise<{ rows: Thread[]; next: string | null }> {
	const { userId } = requireUser(ctx);
	const list = listQuery(input, {
		filter: { agentId: threads.agentId, updatedAt: threads.updatedAt },
		sort: { updatedAt: threads.updatedAt },
		id: threads.id,
	});
	const rows = await select(ctx, { key: list.key })
		.where(and(eq(threads.userId, userId), eq(threads.isCall, false), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getThread(ctx: ServiceContext, { threadId }: OneThread): Promise<ThreadWithRuns> {
	const thread = await findThread(ctx, threadId);
	return { thread, runs: await runsOfThread(ctx, threadId, mostRuns) };
}

/** Its own row's, its runs' and those of the agents that they name. */
export async function versionOfThread(ctx: ServiceContext, { threadId }: OneThread): Promise<Version> {
	const { userId } = requireUser(ctx);
	const [of] = await ctx.db.orm
		.select({
			row: sql`threads.xmin::text`,
			agent: agents.name,
			runs: sql`(select md5(string_agg(r.id || r.xmin::text || a.xmin::text, ',' order by r.created_at, r.id))
				from runs r join agents a on a.id = r.agent_id where r.thread_id = threads.id)`,
		})
		.from(threads)
		.innerJoin(agents, eq(agents.id, threads.agentId))
		.where(and(eq(threads.id, threadId), eq(threads.userId, userId)));
	if (!of) throw notFound("This thread");
	return { of };
}

async function findThread(ctx: ServiceContext, threadId: string): Promise<Thread> {
	const { userId } = requireUser(ctx);
	const [row] = await select(ctx, {}).where(and(eq(threads.id, threadId), eq(threads.userId, userId)));
	if (!row) throw notFound("This thread");
	return row;
}

export async function renameThread(ctx: ServiceContext, { threadId, title }: RenameThread): Promise<Thread> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [before] = await tx
			.select({ title: threads.title })
			.from(threads)
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.for("update");
		const [renamed] = await tx
			.update(threads)
			.set({ title })
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.returning({ id: threads.id });
		if (!renamed) throw notFound("This thread");
		await audit(ctx, tx, {
			action: "thread.rename",
			resource: "thread",
			resourceId: threadId,
			subjectId: userId,
			before: { name: before?.title },
			after: { name: title },
		});
	});
	return findThread(ctx, threadId);
}

/** Removes a thread with all its runs; one that is under way stops. */
export async function removeThread(ctx: ServiceContext, { threadId }: OneThread): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [thread] = await tx
			.select({ id: threads.id })
			.from(threads)
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.for("update");
		if (!thread) throw notFound("This thread");
		const rows = await tx.select({ id: runs.id }).from(runs).where(eq(runs.threadId, threadId));
		await removeRuns(
			tx,
			rows.map(({ id }) => id),
		);
		await tx.delete(threads).where(eq(threads.id, threadId));
		await audit(ctx, tx, {
			action: "thread.remove",
			resource: "thread",
			resourceId: threadId,
			detail: { runs: rows.length },
		});
	});
}
