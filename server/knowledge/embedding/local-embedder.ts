import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { entryFile } from "@/server/core/entry-file";
import { env } from "@/server/core/env";
import { modelName, type Reply, type Task } from "./protocol";

/** Turns texts into vectors of length 1. Vectors of two models can't be compared: `model` tells them apart. */
export type Embedder = {
	model: string;
	dimension: number;
	/** Whether texts stay on this machine. */
	isLocal: boolean;
	/** What a passage may have at most, so that the model reads all of it. */
	mostCharacters: number;
	/** `urgent` goes before whatever waits: somebody is waiting for an answer. */
	embed(texts: string[], options?: { urgent?: boolean }): Promise<Float32Array[]>;
};

/** It does not answer, or not as it should: what waits for it is tried again later. */
export class EmbedderAway extends Error {
	override name = "EmbedderAway";
}

type Waiting = { text: string; resolve: (vector: Float32Array) => void; reject: (error: Error) => void };

/** all-MiniLM-L6-v2 in a thread of this process, started at first use. One text at a time: batches were slower. */
export class LocalEmbedder implements Embedder {
	readonly model = modelName;
	readonly dimension = 384;
	readonly isLocal = true;
	readonly mostCharacters = 1_000;
	private readonly urgent: Waiting[] = [];
	private readonly patient: Waiting[] = [];
	private current: { id: number; waiting: Waiting } | null = null;
	private thread: Promise<Worker> | null = null;
	private live: Worker | null = null;
	private lastId = 0;

	constructor(private readonly folder = join(env().QD_DATA, "models")) {}

	embed(texts: string[], { urgent = false }: { urgent?: boolean } = {}): Promise<Float32Array[]> {
		const queue = urgent ? this.urgent : this.patient;
		const vectors = texts.map(
			(text) => new Promise<Float32Array>((resolve, reject) => queue.push({ text, resolve, reject })),
		);
		void this.next();
		return Promise.all(vectors);
	}

	/** Ends the thread; what waits fails. The next text starts it again. */
	async stop(): Promise<void> {
		const thread = await this.thread?.catch(() => null);
		await thread?.terminate();
	}

	private async next(): Promise<void> {
		if (this.current) return;
		const waiting = this.urgent.shift() ?? this.patient.shift();
		if (!waiting) return;
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
		const thread = new Worker(await entryFile("embedder"), { workerData: { folder: this.folder }, env: {} });
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
		if ("vector" in reply) current.waiting.resolve(reply.vector);
		else current.waiting.reject(new Error(`The text could not be embedded: ${reply.problem}`));
		if (this.urgent.length + this.patient.length === 0) thread.unref();
		void this.next();
	}

	/** The thread is gone: whoever waits is told, and the next text starts another. */
	private fail(error: Error): void {
		this.thread = null;
		this.live = null;
		const lost = [this.current?.waiting, ...this.urgent.splice(0), ...this.patient.splice(0)];
		this.current = null;
		for (const waiting of lost) waiting?.reject(error);
	}
}
