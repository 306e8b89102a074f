import { and, asc, count, eq, inArray, sql } from "drizzle-orm";
import { isDatabaseAway, type Tx } from "@/db/connection";
import {
	chunks,
	datasetItems,
	experimentResults,
	experiments,
	experimentVariants,
	runs,
	type StoredScore,
} from "@/db/schema";
import { findStanding, refusalTexts } from "@/server/auth/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError, errorTable } from "@/server/core/errors";
import { isEnded, RunResult } from "@/server/runs/contract";
import { startRun } from "@/server/runs/service";
import { storedScorers } from "./hold";
import { meanOf, measure } from "./measures";

/** Answers of one person's experiments that are worked on at once: their chats keep their places. */
const mostAtOnce = 4;
const atOnce = (): number => Math.max(1, Math.min(mostAtOnce, Math.floor(env().QD_RUNS_PER_USER / 2)));

/** All that changes a person's experiments waits here for each other, until its transaction ends. */
export const holdExperiments = (tx: Tx, userId: string): Promise<unknown> =>
	tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 3))`);

/**
 * Takes over what has ended, measures it and starts what is next in a person's experiments. It may be called by anybody, at any
 * time and as often as they like: what is started is started once, whatever dies in between. Answers how much it did.
 */
export async function advance(ctx: ServiceContext, userId: string): Promise<number> {
	return ctx.db.transaction(async (tx) => {
		await holdExperiments(tx, userId);
		let moved = await takeOver(tx, userId);
		for (let open = await openRuns(tx, userId); open < atOnce(); ) {
			const next = await nextCell(tx, userId);
			if (!next) break;
			const came = await begin(ctx, tx, next);
			if (came === "waits") break;
			moved++;
			if (came === "started") open++;
		}
		await endFinished(tx, userId);
		return moved;
	});
}

const ofPerson = (userId: string) => eq(experiments.userId, userId);

/** What became of the runs that have ended. One that is gone failed. */
async function takeOver(tx: Tx, userId: string): Promise<number> {
	const rows = await tx
		.select({
			id: experimentResults.id,
			scorers: experiments.scorers,
			expected: datasetItems.expected,
			run: {
				state: runs.state,
				answer: runs.answer,
				result: runs.result,
				reason: runs.reason,
				isStopped: sql<boolean>`${runs.stopRequestedAt} is not null`,
			},
			latencyMs: sql<number | null>`(extract(epoch from ${runs.endedAt} - ${runs.startedAt}) * 1000)::int`,
		})
		.from(experimentResults)
		.innerJoin(experiments, eq(experiments.id, experimentResults.experimentId))
		.innerJoin(datasetItems, eq(datasetItems.id, experimentResults.itemRowId))
		.leftJoin(runs, eq(runs.id, experimentResults.runId))
		.where(
			and(
				ofPerson(userId),
				eq(experimentResults.state, "running"),
				sql`(${runs.id} is null or ${runs.state} in ('succeeded', 'failed', 'cancelled'))`,
			),
		)
		.limit(200);
	for (const { id, run, expected, latencyMs, ...row } of rows) {
		const scorers = storedScorers(row.scorers);
		if (!run || !isEnded(run.state) || run.state !== "succeeded" || run.answer === null) {
			const state = run?.state === "cancelled" && run.isStopped ? "cancelled" : "failed";
			await set(tx, id, { state, reason: run?.reason ?? (run ? "It gave no answer." : "Its run is gone.") });
			continue;
		}
		const { answer } = run;
		const result = RunResult.safeParse(run.result).data ?? null;
		const passages = await passagesOf(tx, result?.citations.map(({ chunkId }) => chunkId) ?? []);
		const costMicros = result?.cost ? result.cost.micros : null;
		const scores = measure(scorers, { answer, expected, result, passages, latencyMs, costMicros });
		const state = scorers.some(({ kind }) => kind === "judge") ? "judging" : "done";
		await set(tx, id, { state, reason: null, scores, score: meanOf(scores), latencyMs, costMicros });
	}
	return rows.length;
}

/** Of what an answer cites, the whole passages; they are held against it and go nowhere. */
export async function passagesOf(tx: Pick<Tx, "select">, ids: readonly number[]): Promise<string[]> {
	if (ids.length === 0) return [];
	const rows = await tx
		.select({ text: chunks.text })
		.from(chunks)
		.where(inArray(chunks.id, [...ids]));
	return rows.map(({ text }) => text);
}

type Change = Partial<{
	state: (typeof experimentResults.$inferSelect)["state"];
	reason: string | null;
	runId: string;
	scores: StoredScore[];
	score: number | null;
	latencyMs: number | null;
	costMicros: number | null;
}>;
const set = (tx: Tx, id: string, change: Change) =>
	tx
		.update(experimentResults)
		.set({ ...change, updatedAt: sql`now()` })
		.where(eq(experimentResults.id, id));

async function openRuns(tx: Tx, userId: string): Promise<number> {
	const [row] = await tx
		.select({ open: count() })
		.from(experimentResults)
		.innerJoin(experiments, eq(experiments.id, experimentResults.experimentId))
		.where(and(ofPerson(userId), eq(experimentResults.state, "running")));
	return row?.open ?? 0;
}

async function nextCell(tx: Tx, userId: string) {
	const [next] = await tx
		.select({
			id: experimentResults.id,
			input: datasetItems.input,
			experiment: experiments,
			variant: experimentVariants,
		})
		.from(experimentResults)
		.innerJoin(experiments, eq(experiments.id, experimentResults.experimentId))
		.innerJoin(experimentVariants, eq(experimentVariants.id, experimentResults.variantId))
		.innerJoin(datasetItems, eq(datasetItems.id, experimentResults.itemRowId))
		.where(and(ofPerson(userId), eq(experiments.state, "running"), eq(experimentResults.state, "queued")))
		.orderBy(asc(experiments.createdAt), asc(experimentResults.ordinal), asc(experimentVariants.ordinal))
		.limit(1)
		.for("update", { of: experimentResults });
	return next;
}
type Next = NonNullable<Awaited<ReturnType<typeof nextCell>>>;

/** Starts the run of one answer, as its person and with what they may do at this moment. */
async function begin(ctx: ServiceContext, tx: Tx, next: Next): Promise<"started" | "failed" | "waits"> {
	const { experiment, variant } = next;
	const { userId, sessionId, keyId } = experiment;
	// All in this one connection: who held one and waited for another would wait for those who wait for it.
	const db = ctx.db.within(tx);
	const { principal, refusal } = await findStanding(db, { userId, sessionId, keyId });
	const lost = principal ? null : refusalTexts[refusal];
	if (!principal || !actorMay(principal, "runs:write") || !actorMay(principal, "evaluations:write")) {
		await giveUp(ctx, tx, experiment.id, lost ?? "Whom it worked for may not run agents or experiments any more.");
		return "failed";
	}
	const as: ServiceContext = { ...ctx, db, actor: principal, via: "job" };
	try {
		const { agentId, agentVersionId, promptVersionId, model } = variant;
		const { runId } = await startRun(
			as,
			// Nothing was said before, and no list of chats shows it.
			{ question: next.input, agentId, conversation: { history: [], wishes: "", functions: [], exchange: [] } },
			{ agentVersionId, tokens: 0, promptVersionId, model },
		);
		await set(tx, next.id, { state: "running", runId, reason: null });
		if (experiment.reason) await setReason(tx, experiment.id, null);
		return "started";
	} catch (error) {
		const isTold = error instanceof AppError && errorTable[error.code].class === "user";
		if (!isTold || isDatabaseAway(error)) throw error;
		if (error.code === "LIMIT_REACHED") {
			// Nothing is lost by it: the next look, within a minute, tries again.
			await setReason(tx, experiment.id, `It waits. ${error.message}`);
			return "waits";
		}
		await set(tx, next.id, {
			state: "failed",
			reason: error.code === "NOT_FOUND" ? "You can't ask this agent any more." : error.message,
		});
		return "failed";
	}
}

const setReason = (tx: Tx, id: string, reason: string | null) =>
	tx.update(experiments).set({ reason }).where(eq(experiments.id, id));

/** Nothing more of it is started. */
async function giveUp(ctx: ServiceContext, tx: Tx, experimentId: string, reason: string): Promise<void> {
	await tx
		.update(experiments)
		.set({ state: "cancelled", reason, endedAt: sql`now()`, updatedAt: sql`now()` })
		.where(eq(experiments.id, experimentId));
	await tx
		.update(experimentResults)
		.set({ state: "cancelled", reason, updatedAt: sql`now()` })
		.where(
			and(eq(experimentResults.experimentId, experimentId), inArray(experimentResults.state, ["queued", "judging"])),
		);
	await audit(ctx, tx, {
		...{ action: "experiment.end", resource: "experiment", resourceId: experimentId },
		...{ outcome: "denied", reason },
	});
}

const isFinished = sql`not exists (select 1 from experiment_results r where r.experiment_id = ${experiments.id} and r.state in ('queued', 'running', 'judging'))`;

export async function endFinished(tx: Tx, userId: string): Promise<void> {
	await tx
		.update(experiments)
		.set({ state: "ended", reason: null, endedAt: sql`now()`, updatedAt: sql`now()` })
		.where(and(ofPerson(userId), inArray(experiments.state, ["running", "paused"]), isFinished));
}

/** Whose experiments have something to do: what a killed worker left, what has ended, and what waited for budget. */
export async function peopleWithOpen(ctx: ServiceContext): Promise<string[]> {
	const people = await ctx.db.orm
		.selectDistinct({ userId: experiments.userId })
		.from(experiments)
		.innerJoin(experimentResults, eq(experimentResults.experimentId, experiments.id))
		.where(inArray(experimentResults.state, ["queued", "running", "judging"]));
	return people.map(({ userId }) => userId);
}
