import { randomUUID } from "node:crypto";
import { and, eq, inArray, sql } from "drizzle-orm";
import { budgetEntries, runEvents, runs, threads } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { RunResult } from "@/server/runs/contract";
import { askedAt, branchAfter } from "@/server/runs/service";
import type { AppendedTurns, AppendTurns } from "../contract";

const notTheAgents = "No agent wrote this answer: whoever keeps this chat added it.";
const result: RunResult = {
	citations: [],
	confidence: { level: "none", score: 0, reasons: [notTheAgents] },
	...{ abstained: false, degraded: notTheAgents, incomplete: false, unsupported: [], model: "none" },
	usage: { inputTokens: 0, outputTokens: 0 },
};

/** Turns that were had elsewhere, or that somebody wrote, at the end of a chat or after one of its answers. They say of themselves that no agent wrote them. */
export async function appendTurns(ctx: ServiceContext, input: AppendTurns): Promise<AppendedTurns> {
	const { threadId, turns, after } = input;
	const user = requireUser(ctx);
	const { userId } = user;
	const ids = turns.map(() => randomUUID());
	const [firstId = ""] = ids;
	const branchId = await ctx.db.transaction(async (tx) => {
		const [thread] = await tx
			.select({ agentId: threads.agentId })
			.from(threads)
			.where(and(eq(threads.id, threadId), eq(threads.userId, userId)))
			.for("update");
		if (!thread) throw notFound("This thread");
		const [open] = await tx
			.select({ id: runs.id })
			.from(runs)
			.where(and(eq(runs.threadId, threadId), inArray(runs.state, ["queued", "running", "waiting"])))
			.limit(1);
		if (open)
			throw new AppError("CONFLICT", "A question of this chat is still being answered: wait for it, or stop it.");
		const { agentId, agentVersionId } = await chooseAgent(tx, user, thread.agentId);
		const branchId = after ? await branchAfter(tx, { threadId, userId, afterId: after, runId: firstId }) : null;
		for (const [at, { question, answer }] of turns.entries()) {
			const id = ids[at] ?? "";
			// One after the other, also where all are written at once.
			const now = sql`clock_timestamp()`;
			await tx.insert(runs).values({
				...{ id, threadId, userId, agentId, agentVersionId, branchId, question, answer, result },
				...{ state: "succeeded" as const, lastSeq: 1, requestId: ctx.requestId },
				...{ createdAt: now, startedAt: now, endedAt: now },
			});
			const data = { state: "succeeded", answer, result, reason: null };
			await tx.insert(runEvents).values({ runId: id, runAt: askedAt(id), seq: 1, type: "run.ended", data });
			await tx.insert(budgetEntries).values({ runId: id, userId, reserved: 0, settled: 0 });
		}
		await tx
			.update(threads)
			.set({
				updatedAt: sql`now()`,
				title: sql`coalesce(nullif(${threads.title}, ''), ${turns[0]?.question.slice(0, 80) ?? ""})`,
			})
			.where(eq(threads.id, threadId));
		await audit(ctx, tx, {
			action: "thread.append",
			resource: "thread",
			resourceId: threadId,
			detail: { turns: turns.length, ...(after ? { after } : {}), ...(branchId ? { branchId } : {}) },
		});
		return branchId;
	});
	return { runIds: ids, branchId };
}
