import { type SQL, sql } from "drizzle-orm";

type Place = { thread: string; ns: string };

/** What LangGraph has to save, as its tables hold it; blobs in base64. A thread of its is a run of ours. */
export type CheckpointRows = {
	blobs: (Place & { channel: string; version: string; type: string; blob: string | null })[];
	writes: (Place & { id: string; task: string; idx: number; channel: string; type: string; blob: string })[];
	checkpoints: (Place & { id: string; parent: string | null; checkpoint: object; metadata: unknown })[];
};

export const noRows = (): CheckpointRows => ({ blobs: [], writes: [], checkpoints: [] });
export const isEmpty = ({ blobs, writes, checkpoints }: CheckpointRows): boolean =>
	blobs.length + writes.length + checkpoints.length === 0;

/**
 * Parts of a statement that save the rows of the runs that `owner` holds: what another has taken is not written over. The
 * statement's part `fenced` has locked the runs in `fencedIds`; the others are locked here. Without a lock a run that is
 * removed at this moment would still be seen, and its rows would stay for ever.
 */
export function savingRows(owner: string, fencedIds: ReadonlySet<string>, rows: CheckpointRows): SQL {
	const threads = [rows.blobs, rows.writes, rows.checkpoints].flatMap((some) => some.map(({ thread }) => thread));
	const others = JSON.stringify([...new Set(threads)].filter((id) => !fencedIds.has(id)).sort());
	const isOurs = sql`exists (select from ours where ours.id = row.thread::uuid)`;
	const writes = newestOf(rows.writes, ({ thread, ns, id, task, idx }) => `${thread} ${ns} ${id} ${task} ${idx}`);
	return sql`
		held as (
			select id from runs
			where lease_owner = ${owner} and id in (select value::uuid from json_array_elements_text(${others}::text::json))
			for key share
		), ours as materialized (
			select id from fenced union all select id from held
		), blobs as (
			insert into langgraph.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
			select thread, ns, channel, version, type, decode(blob, 'base64')
			from json_to_recordset(${JSON.stringify(rows.blobs)}::text::json)
				as row(thread text, ns text, channel text, version text, type text, blob text)
			where ${isOurs} on conflict do nothing
		), writes as (
			insert into langgraph.checkpoint_writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob)
			select thread, ns, id, task, idx, channel, type, decode(blob, 'base64')
			from json_to_recordset(${JSON.stringify(writes)}::text::json)
				as row(thread text, ns text, id text, task text, idx int, channel text, type text, blob text)
			where ${isOurs} on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
			do update set channel = excluded.channel, type = excluded.type, blob = excluded.blob
		), checkpoints as (
			insert into langgraph.checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
			select thread, ns, id, parent, checkpoint, metadata
			from json_to_recordset(${JSON.stringify(rows.checkpoints)}::text::json)
				as row(thread text, ns text, id text, parent text, checkpoint jsonb, metadata jsonb)
			where ${isOurs} on conflict do nothing
		)`;
}

/** One statement may not change a row twice. */
const newestOf = <Row>(rows: readonly Row[], key: (row: Row) => string): Row[] => [
	...new Map(rows.map((row) => [key(row), row])).values(),
];
