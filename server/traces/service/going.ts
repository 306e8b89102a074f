import { Subquery, sql } from "drizzle-orm";

/**
 * What stands for the roots of runs that go on, in the columns of a root: theirs are told of at their end. Of those whose traces
 * are not kept nothing is shown on the way either. In place of the table of spans, whose name it takes.
 */
export const goingRoots = (samplePercent: number) =>
	new Subquery(
		sql`select r.id as trace_id, (r.started_at at time zone 'UTC')::date as day, null::text as parent_id, 'run' as kind,
		v.graph as name, 'running' as status, null::text as error_code, r.started_at,
		greatest(0, extract(epoch from now() - r.started_at) * 1000)::float8 as ms, null::int as first_token_ms,
		r.id as run_id, r.agent_id, r.user_id
	from runs r join agent_versions v on v.id = r.agent_version_id
	where r.state in ('running', 'waiting') and r.started_at is not null
		and ('x' || right(r.id::text, 8))::bit(32)::bigint % 100 < ${samplePercent}
		and not exists (select from spans s where s.trace_id = r.id and s.parent_id is null)
`,
		{},
		"spans",
	);
