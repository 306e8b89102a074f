import { setTimeout as sleep } from "node:timers/promises";
import { and, asc, eq, inArray, isNull, notInArray, sql } from "drizzle-orm";
import type { Inngest } from "inngest";
import type { Database } from "@/db/connection";
import { jobEvents } from "@/db/schema";
import type { EngineLog } from "./engine/core";
import { announceWorker, beat, withdrawWorker } from "./engine/presence";

export type RelayOptions = {
	database: Database;
	client: Inngest.Any;
	log: EngineLog;
	/** This process's row in `workers`, where the caller keeps one; otherwise the relay does. */
	worker?: string;
	/** ms between two looks at the outbox when nothing was heard. */
	poll?: number;
};

const batch = 100;
/** ms that an event which the server refused is left alone. */
const pardon = 60_000;
const longestWait = 30_000;

/**
 * Takes the outbox to a real Inngest server. Each event goes with its row's id, by which the server knows one that it has
 * had before: so what was sent and not marked, because this process died in between, is sent again without harm.
 */
export function createRelay(options: RelayOptions): { start(): Promise<void>; stop(): Promise<void> } {
	const { database: db, client, log, poll = 5_000 } = options;
	const stopped = new AbortController();
	const refused = new Map<number, number>();
	let alarm = Promise.withResolvers<void>();
	const wakeUp = () => alarm.resolve();
	let ended: Promise<unknown> = Promise.resolve();
	let unlisten: (() => void) | undefined;
	let ownWorker: string | undefined;

	async function work(): Promise<void> {
		for (let failures = 0; !stopped.signal.aborted; ) {
			alarm = Promise.withResolvers<void>();
			const sent = await relay(db, client, refused).catch((error: unknown) => {
				log.warn({ err: error }, "events could not be sent to the Inngest server; trying again");
				return null;
			});
			failures = sent === null ? failures + 1 : 0;
			if (sent === batch) continue;
			const wait = sent === null ? Math.min(longestWait, 500 * 2 ** failures) : poll;
			const pause = sleep(wait, undefined, { signal: stopped.signal }).catch(() => {});
			await (sent === null ? pause : Promise.race([alarm.promise, pause]));
		}
	}

	async function stayKnown(worker: string): Promise<void> {
		while (!stopped.signal.aborted) {
			await beat(db, worker).catch((error: unknown) => log.warn({ err: error }, "no heartbeat"));
			await sleep(4_000, undefined, { signal: stopped.signal }).catch(() => {});
		}
	}

	return {
		async start() {
			if (!options.worker) ownWorker = await announceWorker(db);
			unlisten = await db.listen("jobs", wakeUp, wakeUp);
			ended = Promise.all([work(), ownWorker ? stayKnown(ownWorker) : null]);
			log.info({}, "events go to the Inngest server");
		},
		async stop() {
			stopped.abort();
			wakeUp();
			await ended;
			unlisten?.();
			if (ownWorker) await withdrawWorker(db, ownWorker);
		},
	};
}

type Pending = typeof jobEvents.$inferSelect;

/** Sends the oldest events of the outbox; answers how many there were. */
async function relay(db: Database, client: Inngest.Any, refused: Map<number, number>): Promise<number> {
	const now = Date.now();
	for (const [seq, until] of refused) if (until < now) refused.delete(seq);
	const pending = await db.orm
		.select()
		.from(jobEvents)
		.where(
			and(isNull(jobEvents.deliveredAt), refused.size > 0 ? notInArray(jobEvents.seq, [...refused.keys()]) : undefined),
		)
		.orderBy(asc(jobEvents.seq))
		.limit(batch);
	if (pending.length === 0) return 0;
	try {
		await send(db, client, pending);
	} catch (error) {
		// One bad event must not hold up the others; but if none gets through, it is the server.
		if (pending.length === 1 || !(await sendEach(db, client, pending, refused))) throw error;
	}
	return pending.length;
}

async function sendEach(
	db: Database,
	client: Inngest.Any,
	pending: Pending[],
	refused: Map<number, number>,
): Promise<boolean> {
	const failed: number[] = [];
	for (const event of pending) {
		try {
			await send(db, client, [event]);
		} catch {
			failed.push(event.seq);
			if (failed.length === 3 && failed.length === pending.indexOf(event) + 1) return false;
		}
	}
	if (failed.length === pending.length) return false;
	for (const seq of failed) refused.set(seq, Date.now() + pardon);
	return true;
}

async function send(db: Database, client: Inngest.Any, events: Pending[]): Promise<void> {
	await client.send(events.map(({ id, name, data, ts, extra }) => ({ ...extra, id, name, data, ts })));
	const ids = events.map(({ id }) => id);
	await db.orm
		.update(jobEvents)
		.set({ deliveredAt: sql`now()` })
		.where(ids.length === 1 ? eq(jobEvents.id, ids[0] ?? "") : inArray(jobEvents.id, ids));
}
