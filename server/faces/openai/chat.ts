import type { RequestContext } from "@/server/trpc/init";
import { type Answering, type Ended, extrasOf, startAnswer, usageOf } from "./answering";
import { ChatRequest } from "./contract";
import { chatQuestion } from "./conversation";
import { toldStream } from "./event-stream";

/** `POST /chat/completions`, whole or streamed. */
export async function chatCompletions(ctx: RequestContext, body: unknown): Promise<Response> {
	const request = ChatRequest.parse(body);
	const answering = await startAnswer(ctx, request.model, chatQuestion(request));
	if (request.stream) return toldStream(chunksOf(answering, request), ctx.requestId, "data: [DONE]\n\n");
	const pieces = answering.pieces();
	for (let next = await pieces.next(); ; next = await pieces.next())
		if (next.done)
			return Response.json(completionOf(answering, next.value), { headers: { "cache-control": "no-store" } });
}

const head = ({ runId, createdAt, model }: Answering, object: string) => ({
	id: `chatcmpl-${runId}`,
	object,
	created: createdAt,
	model,
});

const callsOf = ({ result }: Ended) =>
	(result.calls ?? []).map(({ id, name, arguments: args }, index) => ({
		index,
		id,
		type: "function" as const,
		function: { name, arguments: args },
	}));

function finishOf({ result }: Ended): "stop" | "length" | "tool_calls" {
	if (result.calls?.length) return "tool_calls";
	return result.incomplete ? "length" : "stop";
}

function completionOf(answering: Answering, ended: Ended) {
	const calls = callsOf(ended).map(({ index: _, ...call }) => call);
	const message = {
		role: "assistant",
		content: ended.answer || null,
		refusal: null,
		...(calls.length > 0 ? { tool_calls: calls } : {}),
	};
	return {
		...head(answering, "chat.completion"),
		choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(ended) }],
		usage: usageOf(ended),
		...extrasOf(answering.runId, ended),
	};
}

/** The streamed text is what the model wrote; marks of sources that there are not are gone only from the whole answer. */
async function* chunksOf(answering: Answering, request: ChatRequest): AsyncGenerator<string> {
	const chunk = (fields: object) =>
		`data: ${JSON.stringify({ ...head(answering, "chat.completion.chunk"), ...fields })}\n\n`;
	const delta = (content: object, finish: string | null = null) => ({
		choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }],
	});
	yield chunk(delta({ role: "assistant", content: "" }));
	const pieces = answering.pieces();
	let next = await pieces.next();
	for (; !next.done; next = await pieces.next()) yield chunk(delta({ content: next.value }));
	const ended = next.value;
	const calls = callsOf(ended);
	if (calls.length > 0) yield chunk(delta({ tool_calls: calls }));
	yield chunk({ ...delta({}, finishOf(ended)), ...extrasOf(answering.runId, ended) });
	if (request.stream_options?.include_usage) yield chunk({ choices: [], usage: usageOf(ended) });
}
