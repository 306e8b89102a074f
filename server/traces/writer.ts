import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isDatabaseAway, isDatabaseSlow } from "@/db/connection";
import { log } from "@/server/core/log";
import type { NotedSpan, SpanSink } from "@/server/core/spans";
import { openExports } from "./export";
import { defaultPolicy, type Keeping, policyNow } from "./service/policy";
import { Sampling } from "./service/sampling";
import { keyOf, writeSpans } from "./service/write-spans";

/** What gathers within so many ms, of all traces, goes out together. */
const pauseMs = 250;
const mostRows = 500;
/** A database that is away for long must not fill the memory. */
const mostWaiting = 20_000;
/** How old what is known of the policy may be, in ms. */
const policyMs = 5_000;

export type SpanWriter = SpanSink & {
	/** Resolves once all that was told is written, or can't be. */
	settled: () => Promise<void>;
	/** The same, and what goes to others is on its way as far as time allows. */
	stop: () => Promise<void>;
	/** How many wait, and how many found no room. */
	waiting: () => number;
	dropped: () => number;
};

/** Writes spans of all traces of a process: each once, never in the way of an answer, and never more than the memory has room for. */
export function openSpanWriter(db: Database): SpanWriter {
	let waiting: NotedSpan[] = [];
	let writing: Promise<void> | null = null;
	let dropped = 0;
	let policy: Keeping = defaultPolicy;
	let policyAt = Number.NEGATIVE_INFINITY;
	const sampling = new Sampling();
	const exports = openExports();

	async function readPolicy(maxAgeMs: number): Promise<void> {
		if (performance.now() - policyAt < maxAgeMs) return;
		policy = await policyNow(db);
		policyAt = performance.now();
	}
	// Known before the first trace, where the database is there.
	readPolicy(0).catch(() => {});

	async function writeAll(): Promise<void> {
		await sleep(pauseMs);
		for (let tries = 0; waiting.length > 0; ) {
			const some = waiting.slice(0, mostRows);
			try {
				await write(some);
				tries = 0;
			} catch (error) {
				if (isDatabaseAway(error) || isDatabaseSlow(error)) {
					if (tries === 0) log.warn({ error: String(error), waiting: waiting.length }, "spans wait for the database");
					tries += 1;
					await sleep(Math.min(100 * 2 ** tries, 5_000), undefined, { ref: false });
					continue;
				}
				await writeOneByOne(some, error);
			}
			waiting = waiting.slice(some.length);
		}
		if (dropped > 0) log.warn({ dropped }, "spans were dropped: more came than could be written");
		dropped = 0;
	}

	async function write(some: readonly NotedSpan[]): Promise<void> {
		// What was said is written only where that is wanted at this moment.
		await readPolicy(some.some(({ row }) => row.content) ? 0 : policyMs);
		const told = some.map(({ row, parent }) => ({
			row: policy.keepsContent ? row : { ...row, content: null },
			parent,
		}));
		const written = await writeSpans(
			db,
			told.map(({ row }) => row),
		);
		exports.add(told.filter(({ row }) => written.has(keyOf(row))));
	}

	/** One that can't be written at all must not keep the others from it. */
	async function writeOneByOne(some: readonly NotedSpan[], why: unknown): Promise<void> {
		log.warn({ error: String(why) }, "spans could not be written together");
		for (const one of some)
			await write([one]).catch((error) => log.warn({ error: String(error), kind: one.row.kind }, "a span is lost"));
	}

	const add = (spans: readonly NotedSpan[]) => {
		const room = mostWaiting - waiting.length;
		dropped += Math.max(0, spans.length - room);
		waiting.push(...spans.slice(0, Math.max(0, room)));
		if (waiting.length === 0) return;
		writing ??= writeAll().finally(() => {
			writing = null;
		});
	};
	const settled = async () => {
		while (writing) await writing;
	};
	return {
		take: (span) => add(sampling.pass(span, policy.samplePercent)),
		wantsContent: () => policy.keepsContent,
		settled,
		waiting: () => waiting.length,
		dropped: () => dropped,
		stop: async () => {
			await settled();
			await exports.stop();
		},
	};
}

const shared = new WeakMap<Database, SpanWriter>();

/** The one of a process. */
export function spanWriterOf(db: Database): SpanWriter {
	const writer = shared.get(db) ?? openSpanWriter(db);
	shared.set(db, writer);
	return writer;
}
