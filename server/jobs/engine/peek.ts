import { sql } from "drizzle-orm";
import type { Core } from "./core";

/** What there is to do, in one look. Times are ms from now, null where nothing of the kind stands in the future. */
export type Work = {
	hasEvents: boolean;
	hasCalls: boolean;
	hasWakes: boolean;
	hasCrons: boolean;
	nextCall: number | null;
	nextWake: number | null;
	nextCron: number | null;
};

export async function peek(core: Core): Promise<Work> {
	const [work] = await core.db.orm.execute<Work>(sql`
		with waiting as (select kind, run_at from job_queue where claim_token is null and blocked_on is null)
		select
			exists (select 1 from job_events where delivered_at is null) as "hasEvents",
			exists (select 1 from waiting where kind = 'call' and run_at <= now()) as "hasCalls",
			exists (select 1 from waiting where kind = 'wake' and run_at <= now()) as "hasWakes",
			exists (select 1 from job_crons where next_at <= now()) as "hasCrons",
			${msUntil(sql`(select min(run_at) from waiting where kind = 'call' and run_at > now())`)} as "nextCall",
			${msUntil(sql`(select min(run_at) from waiting where kind = 'wake' and run_at > now())`)} as "nextWake",
			${msUntil(sql`(select min(next_at) from job_crons where next_at > now())`)} as "nextCron"`);
	if (!work) throw new Error("A look at the queue gave no answer");
	return work;
}

const msUntil = (time: ReturnType<typeof sql>) => sql`(extract(epoch from ${time} - now()) * 1000)::float8`;
