import { sql } from "drizzle-orm";
import type { Database, Reader } from "@/db/connection";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { type CheckpointRows, isEmpty, savingRows } from "./checkpoint-rows";
import type { RunEvent, RunEventBody } from "./contract";
import { eventsChannel, toRow, writeNotice } from "./events";
import { publish, tellsByRedis } from "./fan-out";

/** How long a run stays its executor's without a sign of life; each of its events is one. */
export const leaseEnd = sql.raw("now() + interval '5 seconds'");

export type RunEnding = {
	event: Omit<Extract<RunEventBody, { type: "run.ended" }>, "type">;
	/** What is taken from the person's budget in place of what was held back. */
	tokens: number;
	/** Whose act the end is, for the audit. */
	ctx: ServiceContext;
};

/** The next events of one run, and its end where it ends. */
export type Entry = { runId: string; attempt: number; events: RunEvent[]; ending: RunEnding | null };

/** Where an event takes its run, short of its end. */
function stateAfter(events: readonly RunEvent[]): "running" | "waiting" | null {
	const told = events.findLast(
		({ body: { type } }) => type.startsWith("approval.") || type.startsWith("plan.") || type === "tool.answered",
	);
	if (!told) return null;
	return told.body.type === "approval.needed" || told.body.type === "plan.proposed" ? "waiting" : "running";
}

/** What goes out together, by the executor that holds the runs. */
export type Batch = { owner: string; entries: readonly Entry[]; rows: CheckpointRows };

/**
 * Writes events and checkpoints, tells of the events, and ends runs, all or nothing. Answers with the runs whose events it
 * wrote: a run whose lease is another's, or which has ended, is left out.
 */
export async function commitBatch(db: Database, batch: Batch): Promise<Set<string>> {
	if (!tellsByRedis()) return commitTelling(db, batch, true);
	const written = await commitTelling(db, batch, false);
	const told = batch.entries.filter(({ runId }) => written.has(runId));
	void publish(
		db,
		told.map(({ runId, events }) => writeNotice(runId, events)),
	);
	return written;
}

async function commitTelling(db: Database, batch: Batch, isTold: boolean): Promise<Set<string>> {
	const { entries } = batch;
	if (entries.every(({ ending }) => ending === null)) return writeBatch(db.orm, batch, isTold);
	return db.transaction(async (tx) => {
		const written = await writeBatch(tx, batch, isTold);
		const ended = entries.flatMap(({ runId, attempt, ending }) =>
			ending && written.has(runId) ? [{ runId, attempt, ...ending }] : [],
		);
		const tokens = JSON.stringify(ended.map(({ runId, tokens }) => ({ runId, tokens })));
		await Promise.all([
			tx.execute(sql`update budget_entries b set settled = e.tokens
				from jsonb_to_recordset(${tokens}::text::jsonb) as e("runId" uuid, tokens int) where b.run_id = e."runId"`),
			...ended.map(({ ctx, runId, attempt, event, tokens }) =>
				audit(ctx, tx, {
					action: "run.finish",
					resource: "run",
					resourceId: runId,
					runId,
					outcome: event.state === "failed" ? "failed" : "done",
					...(event.reason ? { reason: event.reason } : {}),
					detail: { state: event.state, tokens, attempt, model: event.result?.model ?? null },
				}),
			),
		]);
		return written;
	});
}

async function writeBatch(reader: Reader, { owner, entries, rows }: Batch, isTold: boolean): Promise<Set<string>> {
	const batch = JSON.stringify(
		entries.map(({ runId, attempt, events, ending }) => ({
			runId,
			attempt,
			first: events[0]?.seq,
			last: events.at(-1)?.seq,
			state: ending?.event.state ?? stateAfter(events),
			isEnded: ending !== null,
			answer: ending?.event.answer ?? null,
			result: ending?.event.result ?? null,
			reason: ending?.event.reason ?? null,
			notice: isTold ? writeNotice(runId, events) : null,
			events: events.map(({ seq, at, body }) => ({ seq, at, ...toRow(body) })),
		})),
	);
	const fencedIds = new Set(entries.map(({ runId }) => runId));
	const found = await reader.execute<{ id: string }>(sql`
		with batch as materialized (
			select * from jsonb_to_recordset(${batch}::text::jsonb) as b("runId" uuid, attempt int, first int, last int,
				state text, "isEnded" boolean, answer text, result jsonb, reason text, notice text, events jsonb)
		), fenced as (
			update runs r set
				last_seq = b.last,
				lease_until = ${leaseEnd},
				state = coalesce(b.state, r.state),
				answer = coalesce(b.answer, r.answer),
				result = coalesce(b.result, r.result),
				reason = coalesce(b.reason, r.reason),
				ended_at = case when b."isEnded" then now() end
			from batch b
			where r.id = b."runId" and r.attempt = b.attempt and r.lease_owner = ${owner} and r.state in ('running', 'waiting')
				and r.last_seq = b.first - 1
			returning r.id, r.created_at
		), written as (
			insert into run_events (run_id, run_at, seq, type, data, at)
			select f.id, f.created_at, e.seq, e.type, e.data, e.at
			from fenced f join batch b on b."runId" = f.id
			cross join lateral jsonb_to_recordset(b.events) as e(seq int, type text, data jsonb, at timestamptz)
		)${isEmpty(rows) ? sql`` : sql`, ${savingRows(owner, fencedIds, rows)}`}
		select f.id${isTold ? sql`, pg_notify(${eventsChannel}, b.notice)` : sql``} from fenced f join batch b on b."runId" = f.id`);
	return new Set(found.map(({ id }) => id));
}

/**
 * The same after a try whose answer was lost: it may have been committed, or may be just now, as a broken connection does
 * not stop what the server has begun.
 */
export async function commitAgain(db: Database, batch: Batch): Promise<Set<string>> {
	const before = await findCommitted(db, batch.owner, batch.entries);
	const rest = batch.entries.filter(({ runId }) => !before.has(runId));
	const now = await commitBatch(db, { ...batch, entries: rest });
	const missing = rest.filter(({ runId }) => !now.has(runId));
	const meanwhile = missing.length > 0 ? await findCommitted(db, batch.owner, missing) : [];
	return new Set([...before, ...now, ...meanwhile]);
}

/** Which of the entries stand there: only the lease's holder can have written them. */
async function findCommitted(db: Database, owner: string, entries: readonly Entry[]): Promise<Set<string>> {
	const batch = JSON.stringify(
		entries.map(({ runId, attempt, events }) => ({ runId, attempt, last: events.at(-1)?.seq })),
	);
	const rows = await db.orm.execute<{ id: string }>(sql`
		select r.id from runs r
		join jsonb_to_recordset(${batch}::text::jsonb) as b("runId" uuid, attempt int, last int) on b."runId" = r.id
		where r.attempt = b.attempt and r.lease_owner = ${owner} and r.last_seq = b.last`);
	return new Set(rows.map(({ id }) => id));
}
