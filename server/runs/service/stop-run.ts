import { and, eq, inArray, sql } from "drizzle-orm";
import { budgetEntries, runEvents, runs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { OneRun, Run, RunEventBody } from "../contract";
import { askedAt, eventsChannel, runsChannel, stopNotice, toRow, writeNotice } from "../events";
import { getRun } from "./read-runs";

const reason = "It was stopped.";

/** A run that waits ends here and now; one that is under way is told to end, which takes less than 2 s. Ended ones stay as they are. */
export async function stopRun(ctx: ServiceContext, { runId }: OneRun): Promise<Run> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [run] = await tx
			.update(runs)
			.set({
				stopRequestedAt: sql`coalesce(${runs.stopRequestedAt}, now())`,
				state: sql`case when ${runs.state} = 'queued' then 'cancelled' else ${runs.state} end`,
				reason: sql`case when ${runs.state} = 'queued' then ${reason} end`,
				endedAt: sql`case when ${runs.state} = 'queued' then now() end`,
				lastSeq: sql`case when ${runs.state} = 'queued' then ${runs.lastSeq} + 1 else ${runs.lastSeq} end`,
			})
			.where(and(eq(runs.id, runId), eq(runs.userId, userId), inArray(runs.state, ["queued", "running", "waiting"])))
			.returning({ state: runs.state, lastSeq: runs.lastSeq });
		if (!run) return;
		await audit(ctx, tx, { action: "run.stop", resource: "run", resourceId: runId, runId });
		if (run.state !== "cancelled") {
			await tx.execute(sql`select pg_notify(${runsChannel}, ${stopNotice(runId)})`);
			return;
		}
		await audit(ctx, tx, {
			action: "run.finish",
			resource: "run",
			resourceId: runId,
			runId,
			reason,
			detail: { state: "cancelled", tokens: 0, attempt: 0, model: null },
		});
		const body: RunEventBody = { type: "run.ended", state: "cancelled", answer: null, result: null, reason };
		const event = { seq: run.lastSeq, at: new Date(), body };
		await tx.insert(runEvents).values({ runId, runAt: askedAt(runId), seq: event.seq, at: event.at, ...toRow(body) });
		await tx.update(budgetEntries).set({ settled: 0 }).where(eq(budgetEntries.runId, runId));
		await tx.execute(sql`select pg_notify(${eventsChannel}, ${writeNotice(runId, [event])})`);
	});
	return getRun(ctx, { runId });
}
