import { eventStream } from "@/server/core/event-stream";
import type { Run, RunEvent } from "@/server/runs/contract";
import type { RequestContext } from "@/server/trpc/init";
import type { StreamMode } from "./contract";
import { failureBody } from "./failure";
import { eventsOf, stopFor } from "./runs";
import { aiMessage, humanMessage, type Message, valuesOf } from "./state";

type Followed = {
	run: Pick<Run, "id" | "threadId" | "question" | "agentName">;
	earlier: readonly Run[];
	modes: readonly StreamMode[];
	/** The last event that the client has. */
	after: string | null;
	/** Whoever hangs up stops the run. */
	cancels: boolean;
};
type Told = { event: string; data: unknown };

/** A run's events as the Agent Server streams them. Each has our event's number: a client that was cut off goes on after it. */
export function streamOf(ctx: RequestContext, followed: Followed): Response {
	const over = new AbortController();
	const signal = ctx.signal ? AbortSignal.any([ctx.signal, over.signal]) : over.signal;
	let hasEnded = false;
	const stop = () => {
		over.abort();
		if (followed.cancels && !hasEnded) void stopFor(ctx, followed.run.id);
	};
	ctx.signal?.addEventListener("abort", stop, { once: true });
	async function* lines() {
		try {
			yield* told({ ...ctx, signal }, followed);
		} catch (failure) {
			if (signal.aborted) return;
			yield line(null, { event: "error", data: failureBody(failure, ctx.requestId).body });
		}
		hasEnded = true;
	}
	const { id, threadId } = followed.run;
	const at = `/threads/${threadId}/runs/${id}`;
	return eventStream({
		lines: lines(),
		headers: { "content-location": at, location: `${at}/stream` },
		onGone: stop,
	});
}

const line = (id: number | null, { event, data }: Told): string =>
	`${id === null ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

async function* told(ctx: RequestContext, { run, earlier, modes, after }: Followed): AsyncGenerator<string> {
	const has = (mode: StreamMode) => modes.includes(mode);
	const before = [...valuesOf(earlier).messages, humanMessage(run)];
	const last = Number(after ?? 0);
	const from = Number.isInteger(last) && last > 0 ? last : 0;
	if (from === 0) {
		yield line(0, { event: "metadata", data: { run_id: run.id, thread_id: run.threadId, attempt: 1 } });
		if (has("values")) yield line(0, { event: "values", data: { messages: before } });
	}
	const tuple = { langgraph_node: "answer", run_id: run.id, thread_id: run.threadId, ls_provider: "quarterdeck" };
	let [text, restarts] = ["", 0];
	// What was said before is read again, so that the whole of the answer is known; only what is new is told.
	for await (const { seq, body } of eventsOf(ctx, run.id, null)) {
		const isNew = seq > from;
		const tell = (event: string, data: unknown) => line(seq, { event, data });
		if (isNew && has("custom")) yield tell("custom", body);
		switch (body.type) {
			case "answer.delta": {
				text += body.text;
				if (!isNew) break;
				const chunk = { ...aiMessage(run, body.text, null, restarts), type: "AIMessageChunk" };
				if (has("messages-tuple")) yield tell("messages", [chunk, tuple]);
				else if (has("messages")) yield tell("messages/partial", [aiMessage(run, text, null, restarts)]);
				break;
			}
			case "answer.restarted":
				text = "";
				restarts += 1;
				if (isNew && has("values")) yield tell("values", { messages: before });
				break;
			case "step.finished":
				if (isNew && has("updates")) yield tell("updates", { [body.step]: { note: body.note, ms: body.ms } });
				break;
			case "run.ended": {
				yield* ending(body, { run, before, restarts, has, tell });
				return;
			}
			default:
				break;
		}
	}
}

type Ended = Extract<RunEvent["body"], { type: "run.ended" }>;

function* ending(
	{ state, answer, result, reason }: Ended,
	at: {
		run: Followed["run"];
		before: Message[];
		restarts: number;
		has: (mode: StreamMode) => boolean;
		tell: (event: string, data: unknown) => string;
	},
): Generator<string> {
	const { run, before, restarts, has, tell } = at;
	const final = answer === null ? [] : [aiMessage(run, answer, result, restarts)];
	if (has("messages") && final.length > 0) yield tell("messages/complete", final);
	if (has("values")) yield tell("values", { messages: [...before, ...final] });
	if (state === "failed")
		yield tell("error", { error: "RunFailed", message: reason ?? "The run did not come to an answer." });
	yield tell("end", null);
}
