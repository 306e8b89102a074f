import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@/db/connection";
import type { Log } from "@/server/core/log";
import { type CheckpointRows, isEmpty, noRows } from "./checkpoint-rows";
import type { RunEventBody } from "./contract";
import { commitAgain, commitBatch, type Entry, type RunEnding } from "./event-batch";
import { inTime, mayPass } from "./patience";

/** The run is no longer ours: another executor took it, or it is gone. Nothing may be said or done for it any more. */
export class LeaseLost extends Error {
	override readonly name = "LeaseLost";
}

/** The one hand that writes a run's events while its lease is held. */
export type RunLog = {
	append: (body: RunEventBody) => void;
	/** Adds to the answer; pieces that come close together become one event. */
	say: (text: string) => void;
	/** Resolves once all that was said is committed, and so visible. Rejects with LeaseLost, or with what made the run unwritable. */
	flushed: () => Promise<void>;
	/** Writes the last event, and in the same transaction the run's state, its budget and its audit row. */
	end: (ending: RunEnding) => Promise<void>;
	/** Says no more, whatever is still pending. */
	abandon: () => void;
};

type Held = {
	runId: string;
	attempt: number;
	nextSeq: number;
	pending: RunEventBody[];
	/** Text that waits to become an event. */
	text: string;
	/** The first words are what a reader waits for: they go at once. */
	hasSpoken: boolean;
	isFirst: boolean;
	ending: RunEnding | null;
	/** What stopped it for good. */
	failure: Error | null;
	waiting: { resolve: () => void; reject: (error: Error) => void }[];
	onLost: (why: Error) => void;
};

export type EventWriter = {
	open: (run: { id: string; attempt: number; lastSeq: number }, onLost: (why: Error) => void) => RunLog;
	/** Resolves once nothing waits to be written. */
	settled: () => Promise<void>;
};

export type WriterOptions = {
	owner: string;
	log: Log;
	/** Time between two writes of what is said, in ms. */
	pauseMs?: number;
	/** What graphs have to save, to be written with the events. */
	checkpoints?: { take: () => Promise<CheckpointRows>; deliverTo: (onRows: () => void) => void };
};

/** Steps tell what is going on, and a graph saves: both may wait so long for what is said, and then go out with it. */
const stepPauseMs = 40;

const highSurrogate = /[\uD800-\uDBFF]$/;

/**
 * Writes the events of all runs of one executor: whatever gathers within `pauseMs`, of however many runs, goes into one
 * transaction. Each run's events are gap-free and in order, and only a holder of its lease can write them.
 */
