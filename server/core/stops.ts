import type { Database } from "@/db/connection";
import { type StopKind, stops } from "@/db/schema";

export type Stop = { kind: StopKind; target: string };
type Read = { at: number; stops: Promise<Stop[]> };

/** How old an answer may be, in ms: with it nothing that was stopped begins after 5 s. */
const longestMs = 2_000;
const last = new WeakMap<Database, Read>();

/** What is stopped, as of 2 s ago at most. Throws where that can't be known: then nothing begins. */
export async function stopsNow(db: Database, maxAgeMs = longestMs): Promise<Stop[]> {
	const known = last.get(db);
	if (known && performance.now() - known.at < maxAgeMs) return known.stops;
	const read: Read = {
		at: performance.now(),
		stops: db.orm
			.select({ kind: stops.kind, target: stops.target })
			.from(stops)
			.then((rows) => [...rows]),
	};
	last.set(db, read);
	read.stops.catch(() => last.get(db) === read && last.delete(db));
	return read.stops;
}

/** The first stop that holds for any of these, and for everything. */
export function stopFor(
	all: readonly Stop[],
	about: Partial<Record<Exclude<StopKind, "everything">, string | null>>,
): Stop | undefined {
	return all.find(({ kind, target }) => kind === "everything" || about[kind] === target);
}

export const stopTexts = {
	everything: "An administrator has stopped all agents and tools.",
	agent: "An administrator has stopped this agent.",
	tool: "An administrator has stopped this tool.",
	model: "An administrator has stopped this model.",
	user: "An administrator has stopped what runs for this person.",
} as const satisfies Record<StopKind, string>;
