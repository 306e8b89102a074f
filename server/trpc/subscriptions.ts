import { getTRPCErrorShape } from "@trpc/server";
import superjson from "superjson";
import { AppError } from "@/server/core/errors";
import { eventStream } from "@/server/core/event-stream";
import { callByName, proceduresByName } from "@/server/faces/call";
import { toAppError, toTrpcError } from "./failure";
import { type RequestContext, reconnectAfterMs } from "./init";
import { appRouter, createCaller } from "./root";

// tRPC's `tracked`: an event with its id.
type Tracked = [id: string, data: unknown];

/** The subscription that a request asks to follow, by its name; null where it asks for anything else. */
export function subscriptionOf({ method, url }: Request, endpoint: string): string | null {
	const { pathname, searchParams } = new URL(url);
	const name = pathname.slice(endpoint.length + 1);
	const isOne = method === "GET" && proceduresByName()[name]?._def.type === "subscription";
	return isOne && !searchParams.has("batch") ? name : null;
}

/**
 * A subscription as tRPC's own links read it. tRPC's way passes each event through five web streams, which is most of what a
 * waiting reader costs and a third of what an event does.
 */
export function answerSubscription(request: Request, ctx: RequestContext, name: string): Response {
	const over = new AbortController();
	// The request itself is not kept: it is more than all that a waiting reader needs.
	const asked = { url: request.url, last: request.headers.get("last-event-id") };
	return eventStream({
		lines: linesOf({ ...ctx, signal: over.signal }, name, asked),
		ping: "event: ping\ndata: \n\n",
		onGone: () => over.abort(),
	});
}

type Asked = { url: string; last: string | null };

async function* linesOf(ctx: RequestContext, name: string, asked: Asked): AsyncGenerator<string> {
	yield `event: connected\ndata: ${JSON.stringify({ reconnectAfterInactivityMs: reconnectAfterMs })}\n\n`;
	try {
		const events = await callByName<AsyncIterable<Tracked>>(createCaller(ctx), name, inputOf(asked));
		for await (const [id, data] of events) yield `data: ${superjson.stringify(data)}\nid: ${id}\n\n`;
		yield "event: return\ndata: \n\n";
	} catch (failure) {
		if (ctx.signal?.aborted) return;
		const error = toTrpcError(toAppError(failure));
		const shape = getTRPCErrorShape({
			config: appRouter._def._config,
			error,
			type: "subscription",
			path: name,
			input: undefined,
			ctx,
		});
		yield `event: serialized-error\ndata: ${superjson.stringify(shape)}\n\n`;
	}
}

/** What was asked, going on after the event that the reader has last. */
function inputOf({ url, last }: Asked): unknown {
	const { searchParams } = new URL(url);
	const lastEventId = last ?? searchParams.get("lastEventId") ?? searchParams.get("Last-Event-Id");
	const input = parse(searchParams.get("input"));
	if (!lastEventId) return input;
	return { ...Object(input), lastEventId };
}

function parse(text: string | null): unknown {
	if (text === null) return undefined;
	try {
		return superjson.parse(text);
	} catch {
		throw new AppError("INVALID_INPUT", "The input is not valid JSON.");
	}
}
