import { and, eq, sql } from "drizzle-orm";
import { researchPlans, runs } from "@/db/schema";
import { notifyApprovals } from "@/server/approvals/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { isEnded } from "@/server/runs/contract";
import type { AcceptPlan, Research } from "../contract";
import { getResearch, toPlan } from "./read";

/** Lets a run go on that waits with its plan: once, and with the questions as its person left them. */
export async function acceptPlan(ctx: ServiceContext, { runId, parts }: AcceptPlan): Promise<Research> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [found] = await tx
			.select({ state: runs.state })
			.from(runs)
			.where(and(eq(runs.id, runId), eq(runs.userId, userId)))
			.for("update");
		if (!found) throw notFound("This run");
		if (isEnded(found.state)) throw new AppError("CONFLICT", "This run has ended.");
		// Read once the run is held: two who let it go on at the same time do so one after the other.
		const [row] = await tx.select().from(researchPlans).where(eq(researchPlans.runId, runId));
		const plan = toPlan(row);
		if (!plan) throw new AppError("CONFLICT", "This run has no plan that waits for you.");
		if (plan.state === "accepted") throw new AppError("CONFLICT", "This plan was let go on already.");
		if (plan.state === "expired") throw new AppError("CONFLICT", "Nobody let this plan go on in time: ask again.");
		const wanted = parts ?? plan.parts;
		const isEdited = JSON.stringify(wanted) !== JSON.stringify(plan.parts);
		await tx
			.update(researchPlans)
			.set({ parts: wanted, isEdited, acceptedAt: sql`now()` })
			.where(eq(researchPlans.runId, runId));
		await audit(ctx, tx, {
			action: "research.accept",
			resource: "run",
			resourceId: runId,
			runId,
			// What is asked is the person's own business: that it was changed is told, and not into what.
			detail: { isEdited },
			before: { questions: plan.parts.length },
			after: { questions: wanted.length },
		});
		await notifyApprovals(tx, runId);
	});
	return getResearch(ctx, { runId });
}
