import { and, desc, eq, sql } from "drizzle-orm";
import { agents, runs, threads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import { notFound } from "@/server/core/errors";
import type { Page } from "@/server/core/pagination";
import { removeRuns, runsOfThread } from "@/server/runs/service";
import type { OneThread, RenameThread, Thread, ThreadWithRuns } from "./contract";

const mostRuns = 200;

const columns = {
	id: threads.id,
	title: threads.title,
	agentId: threads.agentId,
	agentName: agents.name,
	createdAt: threads.createdAt,
	updatedAt: threads.updatedAt,
	/** To the microsecond, which a Date does not hold. */
	exactly: sql<string>`${threads.updatedAt}::text`,
};

const select = (ctx: ServiceContext) =>
	ctx.db.orm.select(columns).from(threads).innerJoin(agents, eq(agents.id, threads.agentId));

type Row = Awaited<ReturnType<typeof select>>[number];
const toThread = ({ exactly: _, ...thread }: Row): Thread => thread;

/** Threads are their person's own, newest activity first. */
export async function listThreads(ctx: ServiceContext, input: Page): Promise<{ rows: Thread[]; next: string | null }> {
	const { userId } = requireUser(ctx);
	const after = decodeCursor(input.cursor);
	const rows = await select(ctx)
		.where(
			and(
				eq(threads.userId, userId),
				after ? sql`(${threads.updatedAt}, ${threads.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : undefined,
			),
		)
		.orderBy(desc(threads.updatedAt), desc(threads.id))
		.limit(input.limit + 1);
	const page = toPage(rows, input.limit, (row) => [row.exactly, row.id]);
	return { rows: page.rows.map(toThread), next: page.next };
}

export async function getThread(ctx: ServiceContext, { threadId }: OneThread): Promise<ThreadWithRuns> {
	const thread = await findThread(ctx, threadId);
	return { thread, runs: await runsOfThread(ctx, threadId, mostRuns) };
}

async function findThread(ctx: ServiceContext, threadId: string): Promise<Thread> {
	const { userId } = requireUser(ctx);
	const [row] = await select(ctx).where(and(eq(threads.id, threadId), eq(threads.userId, userId)));
	if (!row) throw notFound("This thread");
	return toThread(row);
}

export async function renameThread(ctx: ServiceContext, { threadId, title }: RenameThread): Promise<Thread> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [renamed] = await tx
			.update(threads)
			.set({ title })
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.returning({ id: threads.id });
		if (!renamed) throw notFound("This thread");
		await audit(ctx, tx, { action: "thread.rename", resource: "thread", resourceId: threadId });
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
