import { z } from "zod";
import {
	type ModelEnd,
	ModelFailure,
	type ModelImage,
	type ModelMessage,
	type ModelTool,
	maxAnswerTokens,
	type ToolCall,
} from "./model";
import { brokenOff, notAnAnswer, notReached } from "./model-failure";
import type { Endpoint } from "./openai";
import { type Asked, type Progress, type Provider, usageOf } from "./provider";
import { readEvents } from "./server-sent";
import type { Watch } from "./watch";

const apiVersion = "2023-06-01";

/** A provider's refusal, with what tells when to come again. */
class Refused extends Error {
	constructor(
		readonly status: number,
		readonly headers: Headers,
	) {
		super(`the provider answered ${status}`);
	}
}

const Counts = z.looseObject({
	input_tokens: z.number().nullish(),
	output_tokens: z.number().nullish(),
	cache_read_input_tokens: z.number().nullish(),
	cache_creation_input_tokens: z.number().nullish(),
});
type Counts = z.infer<typeof Counts>;

const StreamEvent = z.discriminatedUnion("type", [
	z.looseObject({ type: z.literal("message_start"), message: z.looseObject({ usage: Counts.nullish() }) }),
	z.looseObject({
		type: z.literal("content_block_start"),
		index: z.number(),
		content_block: z.looseObject({ type: z.string(), id: z.string().nullish(), name: z.string().nullish() }),
	}),
	z.looseObject({
		type: z.literal("content_block_delta"),
		index: z.number(),
		delta: z.looseObject({ type: z.string(), text: z.string().nullish(), partial_json: z.string().nullish() }),
	}),
	z.looseObject({
		type: z.literal("message_delta"),
		delta: z.looseObject({ stop_reason: z.string().nullish() }),
		usage: Counts.nullish(),
	}),
	z.looseObject({ type: z.literal("error"), error: z.looseObject({ type: z.string() }) }),
]);

/** A model behind an endpoint that speaks Anthropic's Messages API. */
export function anthropicProvider({ url, key, model, fetch: send = fetch }: Endpoint): Provider {
	const base = url.replace(/\/+$/, "");
	const address = `${base}${base.endsWith("/v1") ? "" : "/v1"}/messages`;
	const headers = {
		"content-type": "application/json",
		"anthropic-version": apiVersion,
		...(key ? { "x-api-key": key } : {}),
	};
	return {
		async *listen(asked, { watch, progress }) {
			const body = JSON.stringify(toRequest(model, asked));
			const answer = await send(address, {
				method: "POST",
				headers,
				body,
				signal: watch.signal,
				redirect: "manual",
			}).catch((error: unknown) => {
				watch.signal.throwIfAborted();
				throw notReached(error);
			});
			if (!answer.ok) {
				// Nobody reads what it says, and the connection is free again.
				await answer.body?.cancel().catch(() => {});
				throw new Refused(answer.status, answer.headers);
			}
			return yield* hear(answer, asked, { watch, progress });
		},
	};
}

async function* hear(
	answer: Response,
	asked: Asked,
	{ watch, progress }: { watch: Watch; progress: Progress },
): AsyncGenerator<string, ModelEnd> {
	const type = answer.headers.get("content-type") ?? "";
	if (!answer.body || !type.includes("text/event-stream")) {
		await answer.body?.cancel().catch(() => {});
		throw notAnAnswer();
	}
	const calls = new Map<number, ToolCall>();
	let length = 0;
	let reason: string | null = null;
	for await (const data of readEvents(answer.body)) {
		watch.heard();
		const event = parse(data);
		switch (event?.type) {
			case undefined:
				continue;
			case "message_start":
				count(progress, event.message.usage);
				continue;
			case "content_block_start":
				if (event.content_block.type === "tool_use")
					calls.set(event.index, {
						id: event.content_block.id ?? "",
						name: event.content_block.name ?? "",
						arguments: "",
					});
				continue;
			case "content_block_delta": {
				const call = calls.get(event.index);
				if (call) call.arguments += event.delta.partial_json ?? "";
				const text = event.delta.type === "text_delta" ? (event.delta.text ?? "") : "";
				if (text === "") continue;
				length += text.length;
				yield text;
				continue;
			}
			case "message_delta":
				reason = event.delta.stop_reason ?? reason;
				count(progress, event.usage);
				continue;
			case "error":
				throw failureOf(event.error.type);
		}
	}
	watch.signal.throwIfAborted();
	if (length === 0 && calls.size === 0) throw notAnAnswer();
	if (reason === null) throw brokenOff();
	return {
		calls: [...calls.values()].map((call) => ({ ...call, arguments: call.arguments || "{}" })),
		...usageOf(asked, progress),
		end: reason === "max_tokens" || reason === "refusal" ? "cut" : "whole",
	};
}

