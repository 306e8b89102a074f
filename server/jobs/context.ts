import { AsyncLocalStorage } from "node:async_hooks";
import type { Database } from "@/db/connection";
import type { Principal } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";

type Surroundings = { db: Database; signal?: AbortSignal };
const surroundings = new AsyncLocalStorage<Surroundings>();

/** Runs `work` as a job of the engine that keeps its state in `db`; `signal` ends when the engine gives the call up. */
export const asJob = <T>(around: Surroundings, work: () => T): T => surroundings.run(around, work);

/** The database of the engine that runs this job; the process's own where a real Inngest server called. */
export const jobDatabase = (): Database => surroundings.getStore()?.db ?? database();

/**
 * What a job hands to services. `runId` is the job run's id; `person` is whoever caused it, null for a scheduled job.
 * Its signal ends when the step has taken too long or the worker stops.
 */
export function jobContext(job: string, runId: string, person: Principal | null = null): ServiceContext {
	const signal = surroundings.getStore()?.signal;
	return {
		db: jobDatabase(),
		actor: { kind: "job", job, onBehalfOf: person },
		via: "job",
		requestId: runId,
		origin: { address: null, userAgent: null },
		...(signal ? { signal } : {}),
	};
}
