import { and, desc, eq, or, type SQL, sql } from "drizzle-orm";
import { agents, branchSegments, runs, threads } from "@/db/schema";
import type { GraphName } from "@/server/agents/contract";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mayReadThread } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { unreadableDocuments } from "@/server/knowledge/service";
import { type ListRuns, type OneRun, type Run, RunResult } from "../contract";
import { hideSources } from "./hide-sources";

const columns = {
	id: runs.id,
	threadId: runs.threadId,
	branchId: runs.branchId,
	threadTitle: threads.title,
	agentId: runs.agentId,
	agentName: agents.name,
	graph: sql<GraphName>`(select graph from agent_versions where id = ${runs.agentVersionId})`,
	agentVersion: sql<number>`(select version from agent_versions where id = ${runs.agentVersionId})`,
	question: runs.question,
	state: runs.state,
	answer: runs.answer,
	result: runs.result,
	reason: runs.reason,
	createdAt: runs.createdAt,
	startedAt: runs.startedAt,
	endedAt: runs.endedAt,
};

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, ...more })
		.from(runs)
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.innerJoin(agents, eq(agents.id, runs.agentId));

type Row = Omit<Run, "result"> & { result: unknown };
const toRun = (row: Row): Run => ({
	...row,
	result: row.result ? RunResult.parse(row.result) : null,
});

/** Runs are their person's own. */
export async function listRuns(ctx: ServiceContext, input: ListRuns): Promise<{ rows: Run[]; next: string | null }> {
	const { userId } = requireUser(ctx);
	const { citedDocumentId, ...filter } = input.filter ?? {};
	const narrowed = { ...input, filter, citedDocumentId };
	const list = listQuery(narrowed, {
		filter: { state: runs.state, agentId: runs.agentId, threadId: runs.threadId, createdAt: runs.createdAt },
		sort: { createdAt: runs.createdAt },
		id: runs.id,
	});
	const rows = await select(ctx, { key: list.key })
		.where(and(eq(runs.userId, userId), list.where, citing(citedDocumentId)))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: await hideSourcesOf(ctx, page.rows.map(toRun)), next: page.next };
}

type Cited = NonNullable<ListRuns["filter"]>["citedDocumentId"];

/** A run cites many documents: what is asked is whether these are among them. */
function citing({ eq: one, in: some }: NonNullable<Cited> = {}): SQL | undefined {
	const cites = (documentId: string) =>
		sql`${runs.result} @> ${JSON.stringify({ citations: [{ documentId }] })}::jsonb`;
	return and(one ? cites(one) : undefined, some ? or(...some.map(cites)) : undefined);
}

export async function getRun(ctx: ServiceContext, { runId }: OneRun): Promise<Run> {
	const { userId } = requireUser(ctx);
	const rows = await select(ctx, {}).where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	const [run] = await hideSourcesOf(ctx, rows.map(toRun));
	if (!run) throw notFound("This run");
	return run;
}

/** All that a run's answer can change by; its text and sources come with its end, and not before, and sources go with the right to read them. */
export async function versionOfRun(ctx: ServiceContext, { runId }: OneRun): Promise<Version> {
	const { userId } = requireUser(ctx);
	const [row] = await ctx.db.orm
		.select({
			...{ state: runs.state, startedAt: runs.startedAt, endedAt: runs.endedAt, reason: runs.reason },
			...{ title: threads.title, agent: agents.name },
			documentIds: sql<string[] | null>`jsonb_path_query_array(${runs.result}, '$.citations[*].documentId')`,
		})
		.from(runs)
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.innerJoin(agents, eq(agents.id, runs.agentId))
		.where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	if (!row) throw notFound("This run");
	const { documentIds, ...of } = row;
	return { of: { ...of, hidden: await unreadableDocuments(ctx, [...new Set(documentIds ?? [])]) } };
}

/** The newest runs of a thread that one may read, oldest first; of those before a moment, where one is named. */
export async function runsOfThread(
	ctx: ServiceContext,
	threadId: string,
	{ limit, before, branchId = null }: { limit: number; before?: Run; branchId?: string | null },
): Promise<Run[]> {
	const user = requireUser(ctx);
	const earlier =
		before && sql`(${runs.createdAt}, ${runs.id}) < (select created_at, id from runs where id = ${before.id})`;
	const rows = await select(ctx, {})
		.where(and(eq(runs.threadId, threadId), mayReadThread(user), inBranch(branchId), earlier))
		.orderBy(desc(runs.createdAt), desc(runs.id))
		.limit(limit);
	return hideSourcesOf(ctx, rows.reverse().map(toRun));
}

/** The trunk; or a branch, with what it has in common with those that it grew out of. */
const inBranch = (branchId: string | null): SQL =>
	branchId === null
		? sql`${runs.branchId} is null`
		: sql`(${runs.branchId} = ${branchId} or exists (select from ${branchSegments} where ${and(
				eq(branchSegments.branchId, branchId),
				sql`${branchSegments.ofBranchId} is not distinct from ${runs.branchId} and ${runs.createdAt} < ${branchSegments.before}`,
			)}))`;

async function hideSourcesOf(ctx: ServiceContext, found: Run[]): Promise<Run[]> {
	const citations = await hideSources(
		ctx,
		found.map(({ result }) => result?.citations ?? []),
	);
	return found.map((run, at) => ({ ...run, result: run.result && { ...run.result, citations: citations[at] ?? [] } }));
}
