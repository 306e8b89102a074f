import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isDatabaseAway } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { GuardPolicy } from "@/server/core/fetch-guard";
import type { Log } from "@/server/core/log";
import { releaseStream, sendNext } from "./service";

const idleMs = 500;
const longestWait = 5_000;

/** Sends sealed entries to where the settings say, for as long as this process lives. Several may run: one sends. */
export function startStreamer(options: {
	database: Database;
	log: Pick<Log, "warn" | "error">;
	policy?: GuardPolicy;
}): { stop: () => Promise<void> } {
	const { database: db, log, policy } = options;
	const stopped = new AbortController();
	const sender = randomUUID();
	const ctx: ServiceContext = {
		db,
		actor: { kind: "job", job: "stream-audit", onBehalfOf: null },
		via: "job",
		requestId: sender,
		origin: { address: null, userAgent: null },
		signal: stopped.signal,
	};
	const run = async () => {
		for (let wait = idleMs; !stopped.signal.aborted; ) {
			try {
				const sent = await sendNext(ctx, sender, policy);
				wait = idleMs;
				if (sent === "sent") continue;
			} catch (error) {
				log[isDatabaseAway(error) ? "warn" : "error"]({ err: error }, "streaming the audit waits");
				wait = Math.min(wait * 2, longestWait);
			}
			await sleep(wait, undefined, { signal: stopped.signal }).catch(() => {});
		}
		await releaseStream(ctx, sender).catch(() => {});
	};
	const ended = run();
	return {
		stop: async () => {
			stopped.abort();
			await ended;
		},
	};
}
