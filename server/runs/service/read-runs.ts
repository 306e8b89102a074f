import { and, desc, eq, sql } from "drizzle-orm";
import { agents, runs, threads } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/cursor";
import { notFound } from "@/server/core/errors";
import { type ListRuns, type OneRun, type Run, RunResult } from "../contract";

const columns = {
	id: runs.id,
	threadId: runs.threadId,
	threadTitle: threads.title,
	agentId: runs.agentId,
	agentName: agents.name,
	question: runs.question,
	state: runs.state,
	answer: runs.answer,
	result: runs.result,
	reason: runs.reason,
	createdAt: runs.createdAt,
	startedAt: runs.startedAt,
	endedAt: runs.endedAt,
	/** To the microsecond, which a Date does not hold. */
	exactly: sql<string>`${runs.createdAt}::text`,
};

const select = (ctx: ServiceContext) =>
	ctx.db.orm
		.select(columns)
		.from(runs)
		.innerJoin(threads, eq(threads.id, runs.threadId))
		.innerJoin(agents, eq(agents.id, runs.agentId));

type Row = Awaited<ReturnType<typeof select>>[number];
const toRun = ({ exactly: _, ...row }: Row): Run => ({
	...row,
	result: row.result ? RunResult.parse(row.result) : null,
});

/** Runs are their person's own. */
export async function listRuns(ctx: ServiceContext, input: ListRuns): Promise<{ rows: Run[]; next: string | null }> {
	const { userId } = requireUser(ctx);
	const after = decodeCursor(input.cursor);
	const rows = await select(ctx)
		.where(
			and(
				eq(runs.userId, userId),
				input.state ? eq(runs.state, input.state) : undefined,
				after ? sql`(${runs.createdAt}, ${runs.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : undefined,
			),
		)
		.orderBy(desc(runs.createdAt), desc(runs.id))
		.limit(input.limit + 1);
	const page = toPage(rows, input.limit, (row) => [row.exactly, row.id]);
	return { rows: page.rows.map(toRun), next: page.next };
}

export async function getRun(ctx: ServiceContext, { runId }: OneRun): Promise<Run> {
	const { userId } = requireUser(ctx);
	const [row] = await select(ctx).where(and(eq(runs.id, runId), eq(runs.userId, userId)));
	if (!row) throw notFound("This run");
	return toRun(row);
}

/** The newest runs of a thread of one's own, oldest first. */
export async function runsOfThread(ctx: ServiceContext, threadId: string, limit: number): Promise<Run[]> {
	const { userId } = requireUser(ctx);
	const rows = await select(ctx)
		.where(and(eq(runs.threadId, threadId), eq(runs.userId, userId)))
		.orderBy(desc(runs.createdAt), desc(runs.id))
		.limit(limit);
	return rows.reverse().map(toRun);
}
