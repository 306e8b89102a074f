import { and, eq, inArray } from "drizzle-orm";
import { runEvents, runs } from "@/db/schema";
import { costOf } from "@/server/core/caps";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { Citation, RunEventBody } from "@/server/runs/contract";
import { askedAt, getRun, hideSources, toRunEvent } from "@/server/runs/service";
import type { ComparedRuns, CompareRuns, RunSide } from "../contract";

/** Two runs of the caller's own, side by side. */
export async function compareRuns(ctx: ServiceContext, { runId, otherRunId }: CompareRuns): Promise<ComparedRuns> {
	return { sides: [await sideOf(ctx, runId, "This run"), await sideOf(ctx, otherRunId, "The other run")] };
}

async function sideOf(ctx: ServiceContext, runId: string, what: string): Promise<RunSide> {
	const { userId } = requireUser(ctx);
	const [from] = await ctx.db.orm
		.select({ forkedFrom: runs.forkedFrom })
		.from(runs)
		.where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	if (!from) throw notFound(what);
	const run = await getRun(ctx, { runId });
	const rows = await ctx.db.orm
		.select()
		.from(runEvents)
		.where(
			and(
				eq(runEvents.runId, runId),
				eq(runEvents.runAt, askedAt(runId)),
				inArray(runEvents.type, ["step.finished", "passages.found"]),
			),
		)
		.orderBy(runEvents.seq)
		.limit(2_000);
	const bodies = rows.map((row) => toRunEvent(row).body);
	const [passages = []] = await hideSources(ctx, [lastPassages(bodies)]);
	return {
		run,
		forkedFrom: from.forkedFrom,
		steps: bodies.flatMap((body) =>
			body.type === "step.finished" ? [{ name: body.step, ms: body.ms, note: body.note }] : [],
		),
		passages,
		cost: run.result ? costOf(run.result.usage) : 0,
		tookMs: run.startedAt && run.endedAt ? run.endedAt.getTime() - run.startedAt.getTime() : null,
	};
}

function lastPassages(bodies: readonly RunEventBody[]): Citation[] {
	const found = bodies.findLast((body) => body.type === "passages.found");
	return found?.type === "passages.found" ? found.citations : [];
}
