import { failureBody } from "./failure";

const encoder = new TextEncoder();

/** Sends what comes as server-sent events; a failure in the middle is said in the stream, since its status is long gone. */
export function eventStream(events: AsyncGenerator<string>, requestId: string, last = ""): Response {
	const body = new ReadableStream<Uint8Array>({
		async pull(reader) {
			try {
				const next = await events.next();
				if (!next.done) return reader.enqueue(encoder.encode(next.value));
				if (last) reader.enqueue(encoder.encode(last));
				reader.close();
			} catch (failure) {
				reader.enqueue(encoder.encode(`data: ${JSON.stringify(failureBody(failure, requestId).body)}\n\n`));
				reader.close();
			}
		},
		cancel: async () => void (await events.return(undefined)),
	});
	const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" };
	return new Response(body, { headers });
}
