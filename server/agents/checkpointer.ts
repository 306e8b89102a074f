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
import { type CheckpointRows, noRows } from "@/server/runs/checkpoint-rows";

const schema = "langgraph";
const base64 = (bytes: Uint8Array): string =>
	Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/**
 * LangGraph's saver, its tables and its reading. What is to be saved is not written here, in a transaction of several
 * statements for each step of each run, but gathered for the executor's event writer: events and checkpoints of all runs
 * go out together, and no checkpoint is newer than what the run's reader has seen.
 */
export class GatheringSaver extends PostgresSaver {
	private gathered = noRows();
	/** By the checkpoint that they follow: the next checkpoint holds their effect, and they need not be written any more. */
	private readonly pendingWrites = new Map<string, CheckpointRows["writes"]>();
	private onRows: () => void = () => {};

	constructor(connections: pg.Pool) {
		super(connections, undefined, { schema });
	}

	/** Who writes what is gathered; told when there is something. */
	deliverTo(onRows: () => void): void {
		this.onRows = onRows;
	}

	take(): CheckpointRows {
		const rows = this.gathered;
		for (const writes of this.pendingWrites.values()) rows.writes.push(...writes);
		this.pendingWrites.clear();
		this.gathered = noRows();
		return rows;
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
		this.pendingWrites.delete(keyOf(thread, ns, parent));
		for (const [, , channel, version, type, blob] of blobs)
			this.gathered.blobs.push({ thread, ns, channel, version, type, blob: blob ? base64(blob) : null });
		this.gathered.checkpoints.push({
			thread,
			ns,
			id: checkpoint.id,
			parent: parent ?? null,
			checkpoint: this._dumpCheckpoint(checkpoint),
			metadata: dumped,
		});
		this.onRows();
		return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: checkpoint.id } };
	}

	override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: id } = config.configurable ?? {};
		const rows = await this._dumpWrites(thread, ns, id, taskId, writes);
		const key = keyOf(thread, ns, id);
		const before = this.pendingWrites.get(key) ?? [];
		const added = rows.map(([, , , task, idx, channel, type, blob]) => ({
			thread,
			ns,
			id,
			task,
			idx,
			channel,
			type,
			blob: base64(blob),
		}));
		this.pendingWrites.set(key, [...before, ...added]);
		this.onRows();
	}
}

const keyOf = (thread: string, ns: string, id: string | undefined): string => `${thread} ${ns} ${id}`;

export type Checkpoints = { connections: pg.Pool; close: () => Promise<void> };

/** The library brings its own driver: a second, small pool. */
export function openCheckpoints(url: string): Checkpoints {
	const connections = new pg.Pool({
		connectionString: url,
		max: 2,
		connectionTimeoutMillis: 5_000,
		idleTimeoutMillis: 60_000,
		statement_timeout: 10_000,
		application_name: "quarterdeck-checkpoints",
	});
	// Without a listener, a database that restarts would end the process.
	connections.on("error", (error) => log.warn({ error: String(error) }, "a checkpoint connection broke"));
	return { connections, close: () => connections.end() };
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
	const { connections, close } = openCheckpoints(url);
	try {
		await new GatheringSaver(connections).setup();
	} finally {
		await close();
	}
}
