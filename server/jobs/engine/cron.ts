import { and, eq, lte, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobCrons, jobEvents, type StoredEvent } from "@/db/schema";
import type { Core } from "./core";
import { notifyWorkers } from "./queue";
import { startRun } from "./runs";
import { nextTick } from "./time";

/** Makes the table of ticks agree with the functions. A tick that is known keeps its time. */
export async function registerCrons(tx: Tx, core: Core): Promise<void> {
	const wanted = core.registry.all.flatMap(({ id, crons }) => crons.map((cron) => ({ functionId: id, cron })));
	for (const { functionId, cron } of wanted)
		await tx
			.insert(jobCrons)
			.values({ functionId, cron, nextAt: nextTick(cron, new Date()) })
			.onConflictDoNothing();
	const known = await tx.select({ functionId: jobCrons.functionId, cron: jobCrons.cron }).from(jobCrons);
	for (const tick of known.filter((row) => !wanted.some((w) => w.functionId === row.functionId && w.cron === row.cron)))
		await tx.delete(jobCrons).where(and(eq(jobCrons.functionId, tick.functionId), eq(jobCrons.cron, tick.cron)));
}

/** Starts the runs whose tick has come, each tick once whatever the number of workers. Missed ticks become one. */
export async function fireCrons(core: Core): Promise<void> {
	await core.db.transaction(async (tx) => {
		const due = await tx
			.select()
			.from(jobCrons)
			.where(lte(jobCrons.nextAt, sql`now()`))
			.for("update", { skipLocked: true });
		for (const tick of due) {
			const spec = core.registry.find(tick.functionId);
			if (!spec) continue;
			await tx
				.update(jobCrons)
				.set({ nextAt: nextTick(tick.cron, new Date()), lastAt: sql`now()` })
				.where(and(eq(jobCrons.functionId, tick.functionId), eq(jobCrons.cron, tick.cron)));
			const event: StoredEvent = {
				id: `cron-${tick.functionId}-${tick.cron}-${tick.nextAt.toISOString()}`,
				name: "inngest/scheduled.timer",
				data: { cron: tick.cron },
				ts: tick.nextAt.getTime(),
			};
			const fresh = await tx
				.insert(jobEvents)
				.values({ ...event, deliveredAt: sql`now()` })
				.onConflictDoNothing()
				.returning({ id: jobEvents.id });
			if (fresh.length > 0) await startRun(tx, spec, event);
		}
		if (due.length > 0) await notifyWorkers(tx);
	});
}
