import type { Database } from "@/db/connection";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { inngest } from "./client";
import { createEngine } from "./engine";
import { jobFunctions } from "./functions";
import { createRelay } from "./relay";

/**
 * Gets jobs done for as long as this process lives: by the embedded engine, or by the Inngest server where one is set.
 * `worker` is this process's row in `workers`. `stop()` gives back what is not finished, for the next worker to take at once.
 */
export async function startJobs(database: Database, worker: string): Promise<{ stop(): Promise<void> }> {
	const { INNGEST_BASE_URL, INNGEST_SIGNING_KEY, QD_WORKER_SLOTS } = env();
	const jobs = INNGEST_BASE_URL
		? createRelay({ database, client: inngest, log, worker })
		: createEngine({
				database,
				worker,
				client: inngest,
				functions: jobFunctions,
				slots: QD_WORKER_SLOTS,
				log,
				signingKey: INNGEST_SIGNING_KEY,
			});
	await jobs.start();
	return jobs;
}
