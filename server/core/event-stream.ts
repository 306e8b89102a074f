import { once } from "node:events";
import type { ServerResponse } from "node:http";

const encoder = new TextEncoder();

/** As often as this somebody hears that the stream still stands, in ms: proxies cut lines on which nothing is said. */
export const pingMs = 5_000;

export type EventLines = {
	/** Whole events, as they are sent. What fails in the middle they say themselves: the status is long gone. */
	lines: AsyncGenerator<string>;
	/** Said every 5 s. A comment, where the reader knows of nothing better. */
	ping?: string;
	headers?: Record<string, string>;
	/** Its reader left before the end. */
	onGone?: () => void;
};

const standard = {
	"content-type": "text/event-stream",
	"cache-control": "no-store",
	"x-accel-buffering": "no",
};
const stillHere = ": still here\n\n";

const told = new WeakMap<Response, EventLines>();

/** Server-sent events. Nothing happens before somebody reads: our own door writes the lines without a web stream in between. */
export function eventStream(events: EventLines): Response {
	const answer = new Response(webStream(events), { headers: { ...standard, ...events.headers } });
	told.set(answer, events);
	return answer;
}

/** The lines of an answer that `eventStream` made, for who writes them out without reading its body. */
export const linesOf = (answer: Response): EventLines | undefined => told.get(answer);

function webStream({ lines, ping = stillHere, onGone }: EventLines): ReadableStream<Uint8Array> {
	const still = encoder.encode(ping);
	let timer: NodeJS.Timeout | undefined;
	return new ReadableStream<Uint8Array>(
		{
			async pull(reader) {
				timer ??= setInterval(() => {
					// Who does not read what is there needs no more of it.
					if ((reader.desiredSize ?? -1) >= 0) reader.enqueue(still);
				}, pingMs);
				const next = await lines.next().catch((failure: unknown) => {
					clearInterval(timer);
					throw failure;
				});
				if (!next.done) return reader.enqueue(encoder.encode(next.value));
				clearInterval(timer);
				reader.close();
			},
			cancel() {
				clearInterval(timer);
				onGone?.();
				void lines.return(undefined).catch(() => {});
			},
		},
		{ highWaterMark: 0 },
	);
}

/** Writes events to a reader of ours until they end or the reader leaves; thousands wait at once, so nothing else is held for them. */
export async function writeLines({ lines, ping = stillHere, onGone }: EventLines, to: ServerResponse): Promise<void> {
	// Who does not read what is there needs no more of it.
	const timer = setInterval(() => void (to.writableNeedDrain || to.write(ping)), pingMs);
	const leave = () => {
		onGone?.();
		void lines.return(undefined).catch(() => {});
	};
	if (to.closed) leave();
	else to.once("close", leave);
	try {
		to.flushHeaders();
		for (;;) {
			const { done, value } = await lines.next();
			if (done || to.closed) break;
			if (!to.write(value)) await drained(to);
		}
	} finally {
		clearInterval(timer);
		to.off("close", leave);
	}
	to.end();
}

/** Resolves once the reader has taken what was written, or has left. */
async function drained(to: ServerResponse): Promise<void> {
	if (to.closed) return;
	const over = new AbortController();
	const { signal } = over;
	await Promise.race([once(to, "drain", { signal }), once(to, "close", { signal })]).finally(() => over.abort());
}
