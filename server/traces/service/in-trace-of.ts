import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { runs, spans } from "@/db/schema";
import { inSpan, within } from "@/server/core/spans";
import { openTrace } from "./open-trace";

type After = {
	/** Null: there is no run any more, and it is simply done. */
	runId: string | null;
	name: string;
	/** Documents whose words it is about, beside those that the trace names. */
	sources: readonly string[];
};

/** Does something about a run that is over, such as judging its answer, as a step of the run's trace. */
export async function inTraceOf<T>(db: Database, { runId, name, sources }: After, work: () => Promise<T>): Promise<T> {
	const run = runId === null ? null : await readRun(db, runId);
	if (!run) return work();
	const { startedAt, named, ...of } = run;
	const root = openTrace(db, { ...of, traceId: of.runId, startedAt, sources: [...named, ...sources] });
	return within(root, () => inSpan({ kind: "node", name }, work));
}

async function readRun(db: Database, runId: string) {
	const { id, startedAt, userId, keyId, agentId } = runs;
	const [run] = await db.orm.select({ runId: id, startedAt, userId, keyId, agentId }).from(runs).where(eq(id, runId));
	if (!run?.startedAt) return null;
	const named = await db.orm.execute<{ id: string }>(sql`
		select distinct jsonb_array_elements_text(content -> 'sources') as id from ${spans}
		where trace_id = ${runId} and day = ${run.startedAt.toISOString().slice(0, 10)} and content ? 'sources'`);
	return { ...run, startedAt: run.startedAt, named: named.map((one) => one.id) };
}
