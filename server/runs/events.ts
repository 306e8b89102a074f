import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { RunEvent, type RunEventBody } from "./contract";

/** The channel on which committed events are told to every process that follows runs. */
export const eventsChannel = "run_events";
/** The channel that wakes executors: a new run, or a wish to stop one. */
export const runsChannel = "runs";

/** The wish to stop one run, on the channel of runs. */
export const stopNotice = (runId: string): string => `stop:${runId}`;
export const stopWanted = (notice: string): string | null => (notice.startsWith("stop:") ? notice.slice(5) : null);

/** PostgreSQL takes no longer message. */
const longestNotice = 7_900;

/** A run's new events as they are told: they themselves where they fit, else null for "look for yourself". */
type Told = [seq: number, at: number, body: RunEventBody][] | null;

export function writeNotice(runId: string, events: readonly RunEvent[]): string {
	const told: Told = events.map(({ seq, at, body }) => [seq, at.getTime(), body]);
	const text = runId + JSON.stringify(told);
	return Buffer.byteLength(text) <= longestNotice ? text : `${runId}null`;
}

const runIdLength = 36;

/** Null for what is not asked for, which is most of it in a process with few readers. */
export function readNotice(
	text: string,
	isWanted: (runId: string) => boolean,
): { runId: string; events: RunEvent[] | null } | null {
	const runId = text.slice(0, runIdLength);
	if (!isWanted(runId)) return null;
	// Only `writeNotice` writes here, and the gate parses each event once more on its way out.
	const told = JSON.parse(text.slice(runIdLength)) as Told;
	return { runId, events: told?.map(([seq, at, body]) => ({ seq, at: new Date(at), body })) ?? null };
}

/** When a run was asked, to the microsecond: a part of the key of its events. Who looks for events names it, and looks into one partition. */
export const askedAt = (runId: string): SQL<Date> => sql<Date>`(select created_at from runs where id = ${runId})`;

export type EventRow = { seq: number; type: string; data: unknown; at: Date };

export const toRunEvent = ({ seq, type, data, at }: EventRow): RunEvent =>
	RunEvent.parse({ seq, at, body: { ...z.looseObject({}).parse(data), type } });

/** A body as it is stored: its type stands in a column of its own. */
export function toRow(body: RunEventBody): { type: string; data: Record<string, unknown> } {
	const { type, ...data } = body;
	return { type, data };
}
