import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { entryFile } from "@/server/core/entry-file";
import type { Near } from "../store";
import { countRows, type Rows, scan } from "./scan";

export type Task = { id: number; rows: Rows[]; query: Float32Array; most: number };
export type Reply = { id: number; nearest: Near[] };
type Waiting = { task: Task; resolve: (nearest: Near[]) => void; reject: (error: Error) => void };

/** Compared right here: about half a millisecond, less than the way to a thread and back. */
const fewRows = 1_500;

/** Scans in threads, started when first needed, one scan at a time in each. They share the vectors' memory. */
export class Scanner {
	private readonly queue: Waiting[] = [];
	private readonly threads = new Map<Worker, Waiting | null>();
	private starting = 0;
	private lastId = 0;

	constructor(private readonly mostThreads = Math.max(1, Math.min(4, availableParallelism() - 1))) {}

	scan(rows: Rows[], query: Float32Array, most: number): Promise<Near[]> {
		if (countRows(rows) <= fewRows) return Promise.resolve(scan(rows, query, most));
		return new Promise((resolve, reject) => {
			this.queue.push({ task: { id: ++this.lastId, rows, query, most }, resolve, reject });
			this.next();
		});
	}

	private next(): void {
		for (const [thread, busy] of this.threads) {
			if (busy) continue;
			const waiting = this.queue.shift();
			if (!waiting) return;
			this.threads.set(thread, waiting);
			// Only a thread that works keeps the process alive.
			thread.ref();
			thread.postMessage(waiting.task);
		}
		if (this.queue.length > this.starting && this.threads.size + this.starting < this.mostThreads) void this.start();
	}

	private async start(): Promise<void> {
		this.starting++;
		try {
			const thread = new Worker(await entryFile("scanner"), { env: {} });
			this.threads.set(thread, null);
			thread.unref();
			thread.on("message", ({ id, nearest }: Reply) => {
				const done = this.threads.get(thread);
				if (done?.task.id !== id) return;
				this.threads.set(thread, null);
				thread.unref();
				done.resolve(nearest);
				this.next();
			});
			thread.on("error", (error: Error) => this.lose(thread, error));
			thread.on("exit", () => this.lose(thread, new Error("The scanning thread ended")));
		} catch (error) {
			for (const { reject } of this.queue.splice(0)) reject(error instanceof Error ? error : new Error(String(error)));
		} finally {
			this.starting--;
		}
		this.next();
	}

	/** Whoever it worked for is told; the next one starts another. */
	private lose(thread: Worker, error: Error): void {
		const lost = this.threads.get(thread);
		this.threads.delete(thread);
		lost?.reject(error);
		this.next();
	}
}
