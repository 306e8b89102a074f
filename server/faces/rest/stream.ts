import { eventStream } from "@/server/core/event-stream";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { callByName } from "../call";
import type { RestCall } from "./handler";
import { inputOf } from "./input";
import { problemOf } from "./problem";

/** How long a refusal may take that still gets its own status, in ms; a run that says nothing yet is a stream by then. */
const firstMs = 250;

// tRPC's `tracked`: an event with its id.
type Tracked = [id: string, data: unknown];

/**
 * A subscription as server-sent events: each with its id, from which EventSource goes on by itself (Last-Event-ID). What is
 * over and was seen to its end answers 204, upon which EventSource stops coming back.
 */
export async function answerStream(call: RestCall): Promise<Response> {
	const { request, route, found, ctx } = call;
	const over = new AbortController();
	const signal = AbortSignal.any([request.signal, over.signal]);
	const caller = createCaller({ ...ctx, signal });
	const events = await callByName<AsyncGenerator<Tracked>>(caller, route.name, inputOf(route, found, request));
	const first = events.next();
	const soon = await Promise.race([first, pause(firstMs)]);
	if (soon?.done) return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
	return eventStream({ lines: linesOf(first, events, { ...ctx, signal }), onGone: () => over.abort() });
}

async function* linesOf(
	first: Promise<IteratorResult<Tracked>>,
	events: AsyncGenerator<Tracked>,
	{ signal, requestId }: RequestContext,
): AsyncGenerator<string> {
	yield ": open\n\n";
	try {
		for (let next = await first; !next.done; next = await events.next()) {
			const [id, data] = next.value;
			yield `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
		}
	} catch (failure) {
		if (!signal?.aborted) yield `event: problem\ndata: ${JSON.stringify(problemOf(failure, requestId))}\n\n`;
	}
}

const pause = (ms: number) => new Promise<null>((resolve) => setTimeout(resolve, ms, null).unref());
