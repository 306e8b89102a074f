import { eventStream } from "@/server/core/event-stream";
import { failureBody } from "./failure";

/** What comes as server-sent events; a failure in the middle is said in the stream, since its status is long gone. */
export const toldStream = (events: AsyncGenerator<string>, requestId: string, last = ""): Response =>
	eventStream({ lines: withLastWords(events, requestId, last) });

async function* withLastWords(events: AsyncGenerator<string>, requestId: string, last: string): AsyncGenerator<string> {
	try {
		yield* events;
		if (last) yield last;
	} catch (failure) {
		yield `data: ${JSON.stringify(failureBody(failure, requestId).body)}\n\n`;
	}
}
