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

/** Server-sent events. One web stream and no more: each costs some kB, and thousands of readers wait at once. */
export function eventStream({ lines, ping = ": still here\n\n", headers, onGone }: EventLines): Response {
	const still = encoder.encode(ping);
	let timer: NodeJS.Timeout;
	const body = new ReadableStream<Uint8Array>({
		start(reader) {
			timer = setInterval(() => {
				// Who does not read what is there needs no more of it.
				if ((reader.desiredSize ?? 0) > 0) reader.enqueue(still);
			}, pingMs);
		},
		async pull(reader) {
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
	});
	return new Response(body, { headers: { ...standard, ...headers } });
}
