import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";

/** Up to here each attempt counts, and nobody asks which of them only waited. */
const freeTries = 20;

type EarlierAttempts = { tries: number; partial: string };

/**
 * Of runs that were claimed, what those that somebody had before say of it: how often they were taken up since a person last
 * decided, and what had been said. Asked by itself, as most runs are claimed once and their events are nobody's business then.
 */
export async function earlierAttempts(
	db: Database,
	claimed: readonly { id: string; attempt: number }[],
): Promise<Map<string, EarlierAttempts>> {
	const again = claimed.filter(({ attempt }) => attempt > 1);
	if (again.length === 0) return new Map();
	const rows = await db.orm.execute<EarlierAttempts & { id: string }>(sql`
		select t.id,
			case when t.attempt <= ${freeTries} then t.attempt else (
				select count(*)::int + 1 from run_events e where e.run_id = t.id and e.run_at = t.created_at and e.type = 'run.started'
					and e.seq > coalesce((select max(seq) from run_events where run_id = t.id and run_at = t.created_at
						and type in ('approval.decided', 'plan.accepted')), 0)) end as tries,
			coalesce((select string_agg(e.data ->> 'text', '' order by e.seq) from run_events e
				where e.run_id = t.id and e.run_at = t.created_at and e.type = 'answer.delta' and e.seq > coalesce((select max(seq)
					from run_events where run_id = t.id and run_at = t.created_at and type = 'answer.restarted'), 0)), '') as partial
		from runs t where t.id in ${again.map(({ id }) => id)}`);
	return new Map(rows.map(({ id, ...earlier }) => [id, earlier]));
}
