import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { databaseCode, type Reader } from "@/db/connection";
import { jobRuns, jobSteps } from "@/db/schema";
import { asJob } from "../context";
import type { Claim } from "./claim";
import type { Core } from "./core";
import type { Call, Caller, Reply } from "./protocol";
import { enqueueWake, finishTimeout, type Run } from "./queue";
import type { FunctionSpec } from "./registry";
import { ClaimLost, settle } from "./settle";
import { parseDue } from "./time";

export type Execution = {
	core: Core;
	caller: Caller;
	/** ms that a call may take. */
	stepLimit: number;
	/** Ends when the worker must stop: what runs then is left to the next one. */
	stopped: AbortSignal;
};

/** Does one claimed call and writes down what it came to. Never rejects: what can't be written runs out its lease. */
export async function execute(execution: Execution, claim: Claim): Promise<void> {
	const { core, caller, stopped } = execution;
	try {
		const spec = core.registry.find(claim.functionId);
		if (!spec) throw new Error(`Claimed a job of ${claim.functionId}, which is not registered`);
		const call = await prepare(core, spec, claim);
		const started = performance.now();
		const reply = call
			? await within(execution, (signal) => asJob({ db: core.db, signal }, () => caller.call(call)))
			: ended;
		if (stopped.aborted || reply === null) return;
		await write(core, { core, spec, claim, ms: performance.now() - started }, reply);
	} catch (error) {
		core.log.error({ err: error, runId: claim.runId, jobId: claim.id }, "a job was not done");
	}
}

/** The run has ended: settling only takes the job out of the queue. */
const ended: Reply = { kind: "ops", ops: [], isFinal: false, retryAt: null };

async function prepare(core: Core, spec: FunctionSpec, claim: Claim): Promise<Call | null> {
	const [[run], steps] = await Promise.all([
		core.db.orm.select().from(jobRuns).where(eq(jobRuns.id, claim.runId)),
		core.db.orm
			.select({ id: jobSteps.id, result: jobSteps.result, doneSeq: jobSteps.doneSeq })
			.from(jobSteps)
			.where(eq(jobSteps.runId, claim.runId))
			.orderBy(asc(jobSteps.doneSeq)),
	]);
	if (!run || run.endedAt) return null;
	if (!run.startedAt || run.state === "parked") await begin(core, spec, run);
	return {
		spec,
		stepId: claim.stepId,
		jobId: claim.id,
		runId: run.id,
		attempt: claim.attempt,
		events: run.events,
		steps: steps.flatMap(({ id, result }) => (result ? [{ id, result }] : [])),
		planOnly: steps.some(({ doneSeq }) => doneSeq === null),
	};
}

async function begin(core: Core, spec: FunctionSpec, run: Run): Promise<void> {
	const limit = run.startedAt ? undefined : spec.config.timeouts?.finish;
	const mark = (db: Reader) =>
		db
			.update(jobRuns)
			.set({ state: "running", startedAt: run.startedAt ?? sql`now()` })
			.where(and(eq(jobRuns.id, run.id), isNull(jobRuns.endedAt)));
	if (!limit) return void (await mark(core.db.orm));
	await core.db.transaction(async (tx) => {
		await mark(tx);
		await enqueueWake(tx, run, finishTimeout, parseDue(limit));
	});
}

/** Null where the worker had to stop first. A call can't be ended from outside: past its limit it is given up, and told so. */
async function within(
	{ stepLimit, stopped, core }: Execution,
	call: (signal: AbortSignal) => Promise<Reply>,
): Promise<Reply | null> {
	const overdue = new AbortController();
	const timer = setTimeout(() => overdue.abort(), stepLimit);
	const given = Promise.withResolvers<Reply | null>();
	overdue.signal.addEventListener("abort", () => given.resolve(tooLong(stepLimit)));
	const stop = () => given.resolve(null);
	stopped.addEventListener("abort", stop);
	const called = call(AbortSignal.any([overdue.signal, stopped]));
	called.catch((error: unknown) => core.log.warn({ err: error }, "a call that was given up has failed"));
	try {
		return await Promise.race([called, given.promise]);
	} finally {
		clearTimeout(timer);
		stopped.removeEventListener("abort", stop);
	}
}

const tooLong = (limit: number): Reply => ({
	kind: "failed",
	error: { name: "StepTimeout", message: `It took longer than its limit of ${limit / 1_000} s and was given up` },
	isFinal: false,
	retryAt: null,
});

const mostWrites = 10;

/** What the call found out is worth some patience with the database. */
async function write(core: Core, settled: Parameters<typeof settle>[0], reply: Reply): Promise<void> {
	let last = reply;
	for (let attempt = 1; ; attempt++) {
		try {
			return await settle(settled, last);
		} catch (error) {
			if (error instanceof ClaimLost) {
				core.log.warn({ runId: settled.claim.runId, jobId: settled.claim.id }, "a claim was lost while its call ran");
				return;
			}
			// Not a value that PostgreSQL can keep: no use in trying that again.
			if (databaseCode(error)?.startsWith("22") && last === reply) last = notStorable;
			else if (attempt === mostWrites) throw error;
			else await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 50 * 2 ** attempt)));
		}
	}
}

const notStorable: Reply = {
	kind: "failed",
	error: {
		name: "NotStorable",
		message: "What the step gave back can't be stored: it holds a zero byte or broken text",
	},
	isFinal: true,
	retryAt: null,
};
