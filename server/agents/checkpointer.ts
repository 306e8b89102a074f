import type { RunnableConfig } from "@langchain/core/runnables";
import type {
	ChannelVersions,
	Checkpoint,
	CheckpointMetadata,
	CheckpointTuple,
	PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import pg from "pg";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { type CheckpointRows, noRows } from "@/server/runs/checkpoint-rows";

const schema = "langgraph";
const base64 = (bytes: Uint8Array): string =>
	Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

type Put = {
	config: RunnableConfig;
	checkpoint: Checkpoint;
	metadata: CheckpointMetadata;
	newVersions: ChannelVersions;
};
type Writes = { config: RunnableConfig; writes: PendingWrite[]; taskId: string };

/**
 * LangGraph's saver, its tables and its reading. What is to be saved is not written here, in a transaction of several
 * statements for each step of each run, but gathered for the executor's event writer: events and checkpoints of all runs
 * go out together, and no checkpoint is newer than what the run's reader has seen. Nothing is turned into text before that:
 * a reader waits for the first words meanwhile, and most writes are never needed. A graph's steps replace what is in its
 * state and never change it, so what is gathered stays what it was.
 */
export class GatheringSaver extends PostgresSaver {
	private puts: Put[] = [];
	/** By the checkpoint that they follow: the next checkpoint holds their effect, and they need not be written any more. */
	private readonly pendingWrites = new Map<string, Writes[]>();
	private onRows: () => void = () => {};

	constructor(connections: pg.Pool) {
		super(connections, new PlainFirst(), { schema });
	}

	/** Who writes what is gathered; told when there is something. */
	deliverTo(onRows: () => void): void {
		this.onRows = onRows;
	}

	async take(): Promise<CheckpointRows> {
		const puts = this.puts;
		const writes = [...this.pendingWrites.values()].flat();
		this.puts = [];
		this.pendingWrites.clear();
		const rows = noRows();
		// What one run can't save is no reason for the others to save nothing.
		const skip = (error: unknown) => log.error({ err: error }, "what a graph has to save is no text");
		for (const put of puts) await this.addCheckpoint(rows, put).catch(skip);
		for (const some of writes) await this.addWrites(rows, some).catch(skip);
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
		this.pendingWrites.delete(keyOf(thread, ns, parent));
		this.puts.push({ config, checkpoint, metadata, newVersions });
		this.onRows();
		return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: checkpoint.id } };
	}

	override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: id } = config.configurable ?? {};
		const key = keyOf(thread, ns, id);
		this.pendingWrites.set(key, [...(this.pendingWrites.get(key) ?? []), { config, writes, taskId }]);
		this.onRows();
	}

	private async addCheckpoint(rows: CheckpointRows, { config, checkpoint, metadata, newVersions }: Put): Promise<void> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: parent } = config.configurable ?? {};
		const [blobs, dumped] = await Promise.all([
			this._dumpBlobs(thread, ns, checkpoint.channel_values, newVersions),
			this._dumpMetadata(metadata),
		]);
		for (const [, , channel, version, type, blob] of blobs)
			rows.blobs.push({ thread, ns, channel, version, type, blob: blob ? base64(blob) : null });
		const { id } = checkpoint;
		const saved = this._dumpCheckpoint(checkpoint);
		rows.checkpoints.push({ thread, ns, id, parent: parent ?? null, checkpoint: saved, metadata: dumped });
	}

	private async addWrites(rows: CheckpointRows, { config, writes, taskId }: Writes): Promise<void> {
		const { thread_id: thread, checkpoint_ns: ns = "", checkpoint_id: id } = config.configurable ?? {};
		const dumped = await this._dumpWrites(thread, ns, id, taskId, writes);
		for (const [, , , task, idx, channel, type, blob] of dumped)
			rows.writes.push({ thread, ns, id, task, idx, channel, type, blob: base64(blob) });
	}
}

/** LangGraph's own form; for plain JSON by the engine's own hand, which takes a tenth of the time. */
class PlainFirst extends JsonPlusSerializer {
	override _dumps(value: unknown): Uint8Array {
		return isPlain(value) ? encoder.encode(JSON.stringify(value)) : super._dumps(value);
	}
}
const encoder = new TextEncoder();

/** Whether JSON says all of it: what has a class, or is not there, has a form of its own in a checkpoint. */
function isPlain(value: unknown): boolean {
	if (value === null || typeof value === "string" || typeof value === "boolean") return true;
	if (typeof value === "number") return Number.isFinite(value);
	if (Array.isArray(value)) return value.every(isPlain);
	if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
	return Object.values(value).every(isPlain);
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
