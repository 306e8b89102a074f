import { and, count, eq } from "drizzle-orm";
import { agentVersions, runSteers, runs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { isEnded } from "@/server/runs/contract";
import { mostSteers, type Steer, type SteerRun } from "../contract";
import { steerColumns } from "./read";

/** Adds an instruction to a run that is under way: its next step reads it. */
export async function steerRun(ctx: ServiceContext, { runId, text }: SteerRun): Promise<Steer> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		const [run] = await tx
			.select({ state: runs.state, graph: agentVersions.graph })
			.from(runs)
			.innerJoin(agentVersions, eq(agentVersions.id, runs.agentVersionId))
			.where(and(eq(runs.id, runId), eq(runs.userId, userId)))
			.for("update", { of: runs });
		if (!run) throw notFound("This run");
		if (run.graph !== "research")
			throw new AppError("CONFLICT", "Only a research run can be steered while it goes on.");
		if (isEnded(run.state)) throw new AppError("CONFLICT", "This run has ended: ask anew, and say so in the question.");
		const [given] = await tx.select({ count: count() }).from(runSteers).where(eq(runSteers.runId, runId));
		if ((given?.count ?? 0) >= mostSteers)
			throw new AppError("LIMIT_REACHED", `A run takes at most ${mostSteers} instructions.`);
		const [steer] = await tx.insert(runSteers).values({ runId, text }).returning(steerColumns);
		if (!steer) throw new Error("the instruction was not stored");
		await audit(ctx, tx, {
			action: "research.steer",
			resource: "run",
			resourceId: runId,
			runId,
			detail: { steerId: steer.id, characters: text.length },
		});
		return steer;
	});
}
