import { randomUUID } from "node:crypto";
import { and, asc, eq, lte, sql } from "drizzle-orm";
import { isDatabaseAway, type Tx } from "@/db/connection";
import { triggerCalls, triggers } from "@/db/schema";
import { findStanding, refusalTexts } from "@/server/auth/service";
import { actorMay, type Principal } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, errorTable } from "@/server/core/errors";
import { startRun } from "@/server/runs/service";
import type { OneTrigger } from "../contract";
import { nextTime } from "../times";
import type { TriggerRow } from "./place";
import { holdTrigger } from "./read";

const atOnce = 200;

/** What came of one time: a run, or why there is none. Null where this time was taken already. */
export type Started = { runId: string; refusal: null } | { runId: null; refusal: string } | null;

/** Starts what is due, each time once whatever the number of workers; of what was missed, one. Answers how many runs began. */
export async function startDue(ctx: ServiceContext): Promise<number> {
	let begun = 0;
	for (let n = 0; n < atOnce && !ctx.signal?.aborted; n++) {
		// Each by itself: what can't be started takes no other with it.
		const started = await ctx.db.transaction((tx) => startNextDue(ctx, tx));
		if (started === "none due") break;
		if (started?.runId) begun++;
	}
	return begun;
}

async function startNextDue(ctx: ServiceContext, tx: Tx): Promise<Started | "none due"> {
	const [row] = await tx
		.select()
		.from(triggers)
		.where(and(eq(triggers.isPaused, false), lte(triggers.nextAt, sql`now()`)))
		.orderBy(asc(triggers.nextAt))
		.limit(1)
		.for("update", { skipLocked: true });
	if (!row?.nextAt || !row.cron || !row.timeZone) return "none due";
	await tx
		.update(triggers)
		.set({ nextAt: nextTime(row.cron, row.timeZone, new Date()) })
		.where(eq(triggers.id, row.id));
	return startOnce(ctx, tx, row, { key: row.nextAt.toISOString(), question: row.question });
}

/** Starts it now, as its owner asks. */
export async function startNow(ctx: ServiceContext, { triggerId }: OneTrigger): Promise<{ runId: string }> {
	const started = await ctx.db.transaction(async (tx) => {
		const row = await holdTrigger(ctx, tx, triggerId, { own: true });
		return startOnce(ctx, tx, row, { key: `by hand ${randomUUID()}`, question: row.question });
	});
	if (!started?.runId) throw new AppError("CONFLICT", started?.refusal ?? "It was started already.");
	return { runId: started.runId };
}

/** One time that it comes. The key, the run with its budget and the audit are one transaction: none of them is without the others. */
export async function startOnce(
	ctx: ServiceContext,
	tx: Tx,
	row: TriggerRow,
	{ key, question }: { key: string; question: string },
): Promise<Started> {
	const [call] = await tx
		.insert(triggerCalls)
		.values({ triggerId: row.id, key })
		.onConflictDoNothing()
		.returning({ id: triggerCalls.id });
	if (!call) return null;
	const { runId, refusal } = await begin(ctx, tx, row, question);
	await tx.update(triggerCalls).set({ runId, refusal }).where(eq(triggerCalls.id, call.id));
	await audit(ctx, tx, {
		action: "trigger.start",
		resource: "trigger",
		resourceId: row.id,
		subjectId: row.ownerId,
		runId,
		outcome: runId ? "done" : "denied",
		...(refusal ? { reason: refusal } : {}),
		detail: { agentId: row.agentId, kind: row.kind },
	});
	return runId ? { runId, refusal: null } : { runId: null, refusal: refusal ?? "" };
}

/** As its owner, with what they may do at this moment. */
async function begin(ctx: ServiceContext, tx: Tx, row: TriggerRow, question: string) {
	const cause = { userId: row.ownerId, sessionId: null, keyId: null };
	// All in this one connection: who held one and waited for another would wait for those who wait for it.
	const db = ctx.db.within(tx);
	const { principal, refusal } = await findStanding(db, cause);
	if (!principal) return { runId: null, refusal: refusalTexts[refusal] };
	const lost = lacks(principal);
	if (lost) return { runId: null, refusal: lost };
	try {
		const as: ServiceContext = { ...ctx, db, actor: principal, via: "job" };
		const { runId } = await startRun(as, { question, agentId: row.agentId });
		return { runId, refusal: null };
	} catch (error) {
		const isTold = error instanceof AppError && errorTable[error.code].class === "user";
		if (!isTold || isDatabaseAway(error)) throw error;
		const isGone = error.code === "NOT_FOUND";
		return { runId: null, refusal: isGone ? "Whom it works for can't ask this agent any more." : error.message };
	}
}

const lacks = (person: Principal): string | null =>
	actorMay(person, "runs:write") && actorMay(person, "triggers:write")
		? null
		: "Whom it works for may not let agents be asked by themselves any more.";
