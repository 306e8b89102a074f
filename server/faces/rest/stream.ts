import { createCaller } from "@/server/trpc/root";
import { callByName } from "../call";
import type { RestCall } from "./handler";
import { inputOf } from "./input";
import { problemOf } from "./problem";

/** How long a refusal may take that still gets its own status, in ms; a run that says nothing yet is a stream by then. */
const firstMs = 250;
const pingMs = 15_000;

// tRPC's `tracked`: an event with its id.
type Tracked = [id: string, data: unknown];

/**
 * A subscription as server-sent events: each with its id, from which EventSource goes on by itself (Last-Event-ID). What is
 * over and was seen to its end answers 204, upon which EventSource stops coming back.
 */
export async function answerStream(call: RestCall): Promise<Response> {
	const { request, route, found, ctx } = call;
	const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
	const over = new AbortController();
	const signal = AbortSignal.any([request.signal, over.signal]);
	const caller = createCaller({ ...ctx, signal });
	const events = await callByName<AsyncGenerator<Tracked>>(caller, route.name, inputOf(route, found, request));
	const first = events.next();
	const soon = await Promise.race([first, pause(firstMs)]);
	if (soon?.done) return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
	const body = new ReadableStream<Uint8Array>({
		start: (reader) => void pour(first, events, reader, ctx.requestId),
		cancel: () => over.abort(),
	});
	return new Response(body, { headers });
}

const encoder = new TextEncoder();
type Reader = ReadableStreamDefaultController<Uint8Array>;

async function pour(
	first: Promise<IteratorResult<Tracked>>,
	events: AsyncGenerator<Tracked>,
	reader: Reader,
	requestId: string,
): Promise<void> {
	const say = (text: string) => reader.enqueue(encoder.encode(text));
	const ping = setInterval(() => say(": still here\n\n"), pingMs);
	try {
		say(": open\n\n");
		for (let next = await first; !next.done; next = await events.next()) {
			const [id, data] = next.value;
			say(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
		}
		reader.close();
	} catch (failure) {
		end(reader, `event: problem\ndata: ${JSON.stringify(problemOf(failure, requestId))}\n\n`);
	} finally {
		clearInterval(ping);
	}
}

function end(reader: Reader, lastWords: string): void {
	try {
		reader.enqueue(encoder.encode(lastWords));
		reader.close();
	} catch {
		// Its reader is gone.
	}
}

const pause = (ms: number) => new Promise<null>((resolve) => setTimeout(resolve, ms, null).unref());
