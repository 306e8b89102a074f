import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import type { RunEvent } from "./contract";
import { eventsChannel, readNotice } from "./events";
import { hearByRedis } from "./fan-out";

/** One reader's place in the stream of a run. */
type Follower = {
	/** Told events that the reader has not taken yet. */
	told: RunEvent[];
	/** Something may be in the database that was not told. */
	isBehind: boolean;
	/** The event that the reader has yet to get. */
	next: number;
	wake: () => void;
};

export type RunFeed = {
	follow: (
		runId: string,
		next: number,
	) => {
		follower: Follower;
		/** Until there may be something new. */
		wait: () => Promise<void>;
		end: () => void;
	};
};

/** The runs that are followed are looked at this often, in ms, all at once: notifications are lost while the database restarts. */
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
	hearByRedis(hear, catchUp);
	let isLooking = false;
	const look = async () => {
		if (isLooking || followers.size === 0) return;
		isLooking = true;
		try {
			const seen = await lastEvents(db, [...followers.keys()]);
			for (const [runId, set] of followers)
				for (const follower of set) {
					// What is not there is gone, which the reader has to hear.
					if ((seen.get(runId) ?? Number.POSITIVE_INFINITY) < follower.next) continue;
					follower.isBehind = true;
					follower.wake();
				}
		} catch {
			// The database is away: the next look tells.
		} finally {
			isLooking = false;
		}
	};
	setInterval(() => void look(), lookMs).unref();
	return {
		follow: (runId, next) => {
			let woken = Promise.withResolvers<void>();
			const follower: Follower = { told: [], isBehind: true, next, wake: () => woken.resolve() };
			const set = followers.get(runId) ?? new Set();
			followers.set(runId, set.add(follower));
			return {
				follower,
				wait: async () => {
					await woken.promise;
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

/** The number of each run's last event; none for a run that is not there. */
async function lastEvents(db: Database, runIds: string[]): Promise<Map<string, number>> {
	const rows = await db.orm.execute<{ id: string; seq: number }>(
		sql`select id, last_seq as seq from runs where id = any(${sql.param(runIds)}::uuid[])`,
	);
	return new Map(rows.map(({ id, seq }) => [id, seq]));
}
