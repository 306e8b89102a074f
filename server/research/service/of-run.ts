import { asc, eq, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import { researchPlans, runSteers } from "@/db/schema";
import { env } from "@/server/core/env";
import type { ResearchPlan, Steer } from "../contract";
import { steerColumns, toPlan } from "./read";

/** The run's plan as it stands; null while there is none. */
export async function planOf(db: Database, runId: string): Promise<ResearchPlan | null> {
	const [row] = await db.orm.select().from(researchPlans).where(eq(researchPlans.runId, runId));
	return toPlan(row);
}

/** Nobody will be asked about the plan of this run. */
export async function waivePlan(tx: Tx, runId: string): Promise<void> {
	await tx.insert(researchPlans).values({ runId, isAwaited: false });
}

/** Writes down what the run wants to look into. The first proposal stays, however often the step that makes it is done. */
export async function proposePlan(
	db: Database,
	runId: string,
	{ parts, isAwaited }: { parts: string[]; isAwaited: boolean },
): Promise<void> {
	const proposal = {
		parts,
		proposedAt: sql`now()`,
		expiresAt: sql`now() + make_interval(hours => ${env().QD_APPROVAL_HOURS})`,
	};
	await db.orm
		.insert(researchPlans)
		.values({ runId, isAwaited, ...proposal, acceptedAt: isAwaited ? null : sql`now()` })
		.onConflictDoUpdate({
			target: researchPlans.runId,
			set: { ...proposal, acceptedAt: sql`case when not ${researchPlans.isAwaited} then now() end` },
			setWhere: sql`${researchPlans.proposedAt} is null`,
		});
}

/** What was added to the run so far, oldest first. What nobody had used yet is used from now on, and told once. */
export async function takeSteers(db: Database, runId: string): Promise<(Steer & { isNew: boolean })[]> {
	const taken = await db.orm
		.update(runSteers)
		.set({ takenAt: sql`now()` })
		.where(sql`${runSteers.runId} = ${runId} and ${runSteers.takenAt} is null`)
		.returning({ id: runSteers.id });
	const news = new Set(taken.map(({ id }) => id));
	const all = await db.orm
		.select(steerColumns)
		.from(runSteers)
		.where(sql`${runSteers.runId} = ${runId} and ${runSteers.takenAt} is not null`)
		.orderBy(asc(runSteers.createdAt), asc(runSteers.id));
	return all.map((steer) => ({ ...steer, isNew: news.has(steer.id) }));
}

/** How long the run has waited with its plan so far, in ms: that is no time of its own. */
export async function waitedForPlanMs(db: Database, runId: string): Promise<number> {
	const until = sql`coalesce(${researchPlans.acceptedAt}, least(now(), ${researchPlans.expiresAt}))`;
	const [row] = await db.orm
		.select({
			ms: sql<number>`coalesce(extract(epoch from ${until} - ${researchPlans.proposedAt}) * 1000, 0)::float8`,
		})
		.from(researchPlans)
		.where(eq(researchPlans.runId, runId));
	return row?.ms ?? 0;
}
