import {
	AIMessage,
	AIMessageChunk,
	type BaseMessage,
	HumanMessage,
	SystemMessage,
	ToolMessage,
} from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";
import {
	type ChatModel,
	type ModelEnd,
	type ModelImage,
	type ModelMessage,
	type ModelTool,
	maxAnswerTokens,
	type ToolCall,
} from "./model";
import { brokenOff, notAnAnswer } from "./model-failure";
import {
	type Asked,
	askAgain,
	type ModelLimits,
	modelLimits,
	noProgress,
	type Progress,
	type Provider,
	surenessOf,
	usageOf,
} from "./provider";
import type { Watch } from "./watch";

/** `fetch` is the connection's own, where it has one: the way to an address that a person entered. */
export type Endpoint = { url: string; key: string | undefined; model: string; sees?: boolean; fetch?: typeof fetch };

/** A model behind any endpoint that speaks the OpenAI HTTP API, asked again where that may help. */
export function openaiModel(endpoint: Endpoint, limits: ModelLimits = modelLimits): ChatModel {
	const provider = openaiProvider(endpoint);
	return {
		name: endpoint.model,
		sees: endpoint.sees ?? false,
		answer: (messages, signal, tools = [], { mostTokens, temperature } = {}) =>
			askAgain(provider, { messages, tools, mostTokens, temperature }, { signal, limits, progress: noProgress() }),
	};
}

const mostClients = 20;

export function openaiProvider({ url, key, model, fetch }: Endpoint): Provider {
	// `streaming` stays out: with it, LangChain fetches a file from the internet to estimate tokens.
	const clients = new Map<string, ChatOpenAI>();
	const clientFor = (maxTokens: number, { temperature, isWeighed = false }: Asked): ChatOpenAI => {
		const mark = `${maxTokens} ${temperature} ${isWeighed}`;
		const known = clients.get(mark);
		if (known) return known;
		const made = new ChatOpenAI({
			model,
			// The SDK insists on a key; endpoints without one ignore it.
			apiKey: key ?? "none",
			maxTokens,
			...(temperature === undefined ? {} : { temperature }),
			...(isWeighed ? { logprobs: true } : {}),
			useResponsesApi: false,
			maxRetries: 0,
			onFailedAttempt: (error: unknown) => {
				throw error;
			},
			configuration: { baseURL: url, logLevel: "off", ...(fetch ? { fetch } : {}) },
		});
		// Lengths come from agents' settings, and from what is tried out: there are few, and nobody needs the rest kept.
		if (clients.size >= mostClients) clients.clear();
		clients.set(mark, made);
		return made;
	};
	return {
		listen: (asked, attempt) => listen(clientFor(asked.mostTokens ?? maxAnswerTokens, asked), asked, attempt),
	};
}

async function* listen(
	client: ChatOpenAI,
	asked: Asked,
	{ watch, progress }: { watch: Watch; progress: Progress },
): AsyncGenerator<string, ModelEnd> {
	const { messages, tools } = asked;
	let reason: string | null = null;
	let length = 0;
	const logprobs: number[] = [];
	const calls = new Map<number, ToolCall>();
	const options = { signal: watch.signal, ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}) };
	// `stream()` does the same and then as much again, for callbacks and tracers that there are not.
	for await (const chunk of client._streamResponseChunks(messages.map(toLangChain), options)) {
		watch.heard();
		const finish: unknown = chunk.generationInfo?.finish_reason;
		if (typeof finish === "string") reason = finish;
		if (asked.isWeighed) for (const one of logprobsIn(chunk.generationInfo?.logprobs)) logprobs.push(one);
		const told = chunk.message instanceof AIMessageChunk ? chunk.message.usage_metadata : undefined;
		// Some say it with each piece, for all until then: the last word counts.
		if (told) progress.usage = toUsage(told);
		if (chunk.message instanceof AIMessageChunk) collectCalls(calls, chunk.message);
		const { text } = chunk;
		if (text === "") continue;
		length += text.length;
		yield text;
	}
	watch.signal.throwIfAborted();
	if (length === 0 && calls.size === 0) throw notAnAnswer();
	if (reason === null) throw brokenOff();
	return {
		calls: [...calls.values()],
		...usageOf(asked, progress),
		...surenessOf(logprobs),
		end: reason === "length" || reason === "content_filter" ? "cut" : "whole",
	};
}

const Logprobs = z.looseObject({ content: z.array(z.looseObject({ logprob: z.number() })).nullish() });
/** A provider sends with it what it likes. */
const logprobsIn = (value: unknown): number[] =>
	Logprobs.safeParse(value).data?.content?.map(({ logprob }) => logprob) ?? [];

type Told = { input_tokens: number; output_tokens: number; input_token_details?: { cache_read?: number } };
const toUsage = ({ input_tokens, output_tokens, input_token_details }: Told): Progress["usage"] => {
	const cachedTokens = input_token_details?.cache_read;
	return { inputTokens: input_tokens, outputTokens: output_tokens, ...(cachedTokens ? { cachedTokens } : {}) };
};

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

const toPicture = ({ type, base64 }: ModelImage) => ({
	type: "image_url" as const,
	image_url: { url: `data:${type};base64,${base64}` },
});

function toLangChain(message: ModelMessage): BaseMessage {
	switch (message.role) {
		case "system":
			return new SystemMessage(message.content);
		case "user":
			return new HumanMessage(
				message.images?.length
					? { content: [{ type: "text" as const, text: message.content }, ...message.images.map(toPicture)] }
					: message.content,
			);
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
