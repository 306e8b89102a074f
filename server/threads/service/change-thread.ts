import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { feedback, grants, runs, threads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { removeRuns } from "@/server/runs/service";
import type { OneThread, RenameThread, Thread } from "../contract";
import { findThread } from "./read-thread";

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

/** Removes a thread with all that belongs to it; a run that is under way stops. */
export async function removeThread(ctx: ServiceContext, { threadId }: OneThread): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [thread] = await tx
			.select({ id: threads.id })
			.from(threads)
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.for("update");
		if (!thread) throw notFound("This thread");
		const gone = await removeThreads(tx, [threadId]);
		await audit(ctx, tx, { action: "thread.remove", resource: "thread", resourceId: threadId, detail: gone });
	});
}

/** Threads with their runs and those runs' events and checkpoints, what was said of their answers, and with whom they were shared. */
export async function removeThreads(
	tx: Tx,
	ids: readonly string[],
): Promise<{ runs: number; feedback: number; shares: number }> {
	const rows = await tx
		.select({ id: runs.id })
		.from(runs)
		.where(inArray(runs.threadId, [...ids]));
	const runIds = rows.map(({ id }) => id);
	const said = await tx.delete(feedback).where(inArray(feedback.runId, runIds)).returning({ id: feedback.id });
	await removeRuns(tx, runIds);
	const shares = await tx
		.delete(grants)
		.where(and(eq(grants.resourceKind, "thread"), inArray(grants.resourceId, [...ids])))
		.returning({ id: grants.resourceId });
	await tx.delete(threads).where(inArray(threads.id, [...ids]));
	return { runs: runIds.length, feedback: said.length, shares: shares.length };
}
