import { and, asc, eq, lte, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobQueue, jobRuns, jobSteps } from "@/db/schema";
import type { Core } from "./core";
import { finishTimeout, type Run, startTimeout } from "./queue";
import { finishRun, resolveStep } from "./runs";

/** Ends one sleep, waiting time or time limit that is due. False where none is, or where other workers are at them. */
export async function wakeNext(core: Core): Promise<boolean> {
	return core.db.transaction(async (tx) => {
		const [found] = await tx
			.select({ id: jobQueue.id, stepId: jobQueue.stepId, run: jobRuns })
			.from(jobQueue)
			.innerJoin(jobRuns, eq(jobRuns.id, jobQueue.runId))
			.where(and(eq(jobQueue.kind, "wake"), lte(jobQueue.runAt, sql`now()`)))
			.orderBy(asc(jobQueue.runAt))
			.limit(1)
			.for("update", { of: jobRuns, skipLocked: true });
		if (!found) return false;
		const taken = await tx.delete(jobQueue).where(eq(jobQueue.id, found.id)).returning({ id: jobQueue.id });
		if (taken.length === 1 && !found.run.endedAt) await wake(tx, found.run, found.stepId);
		return true;
	});
}

async function wake(tx: Tx, run: Run, stepId: string): Promise<void> {
	switch (stepId) {
		case startTimeout: {
			if (!run.startedAt) await finishRun(tx, run, timedOut("It did not start within its time limit"));
			return;
		}
		case finishTimeout:
			return finishRun(tx, run, timedOut("It did not finish within its time limit"));
		default:
			await endWait(tx, run, stepId);
	}
}

const timedOut = (message: string) => ({ state: "cancelled" as const, error: { name: "TimeoutError", message } });

async function endWait(tx: Tx, run: Run, stepId: string): Promise<void> {
	const [step] = await tx
		.select({ op: jobSteps.op })
		.from(jobSteps)
		.where(and(eq(jobSteps.runId, run.id), eq(jobSteps.id, stepId)));
	const message = "The invoked function did not finish within its time limit";
	const result =
		step?.op === "InvokeFunction" ? { error: { name: "InngestInvokeTimeoutError", message } } : { data: null };
	await resolveStep(tx, run, stepId, result);
}
