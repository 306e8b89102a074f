import { asc, count, desc, inArray, sql } from "drizzle-orm";
import { jobCrons, jobRuns, workers } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { JobsOverview } from "../contract";

type Queue = { ready: number; oldestReadySeconds: number | null; running: number; blocked: number };

/** How the jobs fare, for whoever holds jobs:read. */
export async function readJobsOverview(ctx: ServiceContext): Promise<JobsOverview> {
	const { orm } = ctx.db;
	const [[queue], states, processes, crons] = await Promise.all([
		orm.execute<Queue>(sql`
			with calls as (
				select run_at, claim_token is not null as claimed, blocked_on is not null as blocked
				from job_queue where kind = 'call'
			), counted as (
				select *, not claimed and not blocked and run_at <= now() as ready from calls
			)
			select
				count(*) filter (where ready)::int as ready,
				extract(epoch from now() - min(run_at) filter (where ready))::float8 as "oldestReadySeconds",
				count(*) filter (where claimed)::int as running,
				count(*) filter (where blocked)::int as blocked
			from counted`),
		orm
			.select({ state: jobRuns.state, runs: count() })
			.from(jobRuns)
			.where(inArray(jobRuns.state, ["failed", "parked"]))
			.groupBy(jobRuns.state),
		orm
			.select({
				id: workers.id,
				pid: workers.pid,
				rssMb: workers.rssMb,
				heapMb: workers.heapMb,
				startedAt: workers.startedAt,
				beatAt: workers.beatAt,
				isAlive: sql<boolean>`${workers.beatAt} > now() - interval '15 s'`,
			})
			.from(workers)
			.orderBy(desc(workers.beatAt))
			.limit(100),
		orm.select().from(jobCrons).orderBy(asc(jobCrons.functionId), asc(jobCrons.cron)),
	]);
	const runsIn = (state: "failed" | "parked") => states.find((row) => row.state === state)?.runs ?? 0;
	return {
		engine: env().INNGEST_BASE_URL ? "inngest" : "embedded",
		ready: queue?.ready ?? 0,
		oldestReadySeconds: queue?.oldestReadySeconds ?? null,
		running: queue?.running ?? 0,
		blocked: queue?.blocked ?? 0,
		failed: runsIn("failed"),
		parked: runsIn("parked"),
		workers: processes,
		crons: crons.map(({ functionId, cron, lastAt, nextAt }) => ({ functionId, cron, lastAt, nextAt })),
	};
}
