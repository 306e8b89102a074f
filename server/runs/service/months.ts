import { sql } from "drizzle-orm";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";

/** Makes the partitions of the months to come before anybody needs them, and those of runs that went where none was. */
export async function makeEventMonths(ctx: ServiceContext): Promise<void> {
	const rows = await ctx.db.orm.execute<{ month: string }>(sql`
		select distinct date_trunc('month', run_at at time zone 'UTC')::date::text as month from run_events_rest
		union select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead))::date::text
			from generate_series(0, 2) ahead
		order by month`);
	for (const { month } of rows)
		await ctx.db.orm.execute(sql`select run_events_make_month(${month}::timestamp at time zone 'UTC')`);
}

/**
 * Drops the events of months whose runs ended longer ago than `days`, oldest first. Questions, answers and what they rest on
 * stay: they are the runs' own. Answers which months went.
 */
export async function dropEventMonths(ctx: ServiceContext, days = env().QD_RUN_EVENT_DAYS): Promise<string[]> {
	const dropped: string[] = [];
	if (days === undefined) return dropped;
	for (let month: string | null = ""; month !== null && !ctx.signal?.aborted; ) {
		month = await ctx.db.transaction(async (tx) => {
			const [row] = await tx.execute<{ month: string | null }>(
				sql`select run_events_drop_month(${days})::text as month`,
			);
			if (!row?.month) return null;
			await audit(ctx, tx, { action: "run.drop-events", resource: "run", detail: { month: row.month, days } });
			return row.month;
		});
		if (month !== null) dropped.push(month);
	}
	return dropped;
}
