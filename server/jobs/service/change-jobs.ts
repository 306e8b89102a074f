import { eq } from "drizzle-orm";
import { jobFunctions } from "@/db/schema";
import { actorLabel } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { JobDetail, OneJob } from "../contract";
import { notifyWorkers } from "../engine/queue";
import { Registry } from "../engine/registry";
import { finishRun, lockRun, startRun } from "../engine/runs";
import { getJob } from "./read-jobs";

/** Ends a run, for whoever holds jobs:write. A step that is being executed can't be stopped, but what it finds out counts for nothing. */
export async function cancelJob(ctx: ServiceContext, input: OneJob): Promise<JobDetail> {
	await ctx.db.transaction(async (tx) => {
		const run = await lockRun(tx, input.jobRunId);
		if (!run) throw notFound("This job");
		if (run.endedAt) throw new AppError("CONFLICT", `This job has ${run.state} already.`);
		const error = { name: "Cancelled", message: `Cancelled by ${actorLabel(ctx.actor)}` };
		await finishRun(tx, run, { state: "cancelled", error });
		await audit(ctx, tx, {
			action: "job.cancel",
			resource: "job",
			resourceId: run.id,
			detail: { functionId: run.functionId },
		});
	});
	return getJob(ctx, input);
}

/** A new run of the same events, from the beginning. Answers with that one; the old one stays as it is. */
export async function retryJob(ctx: ServiceContext, input: OneJob): Promise<JobDetail> {
	const jobRunId = await ctx.db.transaction(async (tx) => {
		const run = await lockRun(tx, input.jobRunId);
		if (!run) throw notFound("This job");
		if (!run.endedAt) throw new AppError("CONFLICT", "This job has not ended: cancel it first, or let it go on.");
		const [event] = run.events;
		const [known] = await tx.select().from(jobFunctions).where(eq(jobFunctions.id, run.functionId));
		const spec = known && Registry.from([known.config]).find(run.functionId);
		if (!event || !spec) throw new AppError("CONFLICT", "The function of this job is no longer in the code.");
		const again = await startRun(tx, spec, event, { isAgain: true });
		if (again === null) throw new Error("the new run was not stored");
		await notifyWorkers(tx);
		await audit(ctx, tx, {
			action: "job.retry",
			resource: "job",
			resourceId: run.id,
			detail: { functionId: run.functionId, newJobRunId: again },
		});
		return again;
	});
	return getJob(ctx, { jobRunId });
}
