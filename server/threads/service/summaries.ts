import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { threadSummaries } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { unreadableDocuments } from "@/server/knowledge/service";
import type { OneSummary, ThreadSummary } from "../contract";
import { findThread } from "./read-thread";

/** What the oldest turns of a conversation came to, as it is kept. */
type KeptSummary = { id: string; upToRunId: string; turns: number; text: string; documentIds: string[] };
type EarlierTurn = { runId: string; question: string; answer: string; documentIds: string[] };

/** Whether a run `r` is among the earlier ones of the run `t`: in its branch, or in what that grew out of. */
const isEarlier: SQL = sql`r.thread_id = t.thread_id and r.created_at < t.created_at and r.id <> t.id
	and (r.branch_id is not distinct from t.branch_id or exists (select from branch_segments s where s.branch_id = t.branch_id
		and s.of_branch_id is not distinct from r.branch_id and r.created_at < s.before))`;

/** The documents that a run's answer rests on: those that it cites, and those whose text its model had before it. */
export const restsOnOf = (run: string): SQL =>
	sql.raw(`(coalesce(jsonb_path_query_array(${run}.result, '$.citations[*].documentId'), '[]')
	|| coalesce(${run}.result #> '{window,documentIds}', '[]') || coalesce(${run}.result #> '{cached,documentIds}', '[]'))`);

/** So many turns are read at once, and of each so many letters: no summary takes more. */
const mostTurns = 60;
const mostChars = 6_001;

/** The summaries that hold for a run, the farthest first, and how many earlier turns it has. */
export async function summariesFor(db: Reader, runId: string): Promise<{ kept: KeptSummary[]; earlier: number }> {
	const [kept, counted] = await Promise.all([
		db.execute<KeptSummary>(sql`
			select k.id, k.up_to_run_id as "upToRunId", k.turns, k.text, k.document_ids as "documentIds"
			from runs t join thread_summaries k on k.thread_id = t.thread_id join runs r on r.id = k.up_to_run_id
			where t.id = ${runId} and ${isEarlier} order by r.created_at desc, r.id desc limit 200`),
		db.execute<{ earlier: number }>(sql`
			select count(*)::int as earlier from runs t join runs r on ${isEarlier} where t.id = ${runId} and r.state = 'succeeded'`),
	]);
	return { kept: [...kept], earlier: counted[0]?.earlier ?? 0 };
}

/**
 * The earlier turns of a run after one of them, oldest first. A question that is still being answered stops them: what comes after
 * it is not summed up before it.
 */
export async function turnsAfter(db: Reader, runId: string, after: string | null): Promise<EarlierTurn[]> {
	const rows = await db.execute<EarlierTurn>(sql`
		with earlier as (
			select r.id, r.question, r.answer, r.result, r.state, r.created_at from runs t join runs r on ${isEarlier} where t.id = ${runId}
		)
		select r.id as "runId", left(r.question, ${mostChars}) as question, left(coalesce(r.answer, ''), ${mostChars}) as answer, ${restsOnOf("r")} as "documentIds"
		from earlier r
		where r.state = 'succeeded'
			and (${after}::uuid is null or (r.created_at, r.id) > (select created_at, id from runs where id = ${after}::uuid))
			and not exists (select from earlier o where o.state in ('queued', 'running', 'waiting') and o.created_at < r.created_at)
		order by r.created_at, r.id limit ${mostTurns}`);
	return [...rows];
}

/** Keeps a summary with the audit's word of it. Where another run was quicker, its summary stays and is the answer. */
export async function keepSummary(
	ctx: ServiceContext,
	made: Omit<KeptSummary, "id"> & { threadId: string; runId: string; model: string; tokens: number },
): Promise<KeptSummary> {
	const { threadId, upToRunId, turns, text, documentIds, model } = made;
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(threadSummaries)
			.values({ threadId, upToRunId, turns, text, documentIds, model })
			// Nothing is changed by it, but what is there comes back.
			.onConflictDoUpdate({ target: threadSummaries.upToRunId, set: { upToRunId } })
			.returning({
				...{ id: threadSummaries.id, upToRunId: threadSummaries.upToRunId, turns: threadSummaries.turns },
				...{ text: threadSummaries.text, documentIds: threadSummaries.documentIds, isNew: sql<boolean>`xmax = 0` },
			});
		if (!row) throw new Error("the summary was not stored");
		const { isNew, ...kept } = row;
		if (isNew)
			await audit(ctx, tx, {
				action: "thread.summarise",
				resource: "thread",
				resourceId: threadId,
				runId: made.runId,
				detail: { turns, model, tokens: made.tokens },
			});
		return kept;
	});
}

/** Summaries that rest on what their person may not read any more. */
export async function forgetSummaries(db: Database, ids: readonly string[]): Promise<void> {
	if (ids.length > 0) await db.orm.delete(threadSummaries).where(inArray(threadSummaries.id, [...ids]));
}

/** A summary of a thread that the caller may read. Its words only where they may read every document that those rest on. */
export async function getSummary(ctx: ServiceContext, { threadId, summaryId }: OneSummary): Promise<ThreadSummary> {
	await findThread(ctx, threadId);
	const { id, turns, text, model, documentIds, createdAt } = threadSummaries;
	const [row] = await ctx.db.orm
		.select({ id, turns, text, model, documentIds, createdAt })
		.from(threadSummaries)
		.where(and(eq(id, summaryId), eq(threadSummaries.threadId, threadId)));
	if (!row) throw notFound("This summary");
	const { documentIds: restsOn, ...summary } = row;
	const isHidden = (await unreadableDocuments(ctx, restsOn)).length > 0;
	return { ...summary, text: isHidden ? null : summary.text };
}
