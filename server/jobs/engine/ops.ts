import { isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import {
	type JobStepState,
	type Json,
	jobEvents,
	jobSteps,
	jobWaits,
	type StepResult,
	type StoredEvent,
} from "@/db/schema";
import { newJobId } from "../emit";
import type { Core } from "./core";
import type { Op } from "./protocol";
import { enqueueCall, enqueueWake, notifyWorkers, type Run } from "./queue";
import { nextDone, resolveStep, startRun } from "./runs";
import { dueSql, parseDue } from "./time";

export type StepUpdate = {
	id: string;
	op: string;
	name: string;
	state: JobStepState;
	result: StepResult | null;
	opts: Json | null;
	attempts: number;
};

/** Writes how a step stands. One that is done stays as it is: a finished step is never redone. */
export async function writeStep(tx: Tx, run: Run, step: StepUpdate): Promise<void> {
	const isDone = step.result !== null;
	const changing = {
		state: step.state,
		result: step.result,
		attempts: step.attempts,
		doneSeq: isDone ? nextDone(run.id) : null,
		endedAt: isDone ? sql`now()` : null,
	};
	await tx
		.insert(jobSteps)
		.values({ ...step, runId: run.id, ...changing })
		.onConflictDoUpdate({ target: [jobSteps.runId, jobSteps.id], set: changing, setWhere: isNull(jobSteps.doneSeq) });
}

/** Answers false where the step is known: a function names what it still waits for each time that it is asked. */
async function isNewStep(tx: Tx, run: Run, op: WaitingOp, state: JobStepState): Promise<boolean> {
	const rows = await tx
		.insert(jobSteps)
		.values({
			runId: run.id,
			id: op.id,
			op: op.op,
			name: op.displayName ?? op.name ?? op.id,
			state,
			opts: op.opts ?? null,
		})
		.onConflictDoNothing()
		.returning({ id: jobSteps.id });
	return rows.length > 0;
}

type WaitingOp = Op & { op: "StepPlanned" | "Sleep" | "WaitForEvent" | "InvokeFunction" };

/** Begins what a step waits for. */
export async function applyOp(tx: Tx, core: Core, run: Run, op: WaitingOp): Promise<void> {
	switch (op.op) {
		case "StepPlanned": {
			if (await isNewStep(tx, run, op, "planned")) await enqueueCall(tx, run, { stepId: op.id });
			return;
		}
		case "Sleep": {
			if (await isNewStep(tx, run, op, "sleeping")) await enqueueWake(tx, run, op.id, parseDue(op.name));
			return;
		}
		case "WaitForEvent": {
			if (await isNewStep(tx, run, op, "waiting")) await waitForEvent(tx, run, op);
			return;
		}
		case "InvokeFunction": {
			if (await isNewStep(tx, run, op, "invoking")) await invoke(tx, core, run, op);
		}
	}
}

async function waitForEvent(tx: Tx, run: Run, op: Op & { op: "WaitForEvent" }): Promise<void> {
	const due = parseDue(op.opts.timeout);
	await tx.insert(jobWaits).values({
		runId: run.id,
		stepId: op.id,
		event: op.name,
		expression: op.opts.if ?? null,
		expiresAt: dueSql(due),
	});
	await enqueueWake(tx, run, op.id, due);
}

async function invoke(tx: Tx, core: Core, run: Run, op: Op & { op: "InvokeFunction" }): Promise<void> {
	const spec = core.registry.find(op.opts.function_id);
	if (!spec) {
		const message = `There is no function ${op.opts.function_id} to invoke`;
		await resolveStep(tx, run, op.id, { error: { name: "Error", message } });
		return;
	}
	const { data, v } = op.opts.payload;
	const event: StoredEvent = {
		id: newJobId(),
		name: "inngest/function.invoked",
		data: data ?? {},
		ts: Date.now(),
		...(v ? { v } : {}),
	};
	// Delivered by the very act: it stands there to be seen.
	await tx.insert(jobEvents).values({ ...event, deliveredAt: sql`now()`, extra: v ? { v } : null });
	const child = await startRun(tx, spec, event, { parent: { runId: run.id, stepId: op.id } });
	if (child === null) {
		const message = `${spec.id} ran already for this idempotency key`;
		await resolveStep(tx, run, op.id, { error: { name: "Error", message } });
		return;
	}
	if (op.opts.timeout) await enqueueWake(tx, run, op.id, parseDue(op.opts.timeout));
	await notifyWorkers(tx);
}
