import type { Tx } from "@/db/connection";
import { type JobAttemptState, type Json, jobAttempts, type StoredError } from "@/db/schema";
import { type Claim, takeClaimed } from "./claim";
import type { Core } from "./core";
import { applyOp, type StepUpdate, writeStep } from "./ops";
import type { Op, Reply } from "./protocol";
import { discovery, enqueueCall, enqueueDiscovery, type Run, releaseKeys } from "./queue";
import type { FunctionSpec } from "./registry";
import { finishRun, isRacing, lockRun } from "./runs";
import type { Due } from "./time";

/** The claim was lost while the call ran: another worker has the job, and what this one found out counts for nothing. */
export class ClaimLost extends Error {
	override readonly name = "ClaimLost";
}

export type Settled = { core: Core; spec: FunctionSpec; claim: Claim; ms: number };

/** Writes down what a call came to, in one transaction: a crash leaves all of it or none of it. */
export async function settle(settled: Settled, reply: Reply): Promise<void> {
	const { core, claim } = settled;
	await core.db.transaction(async (tx) => {
		const run = await lockRun(tx, claim.runId);
		if (!(await takeClaimed(tx, claim))) throw new ClaimLost(`Job ${claim.id} of run ${claim.runId} was lost`);
		if (run && !run.endedAt) await record(tx, settled, run, reply);
		await releaseKeys(tx, claim.concurrencyKeys);
	});
}

async function record(tx: Tx, settled: Settled, run: Run, reply: Reply): Promise<void> {
	switch (reply.kind) {
		case "completed": {
			await note(tx, settled, { state: "completed" });
			return finishRun(tx, run, { state: "completed", output: reply.output });
		}
		case "failed":
			return failCall(tx, settled, run, reply);
		case "ops":
			return recordOps(tx, settled, run, reply);
	}
}

async function recordOps(tx: Tx, settled: Settled, run: Run, reply: Reply & { kind: "ops" }): Promise<void> {
	const { core } = settled;
	let goesOn: "no" | "yes" | "race" = "no";
	for (const op of reply.ops) {
		switch (op.op) {
			case "RunComplete": {
				await note(tx, settled, { state: "completed" });
				return finishRun(tx, run, { state: "completed", output: op.data });
			}
			case "StepRun": {
				await note(tx, settled, { state: "completed", op });
				await writeStep(tx, run, stepOf(op, "completed", settled, { data: op.data }));
				goesOn = isRacing(op.opts ?? null) ? "race" : "yes";
				break;
			}
			case "StepError":
			case "StepFailed": {
				const isFinal = op.op === "StepFailed" || reply.isFinal || isLastAttempt(settled);
				await note(tx, settled, { state: isFinal ? "failed" : "errored", op, error: op.error });
				if (isFinal) {
					await writeStep(tx, run, stepOf(op, "failed", settled, { error: op.error }));
					goesOn = isRacing(op.opts ?? null) ? "race" : "yes";
					break;
				}
				// One that discovery ran at once is not written: should the function no longer have it, nobody waits for it.
				if (settled.claim.stepId === op.id) await writeStep(tx, run, stepOf(op, "retrying", settled));
				await callAgain(tx, settled, run, reply.retryAt);
				break;
			}
			case "DiscoveryRequest": {
				goesOn = "yes";
				break;
			}
			case "StepPlanned":
			case "Sleep":
			case "WaitForEvent":
			case "InvokeFunction":
				await applyOp(tx, core, run, op);
		}
	}
	if (goesOn !== "no") await enqueueDiscovery(tx, run, { evenIfPending: goesOn === "race" });
}

/** The function itself failed, not one of its steps: the same call again, or the end of the run. */
export async function failCall(
	tx: Tx,
	settled: Settled,
	run: Run,
	failure: { error: StoredError; isFinal: boolean; retryAt: Due | null },
): Promise<void> {
	const isFinal = failure.isFinal || isLastAttempt(settled);
	await note(tx, settled, { state: isFinal ? "failed" : "errored", error: failure.error });
	if (isFinal) return finishRun(tx, run, { state: "failed", error: failure.error });
	await callAgain(tx, settled, run, failure.retryAt);
}

const isLastAttempt = ({ claim, spec }: Settled) => claim.attempt + 1 >= spec.maxAttempts;

async function callAgain(tx: Tx, { core, claim }: Settled, run: Run, retryAt: Due | null): Promise<void> {
	const due = retryAt ?? { inMs: core.backoff(claim.attempt) };
	await enqueueCall(tx, run, { stepId: claim.stepId, attempt: claim.attempt + 1, due });
}

function stepOf(
	op: Op & { op: "StepRun" | "StepError" | "StepFailed" },
	state: StepUpdate["state"],
	{ claim }: Settled,
	result: { data: Json } | { error: StoredError } | null = null,
): StepUpdate {
	return {
		id: op.id,
		op: "StepRun",
		name: op.displayName ?? op.name ?? op.id,
		state,
		result,
		opts: op.opts ?? null,
		attempts: claim.attempt + 1,
	};
}

async function note(
	tx: Tx,
	{ core, claim, ms }: Settled,
	fact: {
		state: JobAttemptState;
		op?: { id: string; name?: string | null | undefined; displayName?: string | null | undefined };
		error?: StoredError;
	},
): Promise<void> {
	await tx.insert(jobAttempts).values({
		runId: claim.runId,
		stepId: fact.op?.id ?? (claim.stepId === discovery ? null : claim.stepId),
		name: fact.op?.displayName ?? fact.op?.name ?? null,
		attempt: claim.attempt,
		state: fact.state,
		error: fact.error ?? null,
		ms: Math.round(ms),
		worker: core.worker,
	});
}