export function createEventWriter(db: Database, { owner, log, pauseMs = 12, checkpoints }: WriterOptions): EventWriter {
	const dirty = new Set<Held>();
	let flushing = false;
	let due = Number.POSITIVE_INFINITY;
	let planned: { at: number; cancel: () => void } | null = null;
	let lastFlush = 0;

	let hasRows = false;
	const settling: (() => void)[] = [];

	/** Plans the next write for that time at the latest; at once where it is 0. */
	const plan = (at: number) => {
		due = Math.min(due, Math.max(performance.now(), at));
		if (flushing || (planned && planned.at <= due)) return;
		planned?.cancel();
		const wait = due - performance.now();
		if (at === 0) {
			// Not even until the rest of what has arrived is taken apart.
			const now = { at: due, cancel: () => {} };
			planned = now;
			queueMicrotask(() => planned === now && void flushAll());
			return;
		}
		if (wait < 1) {
			const soon = setImmediate(flushAll);
			planned = { at: due, cancel: () => clearImmediate(soon) };
			return;
		}
		const later = setTimeout(flushAll, wait);
		planned = { at: due, cancel: () => clearTimeout(later) };
	};
	const touch = (held: Held, at: number) => {
		if (held.failure) return;
		dirty.add(held);
		plan(at);
	};
	const afterStep = () => performance.now() + stepPauseMs;
	checkpoints?.deliverTo(() => {
		hasRows = true;
		plan(afterStep());
	});

	async function flushAll(): Promise<void> {
		// A reader who waits for the first words does not wait for what the graph has to save.
		const isForReader = [...dirty].some((held) => held.isFirst);
		planned = null;
		flushing = true;
		lastFlush = performance.now();
		const wasTaken = hasRows && !isForReader;
		hasRows &&= isForReader;
		// What was said since goes with them: no checkpoint is ahead of its events.
		const rows = (wasTaken && (await checkpoints?.take())) || noRows();
		due = hasRows ? lastFlush + stepPauseMs : Number.POSITIVE_INFINITY;
		const batch = [...dirty].flatMap(take);
		dirty.clear();
		if (batch.length > 0 || !isEmpty(rows)) await write(batch, rows);
		flushing = false;
		// What came meanwhile had its time planned, but nobody to keep it.
		if (dirty.size > 0 || hasRows) plan(due);
		if (!planned) for (const resolve of settling.splice(0)) resolve();
	}

	/** Never rejects: a database that is away is waited for; what can't be written at all fails its own run only. */
	async function write(batch: Taken[], rows: CheckpointRows): Promise<void> {
		for (let attempt = 0; ; attempt += 1) {
			try {
				const entries = batch.map(({ entry }) => entry);
				const commit = attempt === 0 ? commitBatch : commitAgain;
				const written = await inTime(commit(db, { owner, entries, rows }));
				for (const { held, entry, waiting } of batch) {
					if (written.has(entry.runId)) for (const { resolve } of waiting) resolve();
					else fail(held, new LeaseLost("another executor has this run"), waiting);
				}
				return;
			} catch (error) {
				if (mayPass(error)) {
					log.warn({ error: String(error), attempt }, "run events wait for the database");
					await sleep(Math.min(50 * 2 ** attempt, 1_000));
					continue;
				}
				// One that can't be written must not keep the others from it.
				if (batch.length > 1 || (batch.length === 1 && !isEmpty(rows))) {
					for (const one of batch) await write([one], noRows());
					await write([], rows);
					return;
				}
				if (batch.length === 0) log.error({ err: error }, "checkpoints can't be written");
				for (const { held, waiting } of batch) {
					log.error({ err: error, runId: held.runId }, "a run's events can't be written");
					fail(held, error instanceof Error ? error : new Error(String(error)), waiting);
				}
				return;
			}
		}
	}

	function fail(held: Held, why: Error, waiting: Held["waiting"]): void {
		held.failure ??= why;
		dirty.delete(held);
		for (const { reject } of [...waiting, ...held.waiting.splice(0)]) reject(why);
		held.onLost(why);
	}

	return {
		settled: () =>
			new Promise((resolve) => {
				if (flushing || planned) settling.push(resolve);
				else resolve();
			}),
		open: (run, onLost) => {
			const held: Held = {
				runId: run.id,
				attempt: run.attempt,
				nextSeq: run.lastSeq + 1,
				pending: [],
				text: "",
				hasSpoken: false,
				isFirst: false,
				ending: null,
				failure: null,
				waiting: [],
				onLost,
			};
			const flushed = () =>
				new Promise<void>((resolve, reject) => {
					if (held.failure) return reject(held.failure);
					held.waiting.push({ resolve, reject });
					touch(held, lastFlush + pauseMs);
				});
			return {
				append: (body) => {
					closeText(held);
					held.pending.push(body);
					touch(held, afterStep());
				},
				say: (text) => {
					held.text += text;
					held.isFirst ||= !held.hasSpoken;
					touch(held, held.hasSpoken ? lastFlush + pauseMs : 0);
					held.hasSpoken = true;
				},
				flushed,
				end: (ending) => {
					closeText(held);
					held.ending = ending;
					return flushed();
				},
				abandon: () => {
					held.failure ??= new LeaseLost("given up");
					dirty.delete(held);
				},
			};
		},
	};
}

type Taken = { held: Held; entry: Entry; waiting: Held["waiting"] };

/** Half a character stays until its other half has come: PostgreSQL stores whole ones only. */
function closeText(held: Held, isLast = true): void {
	const half = !isLast && highSurrogate.test(held.text);
	const text = (half ? held.text.slice(0, -1) : held.text).replaceAll("\0", "").toWellFormed();
	held.text = half ? held.text.slice(-1) : "";
	if (text !== "") held.pending.push({ type: "answer.delta", text });
}

function take(held: Held): Taken[] {
	closeText(held, false);
	held.isFirst = false;
	const waiting = held.waiting.splice(0);
	const bodies = held.pending.splice(0);
	const { ending } = held;
	if (ending) bodies.push({ type: "run.ended", ...ending.event });
	if (bodies.length === 0) {
		for (const { resolve } of waiting) resolve();
		return [];
	}
	const at = new Date();
	const events = bodies.map((body, index) => ({ seq: held.nextSeq + index, at, body }));
	held.nextSeq += bodies.length;
	return [{ held, waiting, entry: { runId: held.runId, attempt: held.attempt, events, ending } }];
}
