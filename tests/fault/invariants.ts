import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";

/** What was answered with success, and so must be true; `doomedIds`: what was asked to go, answered or not. */
type Accepted = { runIds: string[]; documentIds: string[]; doomedIds: string[]; deletedIds: string[] };

/** An index that was replaced waits for searches that began before, longer than a round takes. */
const waitsToGo = sql`select from job_runs j where j.function_id like '%remove-index' and j.ended_at is null`;

/** What must hold whenever nothing is under way, each as a query that finds what breaks it. */
const rules: Record<string, SQL> = {
	"every run ended": sql`select id::text from runs where state in ('queued', 'running', 'waiting')`,
	"no run's events have a gap or a double": sql`
		select r.id::text from runs r left join run_events e on e.run_id = r.id group by r.id
		having count(e.seq) <> r.last_seq or coalesce(max(e.seq), 0) <> r.last_seq or count(distinct e.seq) <> count(e.seq)`,
	"every run ends once, at its last event": sql`
		select r.id::text from runs r left join run_events e on e.run_id = r.id and e.type = 'run.ended' group by r.id
		having count(e.seq) <> 1 or max(e.seq) <> r.last_seq or max(e.data ->> 'state') <> r.state`,
	"every budget is settled": sql`
		select r.id::text from runs r left join budget_entries b on b.run_id = r.id where b.settled is null`,
	"what is settled of budgets is what their calls took, each once": sql`
		select h.call_id::text from budget_holds h join model_calls m on m.id = h.call_id where h.settled is distinct from
			(case h.measure when 'tokens' then m.input_tokens + m.output_tokens else coalesce(m.cost_micros, 0) end)
		union all select c.budget_id::text from budget_counters c where c.used <> c.opening + (
			select coalesce(sum(h.settled), 0) from budget_holds h
			where h.budget_id = c.budget_id and h.subject = c.subject and h.starts_at = c.starts_at)
		union all select b.run_id::text from budget_entries b where b.settled < (
			select coalesce(sum(m.input_tokens + m.output_tokens), 0) from model_calls m where m.run_id = b.run_id)`,
	"every document is settled": sql`
		select id::text from documents where deleted_at is null and state not in ('ready', 'failed')`,
	"no document failed": sql`select id::text || ': ' || coalesce(reason, '') from documents where deleted_at is null and state = 'failed'`,
	"a ready document is wholly indexed": sql`
		select d.id::text from documents d join collections l on l.id = d.collection_id where d.state = 'ready' and d.deleted_at is null and (
			d.chunk_count is distinct from (select count(*) from chunks c where c.document_id = d.id and c.collection_no = l.no)
			or d.chunk_count is distinct from (select count(*) from chunk_vectors v
				where v.document_id = d.id and v.collection_no = l.no and v.model = l.model and octet_length(v.vector) = l.dimension * 4)
			or exists (select from chunks c where c.document_id = d.id and c.length > 0
				and not exists (select from postings p where p.chunk_id = c.id))
			or not exists (select from document_pages p where p.document_id = d.id))`,
	"no index is left that nobody searches or makes": sql`
		select c.id::text from chunks c join documents d on d.id = c.document_id join collections l on l.id = d.collection_id
		where c.collection_no <> l.no and not exists (select from reindexes r where r.no = c.collection_no and r.state = 'building')
		and not exists (${waitsToGo} and j.events -> 0 -> 'data' ->> 'indexNo' = c.collection_no::text)`,
	"every index that was begun was made": sql`select no::text || ' ' || state from reindexes where state not in ('live', 'replaced')`,
	"every switch was done once": sql`
		select r.no::text from reindexes r where r.state in ('live', 'replaced') and 1 <> (select count(*) from audit_entries a
			where a.action = 'collection.reindex' and a.outcome = 'done' and a.detail ->> 'index' = r.no::text)`,
	"no note of how far an index is outlives its making": sql`select no::text from reindex_documents`,
	"every sync ended": sql`select id::text from source_runs where state = 'running'`,
	"every sync ended once": sql`
		select s.id::text from sources s where (select count(*) from source_runs r where r.source_id = s.id and r.state in ('done', 'partial', 'failed'))
		<> (select count(*) from audit_entries a where a.action = 'source.synced' and a.resource_id = s.id::text)`,
	"every file of a source has its document": sql`
		select i.path from source_items i left join documents d on d.id = i.document_id where d.id is null or d.deleted_at is not null`,
	"any other document is not indexed at all": sql`
		select d.id::text from documents d join chunks c on c.document_id = d.id join postings p on p.chunk_id = c.id
		where d.state <> 'ready'`,
	"nothing of a deleted document is left but its row": sql`
		select d.id::text from documents d where d.deleted_at is not null and (
			exists (select from chunks c where c.document_id = d.id) or exists (select from chunk_vectors v where v.document_id = d.id)
			or exists (select from document_pages p where p.document_id = d.id)
			or exists (select from postings p where p.document_no = d.no))`,
	"what belongs to a document has one": sql`
		select c.id::text from chunks c where not exists (select from documents d where d.id = c.document_id)
		union all select chunk_id::text from chunk_vectors v where not exists (select from chunks c where c.id = v.chunk_id)
		union all select chunk_id::text from postings p where not exists (select from chunks c where c.id = p.chunk_id)`,
	"every document was indexed once for an attempt": sql`
		select resource_id from audit_entries where action = 'document.index' and outcome = 'done'
		group by resource_id, detail ->> 'attempt' having count(*) > 1`,
	"every delete was done once": sql`
		select resource_id from audit_entries where action = 'document.delete' and outcome = 'done' group by resource_id having count(*) > 1`,
	"every event started a function once": sql`
		select function_id || ' ' || (events -> 0 ->> 'id') from job_runs where events -> 0 ->> 'id' is not null
		group by function_id, events -> 0 ->> 'id' having count(*) > 1`,
	"no step has two results": sql`
		select run_id || ' ' || done_seq from job_steps where done_seq is not null group by run_id, done_seq having count(*) > 1`,
	"nobody waits in a transaction or for a lock": sql`
		select pid::text from pg_stat_activity where datname = current_database() and (
			(state like 'idle in transaction%' and state_change < now() - interval '5 seconds')
			or (wait_event_type = 'Lock' and query_start < now() - interval '5 seconds'))`,
	"every run has one audit row for its start and one for its end": sql`
		select r.id::text from runs r left join audit_entries a on a.resource_kind = 'run' and a.resource_id = r.id::text
		group by r.id having count(*) filter (where a.action = 'run.start') <> 1 or count(*) filter (where a.action = 'run.finish') <> 1`,
	"every document has one audit row for its coming": sql`
		select d.id::text from documents d left join audit_entries a on a.resource_id = d.id::text and a.action = 'document.add'
		group by d.id having count(a.id) <> 1`,
	"every audit row of a start has its run": sql`
		select a.id::text from audit_entries a where a.action = 'run.start' and a.outcome = 'done'
		and not exists (select from runs r where r.id::text = a.resource_id)`,
	"every audit entry is sealed": sql`select id::text from audit_pending`,
	"the audit's numbers have no gap and no double": sql`
		select size::text from audit_chain where size <> (select count(*) from audit_log)
			or size <> (select coalesce(max(seq), 0) from audit_log) or size <> (select count(distinct seq) from audit_log)`,
	"every sealed audit entry has its personal part": sql`
		select seq::text from audit_log l where not exists (select from audit_personal p where p.seq = l.seq)`,
	"every event was delivered": sql`select id from job_events where delivered_at is null`,
	"every job ended": sql`
		select id || ' ' || state from job_runs where state in ('queued', 'running', 'parked') and function_id not like '%remove-index'`,
	"no claim is left of what ended": sql`
		select q.id::text from job_queue q join job_runs r on r.id = q.run_id where r.ended_at is not null and q.claimed_by is not null`,
};

