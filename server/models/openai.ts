import { setTimeout as sleep } from "node:timers/promises";
import {
	AIMessage,
	AIMessageChunk,
	type BaseMessage,
	HumanMessage,
	SystemMessage,
	ToolMessage,
} from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import {
	type ChatModel,
	estimateTokens,
	type ModelEnd,
	ModelFailure,
	type ModelMessage,
	type ModelTool,
	maxAnswerTokens,
	type ToolCall,
} from "./model";
import { describeFailure } from "./model-failure";
import { startWatch, type Watch } from "./watch";

export type ModelLimits = {
	firstTokenMs: number;
	/** Longest silence between two pieces. */
	idleMs: number;
	/** For the whole answer, with every retry. */
	totalMs: number;
	retries: number;
	/** The wait before the first retry; doubles with each, and varies by half. */
	backoffMs: number;
};
export const modelLimits: ModelLimits = {
	firstTokenMs: 30_000,
	idleMs: 30_000,
	totalMs: 120_000,
	retries: 2,
	backoffMs: 300,
};

export type Endpoint = { url: string; key: string | undefined; model: string };

/** A model behind any endpoint that speaks the OpenAI HTTP API. */
export function openaiModel(endpoint: Endpoint, limits: ModelLimits = modelLimits): ChatModel {
	// `streaming` stays out: with it, LangChain fetches a file from the internet to estimate tokens.
	const client = new ChatOpenAI({
		model: endpoint.model,
		// The SDK insists on a key; endpoints without one ignore it.
		apiKey: endpoint.key ?? "none",
		maxTokens: maxAnswerTokens,
		useResponsesApi: false,
		maxRetries: 0,
		onFailedAttempt: (error: unknown) => {
			throw error;
		},
		configuration: { baseURL: endpoint.url, logLevel: "off" },
	});
	return {
		name: endpoint.model,
		async *answer(messages, signal, tools = []) {
			const deadline = performance.now() + limits.totalMs;
			for (let attempt = 0; ; attempt += 1) {
				const left = deadline - performance.now();
				const spoken = { any: false };
				try {
					return yield* oneAnswer(
						client,
						{ messages, tools },
						{ signal, limits: { ...limits, totalMs: left }, spoken },
					);
				} catch (error) {
					signal.throwIfAborted();
					const failure = describeFailure(error);
					const wait = failure.retryAfterMs ?? limits.backoffMs * 2 ** attempt * (0.5 + Math.random());
					const isLate = performance.now() + wait >= deadline;
					if (spoken.any || !failure.mayRetry || attempt >= limits.retries || isLate) throw failure;
					await sleep(wait, undefined, { signal });
				}
			}
		},
	};
}

type Asked = { messages: ModelMessage[]; tools: readonly ModelTool[] };
type Attempt = { signal: AbortSignal; limits: ModelLimits; spoken: { any: boolean } };

async function* oneAnswer(
	client: ChatOpenAI,
	asked: Asked,
	{ signal, limits, spoken }: Attempt,
): AsyncGenerator<string, ModelEnd> {
	const watch = startWatch(signal, limits);
	try {
		return yield* listen(client, asked, { watch, spoken });
	} catch (error) {
		// Once the watch has ended the call, its reason tells more than the broken connection does.
		throw watch.signal.aborted ? watch.signal.reason : error;
	} finally {
		watch.end();
	}
}

async function* listen(
	client: ChatOpenAI,
	{ messages, tools }: Asked,
	{ watch, spoken }: { watch: Watch; spoken: { any: boolean } },
): AsyncGenerator<string, ModelEnd> {
	let reason: string | null = null;
	let usage: ModelEnd["usage"] | null = null;
	let length = 0;
	const calls = new Map<number, ToolCall>();
	const options = { signal: watch.signal, ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}) };
	// `stream()` does the same and then as much again, for callbacks and tracers that there are not.
	for await (const chunk of client._streamResponseChunks(messages.map(toLangChain), options)) {
		watch.heard();
		const finish: unknown = chunk.generationInfo?.finish_reason;
		if (typeof finish === "string") reason = finish;
		const told = chunk.message instanceof AIMessageChunk ? chunk.message.usage_metadata : undefined;
		if (told) usage = { inputTokens: told.input_tokens, outputTokens: told.output_tokens };
		if (chunk.message instanceof AIMessageChunk) collectCalls(calls, chunk.message);
		const { text } = chunk;
		if (text === "") continue;
		spoken.any = true;
		length += text.length;
		yield text;
	}
	watch.signal.throwIfAborted();
	if (length === 0 && calls.size === 0)
		throw new ModelFailure("The model's endpoint sent something that is not an answer.");
	if (reason === null) throw new ModelFailure("The model's answer broke off.");
	const asked = messages.map(({ content }) => content).join("\n");
	return {
		calls: [...calls.values()],
		usage: usage ?? { inputTokens: estimateTokens(asked), outputTokens: Math.ceil(length / 4) },
		end: reason === "length" || reason === "content_filter" ? "cut" : "whole",
	};
}

/** A call arrives in pieces: its name first, then its arguments bit by bit. */
function collectCalls(calls: Map<number, ToolCall>, message: AIMessageChunk): void {
	for (const piece of message.tool_call_chunks ?? []) {
		const index = piece.index ?? calls.size;
		const call = calls.get(index) ?? { id: "", name: "", arguments: "" };
		calls.set(index, {
			id: call.id || (piece.id ?? ""),
			name: call.name + (piece.name ?? ""),
			arguments: call.arguments + (piece.args ?? ""),
		});
	}
}

const toFunction = ({ name, description, parameters }: ModelTool) => ({
	type: "function" as const,
	function: { name, description, parameters },
});

/** What a model once wrote as arguments need not be JSON; then it called with none. */
function argumentsOf(text: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
	} catch {
		return {};
	}
}

function toLangChain(message: ModelMessage): BaseMessage {
	switch (message.role) {
		case "system":
			return new SystemMessage(message.content);
		case "user":
			return new HumanMessage(message.content);
		case "assistant":
			return new AIMessage({
				content: message.content,
				tool_calls: (message.calls ?? []).map(({ id, name, arguments: text }) => ({
					id,
					name,
					args: argumentsOf(text),
				})),
			});
		case "tool":
			return new ToolMessage({ content: message.content, tool_call_id: message.callId });
	}
}
