import { and, asc, eq, sql } from "drizzle-orm";
import { researchPlans, runSteers, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { OneResearch, Research, ResearchPlan } from "../contract";

type PlanRow = typeof researchPlans.$inferSelect;

/** By the clock: a plan that nobody let go on in time is past it, whatever its run is doing. */
export function toPlan(row: PlanRow | undefined): ResearchPlan | null {
	if (!row?.proposedAt || !row.expiresAt) return null;
	const { parts, isEdited, proposedAt, expiresAt, acceptedAt } = row;
	const state = acceptedAt ? "accepted" : expiresAt.getTime() <= Date.now() ? "expired" : "waiting";
	return { parts, state, isEdited, proposedAt, expiresAt, acceptedAt };
}

export const steerColumns = {
	id: runSteers.id,
	text: runSteers.text,
	createdAt: runSteers.createdAt,
	takenAt: runSteers.takenAt,
};

/** Runs are their person's own, and so is what belongs to them. */
export async function getResearch(ctx: ServiceContext, { runId }: OneResearch): Promise<Research> {
	const { userId } = requireUser(ctx);
	const mine = and(eq(runs.id, runId), eq(runs.userId, userId));
	const [[row], steers] = await Promise.all([
		ctx.db.orm
			.select({ plan: researchPlans })
			.from(runs)
			.leftJoin(researchPlans, eq(researchPlans.runId, runs.id))
			.where(mine),
		ctx.db.orm
			.select(steerColumns)
			.from(runSteers)
			.where(sql`${runSteers.runId} in (select id from ${runs} where ${mine})`)
			.orderBy(asc(runSteers.createdAt), asc(runSteers.id)),
	]);
	if (!row) throw notFound("This run");
	return { runId, plan: toPlan(row.plan ?? undefined), steers };
}
