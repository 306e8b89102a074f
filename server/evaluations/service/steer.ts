import { and, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { datasets, experimentResults, experiments, runs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { experimentMoved } from "@/server/jobs/events";
import { stopRun } from "@/server/runs/service";
import { removeThreads } from "@/server/threads/service";
import type { ExperimentInFull, OneExperiment, SteerExperiment } from "../contract";
import { holdExperiments } from "./advance";
import { mayReadExperiment } from "./hold";
import { tellMoved } from "./judge";
import { getExperiment } from "./read";

/** Pauses, resumes, gives up, tries again what failed, or ends the rating. What is asked for already is done already. */
export async function steerExperiment(ctx: ServiceContext, input: SteerExperiment): Promise<ExperimentInFull> {
	const { experimentId, action } = input;
	const under = await ctx.db.transaction(async (tx) => {
		const held = await hold(ctx, tx, experimentId);
		const runIds = await steer(ctx, tx, held, action);
		const [after] = await tx.select({ state: experiments.state }).from(experiments).where(eq(experiments.id, held.id));
		await audit(ctx, tx, {
			...{ action: `experiment.${action}`, resource: "experiment", resourceId: experimentId },
			before: { state: held.state },
			after: { state: after?.state ?? held.state },
		});
		await emit(tx, experimentMoved.create({ userId: held.userId }));
		return runIds;
	});
	// Each ends by itself, within two seconds; one that nobody had begun yet ends at once, and no executor tells of it.
	for (const runId of under) await stopRun(ctx, { runId });
	if (under.length > 0) await tellMoved(ctx.db, requireUser(ctx).userId);
	return getExperiment(ctx, { experimentId });
}

/** One's own alone: what is shared is shared to be read. */
async function hold(ctx: ServiceContext, tx: Tx, experimentId: string) {
	const { userId } = requireUser(ctx);
	await holdExperiments(tx, userId);
	const [held] = await tx
		.select({ id: experiments.id, userId: experiments.userId, state: experiments.state })
		.from(experiments)
		.innerJoin(datasets, eq(datasets.id, experiments.datasetId))
		.where(and(eq(experiments.id, experimentId), eq(experiments.userId, userId), mayReadExperiment(ctx)))
		.for("update", { of: experiments });
	if (!held) throw notFound("This experiment");
	return held;
}
type Held = Awaited<ReturnType<typeof hold>>;

/** Answers the runs that are to be stopped. */
async function steer(ctx: ServiceContext, tx: Tx, held: Held, action: SteerExperiment["action"]): Promise<string[]> {
	switch (action) {
		case "pause":
			if (held.state === "running") await set(tx, held.id, { state: "paused", reason: null });
			else if (held.state !== "paused") throw over();
			return [];
		case "resume":
			if (held.state === "paused") await set(tx, held.id, { state: "running", reason: null, ...asNow(ctx) });
			else if (held.state !== "running") throw over();
			return [];
		case "cancel": {
			if (held.state === "ended") throw over();
			if (held.state === "cancelled") return [];
			await set(tx, held.id, { state: "cancelled", reason: "It was given up.", endedAt: sql`now()` });
			await move(tx, held.id, ["queued", "judging"], { state: "cancelled", reason: "It was given up." });
			const rows = await tx
				.select({ runId: experimentResults.runId })
				.from(experimentResults)
				.where(and(eq(experimentResults.experimentId, held.id), eq(experimentResults.state, "running")));
			return rows.flatMap(({ runId }) => runId ?? []);
		}
		case "retry":
			await move(tx, held.id, ["failed", "cancelled"], {
				...{ state: "queued", reason: null, runId: null, scores: [], score: null, latencyMs: null, costMicros: null },
			});
			await set(tx, held.id, { state: "running", reason: null, endedAt: null, ...asNow(ctx) });
			return [];
		case "reveal":
			await set(tx, held.id, { revealedAt: sql`coalesce(revealed_at, now())` });
			return [];
	}
}

/** From here on it acts with what its person has in hand now: what it was started with may have ended. */
const asNow = (ctx: ServiceContext) => {
	const { sessionId, keyId } = requireCause(ctx);
	return { sessionId, keyId };
};

const over = () => new AppError("CONFLICT", "This experiment has ended. What failed in it can be tried again.");

const set = (tx: Tx, id: string, change: object) =>
	tx
		.update(experiments)
		.set({ ...change, updatedAt: sql`now()` })
		.where(eq(experiments.id, id));

const move = (
	tx: Tx,
	id: string,
	from: (typeof experimentResults.$inferSelect)["state"][],
	change: Partial<typeof experimentResults.$inferInsert>,
) =>
	tx
		.update(experimentResults)
		.set({ ...change, takenUntil: null, updatedAt: sql`now()` })
		.where(and(eq(experimentResults.experimentId, id), inArray(experimentResults.state, from)));

/** Takes it away with its answers and its runs; whoever carries one of them out stops. */
export async function removeExperiment(ctx: ServiceContext, { experimentId }: OneExperiment): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		await hold(ctx, tx, experimentId);
		const rows = await tx
			.select({ threadId: runs.threadId })
			.from(experimentResults)
			.innerJoin(runs, eq(runs.id, experimentResults.runId))
			.where(and(eq(experimentResults.experimentId, experimentId), isNotNull(experimentResults.runId)));
		await tx.delete(experiments).where(eq(experiments.id, experimentId));
		await audit(ctx, tx, { action: "experiment.remove", resource: "experiment", resourceId: experimentId });
		await removeThreads(
			tx,
			rows.map(({ threadId }) => threadId),
		);
	});
}
