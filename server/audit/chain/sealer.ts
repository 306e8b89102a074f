import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isDatabaseAway } from "@/db/connection";
import type { Log } from "@/server/core/log";
import { checkpointNext } from "./checkpoint";
import { batchSize, sealNext } from "./seal";
import { pushCheckpoints } from "./sinks";

const sealMs = 200;
const checkpointMs = 2_000;
const longestWait = 5_000;

/** Seals what is written, signs checkpoints and brings them out of the database, until it is stopped. Several may run. */
export function startSealer({ database: db, log }: { database: Database; log: Log }): { stop: () => Promise<void> } {
	const stopped = new AbortController();
	const rest = (ms: number) => sleep(ms, undefined, { signal: stopped.signal }).catch(() => {});
	const forever = async (what: string, everyMs: number, work: () => Promise<boolean>) => {
		for (let wait = everyMs; !stopped.signal.aborted; ) {
			try {
				if (!(await work())) await rest(everyMs);
				wait = everyMs;
			} catch (error) {
				const level = isDatabaseAway(error) ? "warn" : "error";
				log[level]({ err: error }, `${what} waits`);
				wait = Math.min(wait * 2, longestWait);
				await rest(wait);
			}
		}
	};
	const loops = [
		forever("the audit's sealer", sealMs, async () => {
			const sealed = await sealNext(db);
			if (sealed === batchSize) await checkpointNext(db);
			return sealed === batchSize;
		}),
		forever("the audit's checkpoint", checkpointMs, async () => {
			await checkpointNext(db);
			await pushCheckpoints(db);
			return false;
		}),
	];
	return {
		stop: async () => {
			stopped.abort();
			await Promise.all(loops);
		},
	};
}
