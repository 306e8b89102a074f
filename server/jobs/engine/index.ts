import type { Inngest, InngestFunction } from "inngest";
import type { Database } from "@/db/connection";
import type { Core, EngineLog } from "./core";
import { Engine } from "./engine";
import { announceWorker, withdrawWorker } from "./presence";
import { createCaller } from "./protocol";
import { registerFunctions } from "./register";
import { Registry } from "./registry";
import { defaultBackoff } from "./time";

export type EngineOptions = {
	database: Database;
	functions: readonly InngestFunction.Any[];
	/** The client that made the functions. */
	client: Inngest.Any;
	/** This process's row in `workers`, where the caller keeps one; otherwise the engine does. */
	worker?: string;
	/** How many calls run at once. */
	slots: number;
	log: EngineLog;
	/** Stops the engine. */
	signal?: AbortSignal;
	/** Where the client has one, calls are signed with it. */
	signingKey?: string | undefined;
	/** ms that one call, and so one step, may take. */
	stepLimit?: number;
	/** ms that `stop()` lets running calls finish. */
	drain?: number;
	/** ms between two looks at the queue when nothing was heard. */
	poll?: number;
	/** ms between two renewals of the leases. */
	upkeep?: number;
	/** ms to wait after the attempt of that number, from 0. */
	backoff?: (attempt: number) => number;
};

/**
 * Runs Inngest functions in this process, with all state in PostgreSQL: any number of these may share a database, and any
 * of them may die at any moment. `start()` rejects where a function asks for what the engine does not do; `stop()` drains.
 */
export function createEngine(options: EngineOptions): { start(): Promise<void>; stop(): Promise<void> } {
	const { database: db, client, functions, log, signal } = options;
	let engine: Engine | undefined;
	let ownWorker: string | undefined;
	const stop = async () => {
		await engine?.stop();
		if (ownWorker) await withdrawWorker(db, ownWorker);
		ownWorker = undefined;
	};
	const begin = async () => {
		const caller = createCaller({ client, functions, signingKey: options.signingKey });
		const registry = Registry.from(await caller.register());
		const worker = options.worker ?? (await announceWorker(db));
		if (!options.worker) ownWorker = worker;
		const core: Core = { db, registry, worker, backoff: options.backoff ?? defaultBackoff, log };
		await registerFunctions(core);
		engine = new Engine({
			core,
			caller,
			slots: options.slots,
			stepLimit: options.stepLimit ?? 600_000,
			drain: options.drain ?? 5_000,
			poll: Math.max(1_000, options.poll ?? 2_000),
			upkeep: options.upkeep ?? 4_000,
		});
		await engine.start();
		log.info({ worker, functions: registry.ids }, "the job engine runs");
	};
	return {
		async start() {
			try {
				await begin();
			} catch (error) {
				await stop().catch(() => {});
				throw error;
			}
			signal?.addEventListener("abort", () => void stop());
			if (signal?.aborted) await stop();
		},
		stop,
	};
}
