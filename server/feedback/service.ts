import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agents, feedback, runs, threads, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadThread } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import { type OneRun, RunResult } from "@/server/runs/contract";
import { hideSources } from "@/server/runs/service";
import {
	type Feedback,
	FeedbackReason,
	type FeedbackWithAnswer,
	type GiveFeedback,
	type ListFeedback,
	type OneFeedback,
	type OwnFeedback,
	reasonsOf,
} from "./contract";

const toReason = (reason: string | null) => FeedbackReason.nullable().parse(reason);

const own = {
	id: feedback.id,
	thumb: feedback.thumb,
	reason: feedback.reason,
	correction: feedback.correction,
	updatedAt: feedback.updatedAt,
};

/** The answer that the caller may read, their own or a shared one; for all others it is not there. */
async function findAnswer(ctx: ServiceContext, tx: Tx, { runId }: OneRun) {
	const [run] = await tx
		.select({ agentId: runs.agentId, answer: runs.answer, state: runs.state })
		.from(runs)
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.where(and(eq(runs.id, runId), mayReadThread(requireUser(ctx))))
		.for("key share", { of: runs });
	if (!run) throw notFound("This run");
	if (run.answer === null) throw new AppError("CONFLICT", "There is no answer yet of which anything could be said.");
	return run;
}

const isOf = (runId: string, userId: string) => and(eq(feedback.runId, runId), eq(feedback.userId, userId));

/** One for each person and answer: said again, it is what they think now. */
export async function giveFeedback(ctx: ServiceContext, input: GiveFeedback): Promise<OwnFeedback> {
	const { runId, thumb, reason } = input;
	const { userId } = requireUser(ctx);
	if (reason && !(reasonsOf[thumb] as readonly string[]).includes(reason))
		throw new AppError("INVALID_INPUT", `reason: ${reason} goes with the other thumb.`);
	const correction = input.correction || null;
	return ctx.db.transaction(async (tx) => {
		const { agentId } = await findAnswer(ctx, tx, input);
		const [before] = await tx.select(own).from(feedback).where(isOf(runId, userId)).for("update");
		const said = { thumb, reason, correction };
		const [row] = await tx
			.insert(feedback)
			.values({ runId, userId, agentId, ...said })
			.onConflictDoUpdate({ target: [feedback.runId, feedback.userId], set: { ...said, updatedAt: sql`now()` } })
			.returning(own);
		if (!row) throw notFound("This run");
		await audit(ctx, tx, {
			action: "feedback.give",
			resource: "run",
			resourceId: runId,
			runId,
			before: { thumb: before?.thumb ?? null, why: before?.reason ?? null, isCorrected: !!before?.correction },
			after: { thumb, why: reason, isCorrected: correction !== null },
		});
		return { ...row, reason: toReason(row.reason) };
	});
}

export async function withdrawFeedback(ctx: ServiceContext, { runId }: OneRun): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [gone] = await tx.delete(feedback).where(isOf(runId, userId)).returning({ id: feedback.id });
		if (!gone) throw notFound("What you said of this run");
		await audit(ctx, tx, { action: "feedback.withdraw", resource: "run", resourceId: runId, runId });
	});
}

/**
 * Whoever says something of an answer of their own shows it to those who manage the agent. Of somebody else's chat they don't
 * give away more than their own words.
 */
const isShown = (ctx: ServiceContext): SQL =>
	sql`(${feedback.userId} = ${runs.userId} or ${mayReadThread(requireUser(ctx))})`;

const columns = (ctx: ServiceContext) => ({
	id: feedback.id,
	runId: feedback.runId,
	agentId: feedback.agentId,
	agentName: agents.name,
	userName: users.name,
	thumb: feedback.thumb,
	reason: feedback.reason,
	correction: feedback.correction,
	question: sql<string | null>`case when ${isShown(ctx)} then ${runs.question} end`,
	createdAt: feedback.createdAt,
	updatedAt: feedback.updatedAt,
});

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns(ctx), ...more })
		.from(feedback)
		.innerJoin(runs, eq(runs.id, feedback.runId))
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.innerJoin(agents, eq(agents.id, feedback.agentId))
		.innerJoin(users, eq(users.id, feedback.userId));

const mayManage = (ctx: ServiceContext) =>
	mayManageRow(requireUser(ctx), "agent", { id: agents.id, ownerId: agents.createdBy });

/** Of the agents that the caller manages, newest first. */
export async function listFeedback(
	ctx: ServiceContext,
	input: ListFeedback,
): Promise<{ rows: Feedback[]; next: string | null }> {
	const { agentId, thumb, reason, updatedAt } = feedback;
	const list = listQuery(input, {
		filter: { agentId, thumb, reason, updatedAt },
		sort: { updatedAt },
		id: feedback.id,
	});
	const rows = await select(ctx, { key: list.key })
		.where(and(mayManage(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map((row) => ({ ...row, reason: toReason(row.reason) })), next: page.next };
}

export async function getFeedback(ctx: ServiceContext, { feedbackId }: OneFeedback): Promise<FeedbackWithAnswer> {
	const [row] = await select(ctx, {
		answer: sql<string | null>`case when ${isShown(ctx)} then ${runs.answer} end`,
		result: sql<unknown>`case when ${isShown(ctx)} then ${runs.result} end`,
		threadId: sql<string | null>`case when ${mayReadThread(requireUser(ctx))} then ${threads.id} end`,
	}).where(and(eq(feedback.id, feedbackId), mayManage(ctx)));
	if (!row) throw notFound("This feedback");
	const { result: stored, ...said } = row;
	const result = stored ? RunResult.parse(stored) : null;
	const [citations = []] = await hideSources(ctx, [result?.citations ?? []]);
	return { ...said, reason: toReason(row.reason), citations, model: result?.model ?? null };
}
