import { Worker } from "node:worker_threads";
import { entryFile } from "@/server/core/entry-file";
import { end, type Reply, type Start, type Task } from "./protocol";

type Waiting = { text: string; resolve: (vector: Float32Array) => void; reject: (error: Error) => void };
type Options = Start & {
	/** After so long without work its thread ends and gives its memory back; left out, it stays. */
	idleMs?: number;
};

/** Texts one after the other through the model, in a thread that is started at first use. One text at a time: batches were slower. */
export class Lane {
	private readonly queue: Waiting[] = [];
	private current: { id: number; waiting: Waiting } | null = null;
	private thread: Promise<Worker> | null = null;
	private live: Worker | null = null;
	private lastId = 0;
	private idle: NodeJS.Timeout | undefined;
	private hasAnswered = false;

	constructor(private readonly options: Options) {}

	/** Whether the model is loaded here: what comes now need not wait for that. */
	get isWarm(): boolean {
		return this.live !== null && this.hasAnswered;
	}

	/** Loads the model, if nobody has begun to. */
	warm(): void {
		if (this.thread === null) void this.embed("").catch(() => {});
	}

	/** `first` goes before whatever waits. */
	embed(text: string, { first = false } = {}): Promise<Float32Array> {
		return new Promise<Float32Array>((resolve, reject) => {
			const waiting = { text, resolve, reject };
			if (first) this.queue.unshift(waiting);
			else this.queue.push(waiting);
			void this.next();
		});
	}

	/** Ends the thread; what waits fails. The next text starts it again. */
	async stop(): Promise<void> {
		clearTimeout(this.idle);
		const thread = await this.thread?.catch(() => null);
		if (!thread || this.live !== thread) return;
		const gone = new Promise((resolve) => thread.once("exit", resolve));
		thread.ref();
		thread.postMessage(end);
		await gone;
	}

	private async next(): Promise<void> {
		if (this.current) return;
		const waiting = this.queue.shift();
		if (!waiting) return;
		clearTimeout(this.idle);
		const id = ++this.lastId;
		this.current = { id, waiting };
		try {
			this.thread ??= this.start();
			const thread = await this.thread;
			// Only a thread that works keeps the process alive.
			thread.ref();
			thread.postMessage({ id, text: waiting.text } satisfies Task);
		} catch (error) {
			this.fail(error instanceof Error ? error : new Error(String(error)));
		}
	}

	private async start(): Promise<Worker> {
		const { folder, isPatient } = this.options;
		const workerData: Start = { folder, isPatient };
		const thread = new Worker(await entryFile("embedder"), { workerData, env: {} });
		thread.on("message", (reply: Reply) => this.settle(thread, reply));
		const ended = (error: Error) => {
			if (this.live === thread) this.fail(error);
		};
		thread.on("error", ended);
		thread.on("exit", () => ended(new Error("The embedding thread ended")));
		this.live = thread;
		return thread;
	}

	private settle(thread: Worker, reply: Reply): void {
		const { current } = this;
		if (current?.id !== reply.id) return;
		this.current = null;
		this.hasAnswered = true;
		if ("vector" in reply) current.waiting.resolve(reply.vector);
		else current.waiting.reject(new Error(`The text could not be embedded: ${reply.problem}`));
		if (this.queue.length === 0) this.rest(thread);
		void this.next();
	}

	private rest(thread: Worker): void {
		thread.unref();
		const { idleMs } = this.options;
		if (idleMs === undefined) return;
		clearTimeout(this.idle);
		this.idle = setTimeout(() => {
			if (this.live !== thread || this.current) return;
			this.forget();
			thread.postMessage(end);
		}, idleMs).unref();
	}

	/** The thread is gone: whoever waits is told, and the next text starts another. */
	private fail(error: Error): void {
		this.forget();
		const lost = [this.current?.waiting, ...this.queue.splice(0)];
		this.current = null;
		for (const waiting of lost) waiting?.reject(error);
	}

	private forget(): void {
		this.thread = null;
		this.live = null;
		this.hasAnswered = false;
	}
}
