import { and, arrayOverlaps, eq, inArray, isNotNull, isNull, notLike, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { type JobRunState, jobQueue, jobRuns, jobSteps, jobWaits } from "@/db/schema";

type Queued = {
	runId: string;
	stepId: string;
	kind: "call" | "wake";
	attempt: number;
	runAt: Date;
	isDue: boolean;
	isClaimed: boolean;
	blockedOn: string | null;
	/** Its place among the calls that are ready; null where it is not one of them. */
	place: number | null;
};
type Waiting = { id: string; state: JobRunState; endedAt: Date | null };

/** Why each of these runs waits, from what stands in the queue now. A run that is being executed, or has ended, is not told. */
export async function whyWaiting(db: Database, runs: readonly Waiting[]): Promise<Map<string, string>> {
	const open = runs.filter((run) => !run.endedAt);
	const ids = open.map(({ id }) => id);
	if (ids.length === 0) return new Map();
	const [queued, events, children, steps] = await Promise.all([
		readQueue(db, ids),
		readEvents(db, ids),
		readChildren(db, ids),
		readNames(db, ids),
	]);
	const holders = await readHolders(db, queued);
	const reasons = new Map<string, string>();
	for (const run of open) {
		const jobs = queued.filter((job) => job.runId === run.id);
		if (jobs.some((job) => job.isClaimed)) continue;
		const found = jobs
			.filter(({ stepId }) => !stepId.startsWith("$"))
			.map((job) => {
				const key = `${run.id} ${job.stepId}`;
				return explain(job, { event: events.get(key), child: children.get(key), name: steps.get(key), holders });
			});
		for (const [key, child] of children)
			if (key.startsWith(`${run.id} `) && !jobs.some((job) => `${run.id} ${job.stepId}` === key))
				found.push(`Waits for the job ${child}`);
		if (run.state === "parked") found.unshift("Its function is not in the code");
		reasons.set(run.id, found.join("; ") || "Nothing will wake it: cancel it and run it again");
	}
	return reasons;
}

function explain(
	job: Queued,
	known: {
		event: string | undefined;
		child: string | undefined;
		name: string | undefined;
		holders: Map<string, string[]>;
	},
): string {
	const until = job.runAt.toISOString();
	if (job.kind === "wake") {
		if (known.event) return `Waits for the event ${known.event}, until ${until}`;
		if (known.child) return `Waits for the job ${known.child}, until ${until}`;
		return `Sleeps until ${until}`;
	}
	if (job.blockedOn) {
		const holders = known.holders.get(job.blockedOn) ?? [];
		return `Waits for room under "${job.blockedOn}"${holders.length > 0 ? `, held by ${holders.join(", ")}` : ""}`;
	}
	if (job.isDue) return job.place === null ? "Waits for a worker" : `Place ${job.place} in the queue`;
	const what = known.name ? `${known.name} is tried again` : "It is tried again";
	return `${what} at ${until}, attempt ${job.attempt + 1}`;
}

async function readQueue(db: Database, ids: string[]): Promise<Queued[]> {
	const isDue = sql<boolean>`${jobQueue.runAt} <= now()`;
	const ready = db.orm.$with("ready").as(
		db.orm
			.select({
				readyId: sql<number>`${jobQueue.id}`.as("ready_id"),
				place: sql<number>`(row_number() over (order by ${jobQueue.orderAt}, ${jobQueue.id}))::int`.as("place"),
			})
			.from(jobQueue)
			.where(and(eq(jobQueue.kind, "call"), isNull(jobQueue.claimToken), isNull(jobQueue.blockedOn), isDue)),
	);
	return db.orm
		.with(ready)
		.select({
			runId: jobQueue.runId,
			stepId: jobQueue.stepId,
			kind: jobQueue.kind,
			attempt: jobQueue.attempt,
			runAt: jobQueue.runAt,
			isDue,
			isClaimed: sql<boolean>`${jobQueue.claimToken} is not null`,
			blockedOn: jobQueue.blockedOn,
			place: ready.place,
		})
		.from(jobQueue)
		.leftJoin(ready, eq(ready.readyId, jobQueue.id))
		.where(inArray(jobQueue.runId, ids))
		.orderBy(jobQueue.runAt, jobQueue.id);
}

const byStep = <Row extends { runId: string | null; stepId: string | null }>(
	rows: Row[],
	value: (row: Row) => string,
) => new Map(rows.map((row) => [`${row.runId} ${row.stepId}`, value(row)]));

/** What the runs' steps wait for; not what would cancel the runs. */
async function readEvents(db: Database, ids: string[]): Promise<Map<string, string>> {
	const rows = await db.orm
		.select({ runId: jobWaits.runId, stepId: jobWaits.stepId, event: jobWaits.event })
		.from(jobWaits)
		.where(and(inArray(jobWaits.runId, ids), notLike(jobWaits.stepId, "$cancel:%")));
	return byStep(rows, ({ event }) => event);
}

async function readChildren(db: Database, ids: string[]): Promise<Map<string, string>> {
	const rows = await db.orm
		.select({ runId: jobRuns.parentRunId, stepId: jobRuns.parentStepId, id: jobRuns.id, name: jobRuns.functionId })
		.from(jobRuns)
		.where(and(inArray(jobRuns.parentRunId, ids), isNull(jobRuns.endedAt)));
	return byStep(rows, ({ id, name }) => `${id} of ${name}`);
}

async function readNames(db: Database, ids: string[]): Promise<Map<string, string>> {
	const rows = await db.orm
		.select({ runId: jobSteps.runId, stepId: jobSteps.id, name: jobSteps.name })
		.from(jobSteps)
		.where(and(inArray(jobSteps.runId, ids), isNull(jobSteps.doneSeq), isNotNull(jobSteps.name)));
	return byStep(rows, ({ name }) => name ?? "");
}

/** The runs that hold each key that is waited for. */
async function readHolders(db: Database, queued: Queued[]): Promise<Map<string, string[]>> {
	const keys = new Set(queued.flatMap(({ blockedOn }) => blockedOn ?? []));
	const holders = new Map<string, string[]>();
	if (keys.size === 0) return holders;
	const rows = await db.orm
		.select({ runId: jobQueue.runId, keys: jobQueue.concurrencyKeys })
		.from(jobQueue)
		.where(and(isNotNull(jobQueue.claimToken), arrayOverlaps(jobQueue.concurrencyKeys, [...keys])));
	for (const { runId, keys: held } of rows)
		for (const key of held.filter((one) => keys.has(one))) holders.set(key, [...(holders.get(key) ?? []), runId]);
	return holders;
}
