import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@/db/connection";
import type { RunEvent } from "./contract";
import { eventsChannel, readNotice } from "./events";

/** One reader's place in the stream of a run. */
type Follower = {
	/** Told events that the reader has not taken yet. */
	told: RunEvent[];
	/** Something may be in the database that was not told. */
	isBehind: boolean;
	wake: () => void;
};

export type RunFeed = {
	follow: (runId: string) => {
		follower: Follower;
		wait: (signal: AbortSignal | undefined) => Promise<void>;
		end: () => void;
	};
};

/** A reader that is told nothing looks for itself this often, in ms: notifications are lost while the database restarts. */
const lookMs = 3_000;
/** A reader that does not take its events loses them from memory, and reads them from the database when it does. */
const mostTold = 500;

const feeds = new WeakMap<Database, Promise<RunFeed>>();

/** The process's one ear for run events: whoever follows a run here hears of it through this. */
export function runFeed(db: Database): Promise<RunFeed> {
	const known = feeds.get(db);
	if (known) return known;
	const made = openFeed(db);
	feeds.set(db, made);
	made.catch(() => feeds.delete(db));
	return made;
}

async function openFeed(db: Database): Promise<RunFeed> {
	const followers = new Map<string, Set<Follower>>();
	const hear = (payload: string) => {
		const notice = readNotice(payload, (runId) => followers.has(runId));
		if (!notice) return;
		for (const follower of followers.get(notice.runId) ?? []) {
			if (notice.events && follower.told.length < mostTold) follower.told.push(...notice.events);
			else follower.isBehind = true;
			follower.wake();
		}
	};
	const catchUp = () => {
		for (const follower of [...followers.values()].flatMap((set) => [...set])) {
			follower.isBehind = true;
			follower.wake();
		}
	};
	await db.listen(eventsChannel, hear, catchUp);
	return {
		follow: (runId) => {
			let woken = Promise.withResolvers<void>();
			const follower: Follower = { told: [], isBehind: true, wake: () => woken.resolve() };
			const set = followers.get(runId) ?? new Set();
			followers.set(runId, set.add(follower));
			return {
				follower,
				wait: async (signal) => {
					const over = new AbortController();
					const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
					const look = sleep(lookMs, undefined, { signal: either, ref: false }).then(
						() => {
							follower.isBehind = true;
						},
						() => {},
					);
					await Promise.race([woken.promise, look]);
					over.abort();
					woken = Promise.withResolvers();
				},
				end: () => {
					set.delete(follower);
					if (set.size === 0 && followers.get(runId) === set) followers.delete(runId);
				},
			};
		},
	};
}
