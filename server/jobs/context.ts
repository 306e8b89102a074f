import { AsyncLocalStorage } from "node:async_hooks";
import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";

const engineDatabase = new AsyncLocalStorage<Database>();

/** Runs `work` as a job of the engine that keeps its state in `db`. */
export const withJobDatabase = <T>(db: Database, work: () => T): T => engineDatabase.run(db, work);

/** The database of the engine that runs this job; the process's own where a real Inngest server called. */
export const jobDatabase = (): Database => engineDatabase.getStore() ?? database();

/** What a job hands to services. `runId` is the job run's id; `person` is whoever caused it, null for a scheduled job. */
export function jobContext(
	job: string,
	runId: string,
	options: { person?: UserActor | null; signal?: AbortSignal } = {},
): ServiceContext {
	return {
		db: jobDatabase(),
		actor: { kind: "job", job, onBehalfOf: options.person ?? null },
		via: "job",
		requestId: runId,
		origin: { address: null, userAgent: null },
		...(options.signal ? { signal: options.signal } : {}),
	};
}
