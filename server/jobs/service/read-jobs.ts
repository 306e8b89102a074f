import { asc, count, eq, inArray } from "drizzle-orm";
import { jobAttempts, jobRuns, jobSteps, type StoredError } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { JobAttempt, JobDetail, JobPage, JobRun, JobStep, ListJobs, OneJob } from "../contract";
import { whyWaiting } from "./waiting";

const columns = {
	id: jobRuns.id,
	functionId: jobRuns.functionId,
	state: jobRuns.state,
	error: jobRuns.error,
	createdAt: jobRuns.createdAt,
	startedAt: jobRuns.startedAt,
	endedAt: jobRuns.endedAt,
};

/** Jobs belong to the organisation: whoever holds jobs:read sees each. Newest first. */
export async function listJobs(ctx: ServiceContext, input: ListJobs): Promise<JobPage> {
	const list = listQuery(input, {
		filter: { state: jobRuns.state, functionId: jobRuns.functionId, createdAt: jobRuns.createdAt },
		sort: { createdAt: jobRuns.createdAt },
		id: jobRuns.id,
	});
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(jobRuns)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: await described(ctx, page.rows), next: page.next };
}

export async function getJob(ctx: ServiceContext, input: OneJob): Promise<JobDetail> {
	const rows = await ctx.db.orm.select(columns).from(jobRuns).where(eq(jobRuns.id, input.jobRunId));
	const [run] = await described(ctx, rows);
	if (!run) throw notFound("This job");
	return { run, steps: await readSteps(ctx, run) };
}

type Row = Omit<JobRun, "waitingFor" | "attempts" | "error"> & { error: StoredError | null };

async function described(ctx: ServiceContext, rows: Row[]): Promise<JobRun[]> {
	if (rows.length === 0) return [];
	const ids = rows.map(({ id }) => id);
	const [waiting, calls] = await Promise.all([
		whyWaiting(ctx.db, rows),
		ctx.db.orm
			.select({ runId: jobAttempts.runId, calls: count() })
			.from(jobAttempts)
			.where(inArray(jobAttempts.runId, ids))
			.groupBy(jobAttempts.runId),
	]);
	const attempts = new Map(calls.map((row) => [row.runId, row.calls]));
	return rows.map((row) => ({
		...row,
		error: inWords(row.error),
		waitingFor: waiting.get(row.id) ?? null,
		attempts: attempts.get(row.id) ?? 0,
	}));
}

/** Steps in the order in which they began. Calls that were about the function itself stand at the end, as a step of its own. */
async function readSteps(ctx: ServiceContext, run: JobRun): Promise<JobStep[]> {
	const [known, calls] = await Promise.all([
		ctx.db.orm
			.select({
				id: jobSteps.id,
				name: jobSteps.name,
				op: jobSteps.op,
				state: jobSteps.state,
				createdAt: jobSteps.createdAt,
				endedAt: jobSteps.endedAt,
			})
			.from(jobSteps)
			.where(eq(jobSteps.runId, run.id))
			.orderBy(asc(jobSteps.createdAt), asc(jobSteps.doneSeq)),
		ctx.db.orm.select().from(jobAttempts).where(eq(jobAttempts.runId, run.id)).orderBy(asc(jobAttempts.id)),
	]);
	const steps = new Map<string, JobStep>(
		known.map((step) => [step.id, { ...step, name: step.name ?? step.id, attempts: [] }]),
	);
	const around: JobStep = {
		id: run.id,
		name: run.functionId,
		op: "Function",
		state: run.state,
		attempts: [],
		createdAt: run.createdAt,
		endedAt: run.endedAt,
	};
	for (const { stepId, name, attempt, state, error, ms, at } of calls) {
		const told: JobAttempt = { attempt, state, error: inWords(error), ms, at };
		const step = stepId === null ? around : (steps.get(stepId) ?? notYetDone(stepId, name ?? stepId, at));
		if (stepId !== null) steps.set(stepId, step);
		step.attempts.push(told);
	}
	return [...steps.values(), ...(around.attempts.length > 0 ? [around] : [])];
}

/** A step is written when it is done; until then only its attempts are. */
const notYetDone = (id: string, name: string, createdAt: Date): JobStep => ({
	id,
	name,
	op: "StepRun",
	state: "retrying",
	attempts: [],
	createdAt,
	endedAt: null,
});

const inWords = (error: StoredError | null) =>
	error ? (error.name === "Error" ? error.message : `${error.name}: ${error.message}`) : null;
