import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { prompts, promptVersions, runs, spans } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import { unreadableDocuments } from "@/server/knowledge/service";

/** Whether the caller may see the trace of the row: their own, and everybody's with the right to oversee. */
export function maySee(ctx: ServiceContext, userId: SQL | typeof spans.userId | typeof runs.userId): SQL {
	const user = requireUser(ctx);
	return user.permissions.has("traces:oversee") ? sql`true` : sql`${userId} = ${user.userId}`;
}

/** Whether the caller may read the prompt that the model of the row was told. */
function mayReadPrompt(ctx: ServiceContext): SQL<boolean> {
	const user = requireUser(ctx);
	if (!user.permissions.has("prompts:read")) return sql<boolean>`false`;
	const readable = mayReadRow(user, "prompt", { id: prompts.id, ownerId: prompts.ownerId });
	return sql<boolean>`(${spans.promptVersionId} is null or exists (select from ${promptVersions}
		join ${prompts} on ${prompts.id} = ${promptVersions.promptId}
		where ${promptVersions.id} = ${spans.promptVersionId} and ${readable}))`;
}

/**
 * Whether the caller may read what the model of a row was told and said: its prompt, and at this moment every document whose
 * words may stand in it, whoever may have read them then. Where nobody knows which those are it is not shown.
 */
export async function mayReadSaid(
	ctx: ServiceContext,
	{ traceId, day }: Pick<FoundTrace, "traceId" | "day">,
): Promise<SQL<boolean>> {
	if (!requireUser(ctx).permissions.has("prompts:read")) return sql<boolean>`false`;
	const named = await ctx.db.orm.execute<{ id: string }>(sql`
		select distinct jsonb_array_elements_text(content -> 'sources') as id from ${spans}
		where trace_id = ${traceId} and day = ${day} and content ? 'sources'`);
	const ids = named.map(({ id }) => id);
	const gone = actorMay(ctx.actor, "knowledge:read") ? await unreadableDocuments(ctx, ids) : ids;
	const rests = sql`${spans.content} -> 'sources' ?| array(select jsonb_array_elements_text(${JSON.stringify(gone)}::text::jsonb))`;
	const isReadable = sql`(${spans.content} is null or (${spans.content} ? 'sources' and not ${rests}))`;
	return sql<boolean>`(${isReadable} and ${mayReadPrompt(ctx)})`;
}

export type FoundTrace = {
	traceId: string;
	day: string;
	startedAt: Date;
	root: typeof spans.$inferSelect | null;
	run: { userId: string; agentId: string; endedAt: Date | null } | null;
};

/** What was just said may be on its way still, in ms. */
const onItsWayMs = 10_000;

/** A trace that the caller may see; one of a run that goes on has no root yet. Throws for all others. */
export async function findTrace(ctx: ServiceContext, traceId: string): Promise<FoundTrace> {
	const [root] = await ctx.db.orm
		.select()
		.from(spans)
		.where(and(eq(spans.traceId, traceId), isNull(spans.parentId), maySee(ctx, spans.userId)));
	if (root) return { traceId, day: root.day, startedAt: root.startedAt, root, run: null };
	const [run] = await ctx.db.orm
		.select({ userId: runs.userId, agentId: runs.agentId, startedAt: runs.startedAt, endedAt: runs.endedAt })
		.from(runs)
		.where(and(eq(runs.id, traceId), maySee(ctx, runs.userId)));
	const isOpen = run?.startedAt && (!run.endedAt || Date.now() - run.endedAt.getTime() < onItsWayMs);
	if (!run?.startedAt || !isOpen) throw notFound("This trace");
	return { traceId, day: dayOf(run.startedAt), startedAt: run.startedAt, root: null, run };
}

/** The day that a trace is kept under. */
const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
