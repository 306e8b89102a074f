import { setTimeout as sleep } from "node:timers/promises";
import type { RunnableConfig } from "@langchain/core/runnables";
import type {
	ChannelVersions,
	Checkpoint,
	CheckpointMetadata,
	CheckpointTuple,
	PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import pg from "pg";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { mayPass } from "@/server/runs/patience";

const schema = "langgraph";
/** Longest that a checkpoint waits for a database that is away, in ms; after that the run is taken up anew. */
const patienceMs = 60_000;

type BlobRow = [thread: string, ns: string, channel: string, version: string, type: string, blob: Buffer | null];
type WriteRow = [
	thread: string,
	ns: string,
	id: string,
	task: string,
	idx: number,
	channel: string,
	type: string,
	blob: Buffer,
];
type CheckpointRow = [
	thread: string,
	ns: string,
	id: string,
	parent: string | null,
	checkpoint: string,
	metadata: string,
];

type Waiting = { resolve: () => void; reject: (error: unknown) => void };
type Batch = { blobs: BlobRow[]; writes: WriteRow[]; checkpoints: CheckpointRow[]; waiting: Waiting[] };
const emptyBatch = (): Batch => ({ blobs: [], writes: [], checkpoints: [], waiting: [] });

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * LangGraph's saver, its tables and its reading; writing gathers what all runs have to save into one statement, where the
 * library would take a transaction of several statements for each step of each run.
 */
export class BatchedSaver extends PostgresSaver {
	private batch = emptyBatch();
	private writing = false;

	constructor(private readonly connections: pg.Pool) {
		super(connections, undefined, { schema });
	}

	/** A run that was never begun has no checkpoint: there is no need to ask. */
	override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
		return config.configurable?.isNew === true ? undefined : super.getTuple(config);
	}

	override async put(
		config: RunnableConfig,
		checkpoint: Checkpoint,
		metadata: CheckpointMetadata,
		newVersions: ChannelVersions,
	): Promise<RunnableConfig> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: parent } = config.configurable ?? {};
		const [blobs, dumped] = await Promise.all([
			this._dumpBlobs(thread, ns, checkpoint.channel_values, newVersions),
			this._dumpMetadata(metadata),
		]);
		for (const [, , channel, version, type, blob] of blobs)
			this.batch.blobs.push([thread, ns, channel, version, type, blob ? buffer(blob) : null]);
		const body = JSON.stringify(this._dumpCheckpoint(checkpoint));
		this.batch.checkpoints.push([thread, ns, checkpoint.id, parent ?? null, body, JSON.stringify(dumped)]);
		await this.written();
		return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: checkpoint.id } };
	}

	override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: id } = config.configurable ?? {};
		const rows = await this._dumpWrites(thread, ns, id, taskId, writes);
		for (const [, , , task, idx, channel, type, blob] of rows)
			this.batch.writes.push([thread, ns, id, task, idx, channel, type, buffer(blob)]);
		await this.written();
	}

	private written(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.batch.waiting.push({ resolve, reject });
			if (!this.writing) setImmediate(() => void this.flush());
		});
	}

	private async flush(): Promise<void> {
		if (this.writing) return;
		this.writing = true;
		while (this.batch.waiting.length > 0) {
			const batch = this.batch;
			this.batch = emptyBatch();
			try {
				await this.write(batch);
				for (const { resolve } of batch.waiting) resolve();
			} catch (error) {
				for (const { reject } of batch.waiting) reject(error);
			}
		}
		this.writing = false;
	}

	private async write(batch: Batch): Promise<void> {
		const deadline = performance.now() + patienceMs;
		for (let attempt = 0; ; attempt += 1) {
			try {
				// Named, so that each connection plans it once.
				await this.connections.query({ name: "save_checkpoints", text: saveSql, values: columnsOf(batch) });
				return;
			} catch (error) {
				if (!mayPass(error) || performance.now() > deadline) throw error;
				log.warn({ error: String(error), attempt }, "checkpoints wait for the database");
				await sleep(Math.min(50 * 2 ** attempt, 1_000));
			}
		}
	}
}

const saveSql = `
	with blobs as (
		insert into ${schema}.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
		select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
		on conflict do nothing
	), writes as (
		insert into ${schema}.checkpoint_writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob)
		select * from unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::int[], $12::text[], $13::text[], $14::bytea[])
		on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
		do update set channel = excluded.channel, type = excluded.type, blob = excluded.blob
	)
	insert into ${schema}.checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
	select * from unnest($15::text[], $16::text[], $17::text[], $18::text[], $19::jsonb[], $20::jsonb[])
	on conflict (thread_id, checkpoint_ns, checkpoint_id)
	do update set checkpoint = excluded.checkpoint, metadata = excluded.metadata`;

function columnsOf({ blobs, writes, checkpoints }: Batch): unknown[] {
	return [
		...turned(blobs, 6),
		...turned(
			newestOf(writes, ([thread, ns, id, task, idx]) => `${thread} ${ns} ${id} ${task} ${idx}`),
			8,
		),
		...turned(
			newestOf(checkpoints, ([thread, ns, id]) => `${thread} ${ns} ${id}`),
			6,
		),
	];
}

const turned = (rows: readonly (readonly unknown[])[], width: number): unknown[][] =>
	Array.from({ length: width }, (_, column) => rows.map((row) => row[column]));

/** One statement may not change a row twice. */
const newestOf = <Row>(rows: readonly Row[], key: (row: Row) => string): Row[] => [
	...new Map(rows.map((row) => [key(row), row])).values(),
];

export type Checkpoints = { saver: BatchedSaver; close: () => Promise<void> };

/** The library brings its own driver: a second, small pool. */
export function openCheckpoints(url: string): Checkpoints {
	const pool = new pg.Pool({
		connectionString: url,
		max: 3,
		connectionTimeoutMillis: 5_000,
		idleTimeoutMillis: 60_000,
		statement_timeout: 10_000,
		application_name: "quarterdeck-checkpoints",
	});
	// Without a listener, a database that restarts would end the process.
	pool.on("error", (error) => log.warn({ error: String(error) }, "a checkpoint connection broke"));
	return { saver: new BatchedSaver(pool), close: () => pool.end() };
}

const global = globalThis as { quarterdeckCheckpoints?: Checkpoints };

/** The process's checkpoints. Kept on globalThis, where hot reloading leaves them alone. */
export function checkpointer(): Checkpoints {
	const url = env().DATABASE_URL;
	if (!url) throw new Error("DATABASE_URL is missing: start with `npm start`, which brings a database");
	global.quarterdeckCheckpoints ??= openCheckpoints(url);
	return global.quarterdeckCheckpoints;
}

/** Makes or updates the tables of the checkpoints; run by the launcher with the migrations. */
export async function setupCheckpoints(url: string): Promise<void> {
	const { saver, close } = openCheckpoints(url);
	try {
		await saver.setup();
	} finally {
		await close();
	}
}
