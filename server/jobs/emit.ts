import { sql } from "drizzle-orm";
import { monotonicFactory } from "ulid";
import type { Tx } from "@/db/connection";
import { jobEvents } from "@/db/schema";
import type { JobEvent } from "./events";

/** Ids of one process sort by time of making, also within a millisecond: events keep their order. */
export const newJobId = monotonicFactory();

/**
 * Writes an event into the outbox in the caller's transaction: it is delivered if and only if that commits.
 * Answers the event's id. The same id twice starts its runs once.
 */
export async function emit(tx: Tx, event: JobEvent): Promise<string> {
	await event.validate();
	const id = event.id ?? newJobId();
	await tx
		.insert(jobEvents)
		.values({ id, name: event.name, data: event.data, ts: event.ts ?? Date.now() })
		.onConflictDoNothing();
	await tx.execute(sql`select pg_notify('jobs', '')`);
	return id;
}