/** Beyond these, once a minute has passed since the last index was replaced. */
export const atLast: Record<string, SQL> = {
	"every index that was replaced is gone": sql`
		select c.id::text from chunks c join documents d on d.id = c.document_id join collections l on l.id = d.collection_id
		where c.collection_no <> l.no union all select id from job_runs where ended_at is null`,
};

/** The names of the rules that are broken, with the rows that break them. */
export async function violations(db: Database, accepted: Accepted, more: Record<string, SQL> = {}): Promise<string[]> {
	const broken: string[] = [];
	for (const [rule, query] of Object.entries({ ...rules, ...more })) {
		const rows = await db.orm.execute(query);
		if (rows.length > 0) broken.push(`${rule}: ${rows.slice(0, 3).map((row) => JSON.stringify(Object.values(row)))}`);
	}
	for (const [table, ids] of [
		["runs", accepted.runIds],
		["documents", accepted.documentIds],
	] as const) {
		const rows = await db.orm.execute(sql`select id::text from ${sql.identifier(table)}`);
		const stored = new Set([...rows.map((row) => row.id), ...accepted.doomedIds]);
		const lost = ids.filter((id) => !stored.has(id));
		if (lost.length > 0) broken.push(`what was accepted is stored: ${table} ${lost}`);
	}
	const there = await db.orm.execute(sql`select id::text from documents where deleted_at is null`);
	const living = new Set(there.map((row) => row.id));
	const back = accepted.deletedIds.filter((id) => living.has(id));
	if (back.length > 0) broken.push(`what was deleted stays so: ${back}`);
	return broken;
}

const ofRuns = [
	"every run ended",
	"no run's events have a gap or a double",
	"every run ends once, at its last event",
	"every budget is settled",
	"what is settled of budgets is what their calls took, each once",
	"every run has one audit row for its start and one for its end",
	"every audit row of a start has its run",
	"nobody waits in a transaction or for a lock",
] as const;
const approvalRules: Record<string, SQL> = {
	"what was approved was used once, and nothing else waits": sql`
		select a.id::text from approvals a where a.state in ('pending', 'approved')
		union all select run_id::text from approvals where state = 'used' group by run_id, tool_call_id having count(*) > 1`,
};

/** Of those rules what is about runs alone, where nothing but the executor and the services is at work. */
export async function brokenRunRules(db: Database): Promise<string[]> {
	const broken: string[] = [];
	for (const [rule, query] of [
		...ofRuns.map((name) => [name, rules[name]] as const),
		...Object.entries(approvalRules),
	]) {
		const rows = query ? await db.orm.execute(query) : [];
		if (rows.length > 0) broken.push(`${rule}: ${rows.slice(0, 3).map((row) => JSON.stringify(Object.values(row)))}`);
	}
	return broken;
}