/** Kinds that are newer than this reader are passed over; what is no JSON is no answer. */
function parse(data: string): z.infer<typeof StreamEvent> | null {
	try {
		return StreamEvent.safeParse(JSON.parse(data)).data ?? null;
	} catch (error) {
		throw notAnAnswer(error);
	}
}

/** Input comes with the first event, output with the last; what was kept from before is counted apart from the rest. */
function count(progress: Progress, told: Counts | null | undefined): void {
	const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = told ?? {};
	if (typeof input_tokens === "number") {
		const cached = cache_read_input_tokens ?? 0;
		progress.usage.inputTokens = input_tokens + cached + (cache_creation_input_tokens ?? 0);
		if (cached > 0) progress.usage.cachedTokens = cached;
	}
	if (typeof output_tokens === "number") progress.usage.outputTokens = output_tokens;
}

/** What a provider says once it has begun to answer. */
function failureOf(type: string): ModelFailure {
	if (type === "overloaded_error" || type === "rate_limit_error")
		return new ModelFailure("The model's endpoint has too many requests.", { reason: "busy", mayRetry: true });
	return new ModelFailure("The model's endpoint failed.", { reason: "failed", mayRetry: type === "api_error" });
}

type Block =
	| { type: "text"; text: string }
	| { type: "image"; source: { type: "base64"; media_type: string; data: string } }
	| { type: "tool_use"; id: string; name: string; input: unknown }
	| { type: "tool_result"; tool_use_id: string; content: string };
type Turn = { role: "user" | "assistant"; content: Block[] };

function toRequest(model: string, { messages, tools, mostTokens = maxAnswerTokens, temperature }: Asked) {
	const system = messages.flatMap((one) => (one.role === "system" ? [one.content] : [])).join("\n\n");
	return {
		model,
		max_tokens: mostTokens,
		// Its scale ends at 1.
		...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
		stream: true,
		messages: toTurns(messages),
		...(system ? { system } : {}),
		...(tools.length > 0 ? { tools: tools.map(toTool) } : {}),
	};
}

const toTool = ({ name, description, parameters }: ModelTool) => ({
	name,
	description,
	input_schema: { type: "object", ...parameters },
});

/** Two turns of the same side are one: what tools answered stands together, right behind what called them. */
function toTurns(messages: readonly ModelMessage[]): Turn[] {
	const turns: Turn[] = [];
	for (const message of messages) {
		const turn = toTurn(message);
		const last = turns.at(-1);
		if (!turn || turn.content.length === 0) continue;
		if (last?.role === turn.role) last.content.push(...turn.content);
		else turns.push(turn);
	}
	return turns;
}

function toTurn(message: ModelMessage): Turn | null {
	switch (message.role) {
		case "system":
			return null;
		case "user":
			return { role: "user", content: [...(message.images ?? []).map(toPicture), ...toText(message.content)] };
		case "assistant": {
			const calls = (message.calls ?? []).map(
				({ id, name, arguments: text }): Block => ({ type: "tool_use", id, name, input: toInput(text) }),
			);
			return { role: "assistant", content: [...toText(message.content), ...calls] };
		}
		case "tool":
			return {
				role: "user",
				content: [{ type: "tool_result", tool_use_id: message.callId, content: message.content }],
			};
	}
}

/** An empty text is no block there. */
const toText = (text: string): Block[] => (text.trim() === "" ? [] : [{ type: "text", text }]);
const toPicture = ({ type, base64 }: ModelImage): Block => ({
	type: "image",
	source: { type: "base64", media_type: type, data: base64 },
});

/** What a model once wrote as arguments need not be JSON; then it called with none. */
function toInput(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
	} catch {
		return {};
	}
}
