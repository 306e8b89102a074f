import { and, inArray, isNotNull, isNull, notInArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobFunctions, jobQueue, jobRuns } from "@/db/schema";
import type { Core } from "./core";
import { registerCrons } from "./cron";
import { notifyWorkers } from "./queue";

/** Writes down which functions the code has, and what that means for the runs that wait. */
export async function registerFunctions(core: Core): Promise<void> {
	const { ids } = core.registry;
	await core.db.transaction(async (tx) => {
		for (const { id, raw } of core.registry.all)
			await tx
				.insert(jobFunctions)
				.values({ id, config: raw })
				.onConflictDoUpdate({ target: jobFunctions.id, set: { config: raw, updatedAt: sql`now()` } });
		await tx.delete(jobFunctions).where(notInArray(jobFunctions.id, ids));
		await registerCrons(tx, core);
		await park(tx, ids);
		// Limits may have changed: who waits for a key asks again.
		await tx.update(jobQueue).set({ blockedOn: null }).where(isNotNull(jobQueue.blockedOn));
		await notifyWorkers(tx);
	});
}

/** A run whose function is gone keeps all that it has and is shown as parked, until the function is back. */
async function park(tx: Tx, ids: string[]): Promise<void> {
	await tx
		.update(jobRuns)
		.set({ state: "parked" })
		.where(and(inArray(jobRuns.state, ["queued", "running"]), notInArray(jobRuns.functionId, ids)));
	const isBack = and(inArray(jobRuns.state, ["parked"]), inArray(jobRuns.functionId, ids));
	await tx
		.update(jobRuns)
		.set({ state: "queued" })
		.where(and(isBack, isNull(jobRuns.startedAt)));
	await tx
		.update(jobRuns)
		.set({ state: "running" })
		.where(and(isBack, isNotNull(jobRuns.startedAt)));
}
