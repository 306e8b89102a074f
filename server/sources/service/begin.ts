import { and, asc, eq, isNull, lt, lte, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { collections, sourceRuns, sources } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { syncBegun } from "@/server/jobs/events";
import { notifyCollection } from "@/server/knowledge/service";
import type { OneSource, Source } from "../contract";
import { forgetOld } from "../kinds";
import type { SourceRow } from "../place";
import { holdSource } from "./hold";
import { getSource } from "./read";

const atOnce = 50;

/** Begins a sync; false where one is under way. The event goes out if and only if all of it holds. */
async function begin(tx: Tx, source: SourceRow, askedBy: string | null): Promise<boolean> {
	const { id: sourceId, everyMinutes } = source;
	const [sync] = await tx
		.insert(sourceRuns)
		.values({ sourceId, askedBy })
		.onConflictDoNothing()
		.returning({ id: sourceRuns.id });
	const nextAt = everyMinutes === null ? null : sql`now() + make_interval(mins => ${everyMinutes})`;
	await tx.update(sources).set({ nextAt }).where(eq(sources.id, sourceId));
	if (sync) await emit(tx, syncBegun.create({ sourceId, syncId: sync.id }));
	await notifyCollection(tx, source.collectionId);
	return sync !== undefined;
}

/** Syncs a source now. */
export async function syncNow(ctx: ServiceContext, { sourceId }: OneSource): Promise<Source> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		const source = await holdSource(ctx, tx, sourceId);
		if (source.isPaused) throw new AppError("CONFLICT", "This source is paused: resume it first.");
		if (!(await begin(tx, source, userId)))
			throw new AppError("CONFLICT", "This source is being synced just now: look at how far it is.");
		await audit(ctx, tx, {
			action: "source.sync",
			resource: "source",
			resourceId: sourceId,
			detail: { collectionId: source.collectionId },
		});
		return getSource(ctx, { sourceId }, tx);
	});
}

/** Begins what is due, and ends what was lost. Answers how many syncs it began. */
export async function beginDue(ctx: ServiceContext): Promise<number> {
	await endLost(ctx);
	await forgetOld();
	return ctx.db.transaction(async (tx) => {
		const due = await tx
			.select({ source: sources })
			.from(sources)
			.innerJoin(collections, and(eq(collections.id, sources.collectionId), isNull(collections.deletedAt)))
			.where(and(eq(sources.isPaused, false), lte(sources.nextAt, sql`now()`)))
			.orderBy(asc(sources.nextAt))
			.limit(atOnce)
			.for("update", { of: sources, skipLocked: true });
		let begun = 0;
		for (const { source } of due) if (await begin(tx, source, null)) begun++;
		return begun;
	});
}

/** One that has not come on for an hour has nobody who does it any more. */
const endLost = (ctx: ServiceContext) =>
	ctx.db.orm
		.update(sourceRuns)
		.set({ state: "failed", reason: "It was broken off, and nobody went on with it. Sync again.", endedAt: sql`now()` })
		.where(and(eq(sourceRuns.state, "running"), lt(sourceRuns.beatAt, sql`now() - interval '1 hour'`)));
