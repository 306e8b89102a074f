import { and, asc, eq, gt, isNull, notInArray, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { jobEvents, jobRuns, jobWaits, type StoredEvent } from "@/db/schema";
import type { Core } from "./core";
import { isMatch } from "./expression";
import { notifyWorkers } from "./queue";
import { cancelStep, finishRun, lockRun, resolveStep, startRun } from "./runs";

/**
 * Delivers the oldest event that waits in the outbox: starts the runs that it triggers, ends the waits that it matches.
 * `skip` are the places of events that failed a moment ago. Answers the place of the one delivered, null where none waits.
 */
export async function deliverNext(core: Core, skip: readonly number[]): Promise<number | null> {
	let at: number | null = null;
	try {
		await core.db.transaction(async (tx) => {
			at = null;
			const [pending] = await tx
				.select()
				.from(jobEvents)
				.where(and(isNull(jobEvents.deliveredAt), skip.length > 0 ? notInArray(jobEvents.seq, [...skip]) : undefined))
				.orderBy(asc(jobEvents.seq))
				.limit(1)
				.for("update", { skipLocked: true });
			if (!pending) return;
			at = pending.seq;
			const { id, name, data, ts, extra } = pending;
			await tx.update(jobEvents).set({ deliveredAt: sql`now()` }).where(eq(jobEvents.id, id));
			await deliver(tx, core, { ...extra, id, name, data, ts });
		});
	} catch (error) {
		if (at === null) throw error;
		throw new NotDelivered(at, { cause: error });
	}
	return at;
}

/** One event could not be delivered; the others may be. */
export class NotDelivered extends Error {
	override readonly name = "NotDelivered";
	constructor(
		readonly seq: number,
		options: ErrorOptions,
	) {
		super(`Event ${seq} could not be delivered`, options);
	}
}

async function deliver(tx: Tx, core: Core, event: StoredEvent): Promise<void> {
	// First, so that an event which cancels older runs of a function doesn't cancel the one that it starts.
	await endWaits(tx, event);
	let started = 0;
	for (const spec of core.registry.startedBy(event)) {
		if ((await startRun(tx, spec, event)) !== null) started++;
	}
	if (started > 0) await notifyWorkers(tx);
}

/** In the order of the runs' ids, so that two deliveries that lock the same runs don't wait for each other. */
async function endWaits(tx: Tx, event: StoredEvent): Promise<void> {
	const waits = await tx
		.select({
			runId: jobWaits.runId,
			stepId: jobWaits.stepId,
			expression: jobWaits.expression,
			events: jobRuns.events,
		})
		.from(jobWaits)
		.innerJoin(jobRuns, eq(jobRuns.id, jobWaits.runId))
		.where(and(eq(jobWaits.event, event.name), or(isNull(jobWaits.expiresAt), gt(jobWaits.expiresAt, sql`now()`))))
		.orderBy(asc(jobWaits.runId), asc(jobWaits.stepId));
	for (const wait of waits) {
		const [first] = wait.events;
		if (!first || !isMatch(wait.expression, { event: first, async: event })) continue;
		const run = await lockRun(tx, wait.runId);
		if (!run || run.endedAt) continue;
		if (!wait.stepId.startsWith(cancelStep(0).slice(0, -1))) {
			await resolveStep(tx, run, wait.stepId, { data: event });
			continue;
		}
		const error = { name: "Cancelled", message: `Cancelled by the event ${event.name}` };
		await finishRun(tx, run, { state: "cancelled", error });
	}
}
