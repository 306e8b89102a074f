import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { workers } from "@/db/schema";
import { type CacheCounts, cacheCounts } from "@/server/core/cache";
import { callCounts } from "@/server/core/metrics";
import type { Metrics } from "../contract";

/** This process counts for itself; the workers tell theirs with each sign of life. */
export async function readMetrics(db: Database): Promise<Metrics> {
	const alive = await db.orm
		.select({ id: workers.id, caches: workers.caches })
		.from(workers)
		.where(sql`${workers.beatAt} > now() - interval '15 seconds'`)
		.orderBy(workers.id);
	const ofWorkers = alive.flatMap(({ id, caches }) => rowsOf(`worker ${id}`, caches));
	return {
		startedAt: new Date(Date.now() - process.uptime() * 1_000),
		residentBytes: process.memoryUsage.rss(),
		caches: [...rowsOf("web", cacheCounts()), ...ofWorkers],
		calls: [...callCounts()].map(([procedure, { calls, failures, totalMs }]) => ({
			procedure,
			calls,
			failures,
			seconds: totalMs / 1_000,
		})),
	};
}

const rowsOf = (process: string, caches: Record<string, CacheCounts>): Metrics["caches"] =>
	Object.entries(caches).map(([name, counts]) => ({ process, name, ...counts }));
