import { notFound } from "@/server/core/errors";
import type { StartRun } from "@/server/runs/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { type Answering, type Ended, extrasOf, startAnswer } from "./answering";
import { ResponsesRequest } from "./contract";
import { responsesQuestion } from "./conversation";
import { toldStream } from "./event-stream";

/** `POST /responses`, whole or streamed. */
export async function responses(ctx: RequestContext, body: unknown): Promise<Response> {
	const request = ResponsesRequest.parse(body);
	const answering = await startAnswer(ctx, request.model, await questionOf(ctx, request));
	if (request.stream) return toldStream(eventsOf(answering), ctx.requestId);
	const pieces = answering.pieces();
	for (let next = await pieces.next(); ; next = await pieces.next())
		if (next.done)
			return Response.json(responseOf(answering, next.value), { headers: { "cache-control": "no-store" } });
}

/** Going on from an earlier answer is the next question of that answer's thread; the thread remembers what was said. */
async function questionOf(ctx: RequestContext, request: ResponsesRequest): Promise<StartRun> {
	const { question, conversation } = responsesQuestion(request);
	const earlier = request.previous_response_id;
	if (!earlier) return { question, conversation };
	const runId = /^resp_([0-9a-f-]{36})$/.exec(earlier)?.[1];
	if (!runId) throw notFound("The previous response");
	const run = await createCaller(ctx).runs.get({ runId });
	const turn = run.answer ? [{ question: run.question, answer: run.answer }] : [];
	return {
		question,
		threadId: run.threadId,
		conversation: { ...conversation, history: [...turn, ...conversation.history] },
	};
}

function outputOf({ runId }: Answering, ended: Ended) {
	const calls = (ended.result.calls ?? []).map((call, index) => ({
		type: "function_call" as const,
		id: `fc_${runId}_${index}`,
		call_id: call.id,
		name: call.name,
		arguments: call.arguments,
		status: "completed" as const,
	}));
	const text = { type: "output_text" as const, text: ended.answer, annotations: [] };
	const message = {
		type: "message" as const,
		id: `msg_${runId}`,
		role: "assistant" as const,
		status: "completed" as const,
		content: [text],
	};
	return ended.answer || calls.length === 0 ? [message, ...calls] : calls;
}

const opened = ({ runId, createdAt, model }: Answering) => ({
	id: `resp_${runId}`,
	object: "response" as const,
	created_at: createdAt,
	model,
	status: "in_progress",
	error: null,
	incomplete_details: null,
	output: [] as unknown[],
	parallel_tool_calls: true,
	tools: [],
	usage: null as unknown,
});

function responseOf(answering: Answering, ended: Ended) {
	const { inputTokens, outputTokens } = ended.result.usage;
	return {
		...opened(answering),
		status: ended.result.incomplete ? "incomplete" : "completed",
		incomplete_details: ended.result.incomplete ? { reason: "max_output_tokens" } : null,
		output: outputOf(answering, ended),
		output_text: ended.answer,
		usage: {
			input_tokens: inputTokens,
			input_tokens_details: { cached_tokens: 0 },
			output_tokens: outputTokens,
			output_tokens_details: { reasoning_tokens: 0 },
			total_tokens: inputTokens + outputTokens,
		},
		...extrasOf(answering.runId, ended),
	};
}

async function* eventsOf(answering: Answering): AsyncGenerator<string> {
	let sequence = 0;
	const event = (type: string, fields: object) =>
		`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
	const place = { item_id: `msg_${answering.runId}`, output_index: 0, content_index: 0 };
	yield event("response.created", { response: opened(answering) });
	yield event("response.in_progress", { response: opened(answering) });
	const pieces = answering.pieces();
	let next = await pieces.next();
	let said = "";
	for (; !next.done; next = await pieces.next()) {
		if (said === "") yield* openMessage(event, place);
		said += next.value;
		yield event("response.output_text.delta", { ...place, delta: next.value, logprobs: [] });
	}
	const done = responseOf(answering, next.value);
	for (const [index, item] of done.output.entries()) {
		if (item.type === "message") {
			if (said === "") yield* openMessage(event, place);
			const [part] = item.content;
			yield event("response.output_text.done", { ...place, text: part?.text ?? "", logprobs: [] });
			yield event("response.content_part.done", { ...place, part });
		} else {
			const at = { item_id: item.id, output_index: index };
			yield event("response.output_item.added", { output_index: index, item: { ...item, arguments: "" } });
			yield event("response.function_call_arguments.delta", { ...at, delta: item.arguments });
			yield event("response.function_call_arguments.done", { ...at, arguments: item.arguments, name: item.name });
		}
		yield event("response.output_item.done", { output_index: index, item });
	}
	yield event(done.status === "incomplete" ? "response.incomplete" : "response.completed", { response: done });
}

function* openMessage(event: (type: string, fields: object) => string, place: { item_id: string }): Generator<string> {
	const item = { type: "message", id: place.item_id, role: "assistant", status: "in_progress", content: [] };
	yield event("response.output_item.added", { output_index: 0, item });
	yield event("response.content_part.added", { ...place, part: { type: "output_text", text: "", annotations: [] } });
}
