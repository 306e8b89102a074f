import type { FailureReason } from "./contract/reasons";

/** A function that the model wants called; `arguments` is JSON as the model wrote it. */
export type ToolCall = { id: string; name: string; arguments: string };
export type ModelTool = { name: string; description: string; parameters: Record<string, unknown> };
export type ModelImage = { type: "image/png" | "image/jpeg" | "image/webp"; base64: string };
/** What a chat model is told; `assistant` is what it said in earlier turns, `tool` what a function that it called answered. */
export type ModelMessage =
	| { role: "system"; content: string }
	| { role: "user"; content: string; images?: readonly ModelImage[] }
	| { role: "assistant"; content: string; calls?: readonly ToolCall[] }
	| { role: "tool"; callId: string; content: string };
/** `cachedTokens` are those of the input that the provider had kept from before. */
export type Usage = { inputTokens: number; outputTokens: number; cachedTokens?: number };
/** How an answer ended; `cut` came to its greatest length or was held back by the provider's filter. */
export type ModelEnd = {
	usage: Usage;
	end: "whole" | "cut";
	calls: ToolCall[];
	/** The provider did not say what it took. */
	isEstimated?: boolean;
	/** How likely the model found its own words, 0 to 1: the mean of its tokens, where its provider gives that. */
	sureness?: number;
	/** The model that answered, where a route chose it. */
	by?: string;
};

export type AnswerOptions = {
	/** Most tokens that the answer may have; left out: `maxAnswerTokens`. */
	mostTokens?: number;
	/** How freely it is worded, 0 to 2; left out: as the provider has it. */
	temperature?: number;
	/** What was said so far is taken back, and another model begins anew. Without it a route keeps to a model that has begun to speak. */
	onRestart?: (why: string) => void;
};

/** A chat model behind an endpoint, or a route of several. */
export type ChatModel = {
	name: string;
	/** Whether it can be shown pictures; left out: it can't. */
	sees?: boolean;
	/** How much it reads and writes together, in tokens, where that is known. */
	contextTokens?: number;
	/** The answer piece by piece. Throws a ModelFailure, or the signal's reason. */
	answer: (
		messages: ModelMessage[],
		signal: AbortSignal,
		tools?: readonly ModelTool[],
		options?: AnswerOptions,
	) => AsyncGenerator<string, ModelEnd>;
};

type FailureOptions = ErrorOptions & {
	reason?: FailureReason;
	/** The HTTP status, where the provider answered with one. */
	status?: number | null;
	mayRetry?: boolean;
	retryAfterMs?: number | null;
	/** What was taken until then, where that is known better than by its words. */
	usage?: Usage;
};

/** Why a model gave no answer, in words for the person who asked: never an address, a key or what the provider said. */
export class ModelFailure extends Error {
	override readonly name = "ModelFailure";
	readonly reason: FailureReason;
	readonly status: number | null;
	readonly mayRetry: boolean;
	readonly retryAfterMs: number | null;
	readonly usage: Usage | null;
	constructor(why: string, options: FailureOptions = {}) {
		super(why, options);
		this.reason = options.reason ?? "failed";
		this.status = options.status ?? null;
		this.mayRetry = options.mayRetry ?? false;
		this.retryAfterMs = options.retryAfterMs ?? null;
		this.usage = options.usage ?? null;
	}
}

/** No model of the route gave an answer, and its agent is not to be stood in for: a clear end instead. */
export class ModelsAway extends Error {
	override readonly name = "ModelsAway";
	constructor(why: string, options?: ErrorOptions) {
		super(`Unavailable: ${why}`, options);
	}
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0 };
export const addUsage = (one: Usage, other: Usage): Usage => {
	const cachedTokens = (one.cachedTokens ?? 0) + (other.cachedTokens ?? 0);
	return {
		inputTokens: one.inputTokens + other.inputTokens,
		outputTokens: one.outputTokens + other.outputTokens,
		...(cachedTokens > 0 ? { cachedTokens } : {}),
	};
};

/** Letters of scripts that have a token or more for each: Han, Kana, Hangul and what comes after them, such as emoji. */
const wide = /[^\0-\u2e7f]/g;

/**
 * Providers count tokens themselves; where one doesn't say, and before it is asked, four characters are taken for one. The one
 * place for it: what a window is planned by and what a budget holds back are the same figures.
 */
export function estimateTokens(text: string): number {
	const full = text.match(wide)?.length ?? 0;
	return Math.ceil((text.length - full) / 4 + full);
}

/** Providers count a picture by its size; this is about what a large one comes to. */
const imageTokens = 1_600;

/** What is said to a model, in tokens. */
export const estimateAsked = (messages: readonly ModelMessage[], tools: readonly ModelTool[] = []): number =>
	estimateTokens(messages.map(({ content }) => content).join("\n")) +
	messages.reduce((sum, one) => sum + (one.role === "user" ? (one.images?.length ?? 0) * imageTokens : 0), 0) +
	(tools.length > 0 ? estimateTokens(JSON.stringify(tools)) : 0);

/** Most tokens that one answer may have; a run holds back as many of its person's budget. */
export const maxAnswerTokens = 4_096;
