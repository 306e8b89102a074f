import { type Database, isDatabaseAway, isDatabaseSlow } from "@/db/connection";
import { type CallHeld, hold, holdWhereThereIsRoom } from "./hold-rows";

type Waiting = { call: CallHeld; resolve: () => void; reject: (error: unknown) => void };
type Lane = { waiting: Waiting[]; isBusy: boolean };

const mostAtOnce = 100;
const lanes = new WeakMap<Database, Lane>();

/**
 * Calls that want to hold something back at the same moment do it together: they would wait for the same rows one after the
 * other, and each for its own journey to the disk. Whoever comes meanwhile goes with the next.
 */
export function holdTogether(db: Database, call: CallHeld): Promise<void> {
	const lane = lanes.get(db) ?? { waiting: [], isBusy: false };
	lanes.set(db, lane);
	return new Promise((resolve, reject) => {
		lane.waiting.push({ call, resolve, reject });
		if (!lane.isBusy) void drain(db, lane);
	});
}

async function drain(db: Database, lane: Lane): Promise<void> {
	lane.isBusy = true;
	while (lane.waiting.length > 0) await holdSome(db, lane.waiting.splice(0, mostAtOnce));
	lane.isBusy = false;
}

/** All of them, or where that is too much for a budget each by itself, in their order. Never rejects. */
async function holdSome(db: Database, some: readonly Waiting[]): Promise<void> {
	const calls = some.map(({ call }) => call);
	try {
		if (!(await holdWhereThereIsRoom(db, calls))) await db.transaction((tx) => hold(tx, calls));
		for (const { resolve } of some) resolve();
	} catch (error) {
		if (some.length > 1 && !isDatabaseAway(error) && !isDatabaseSlow(error))
			for (const one of some) await holdSome(db, [one]);
		else for (const { reject } of some) reject(error);
	}
}
