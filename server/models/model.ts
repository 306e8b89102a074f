/** A function that the model wants called; `arguments` is JSON as the model wrote it. */
export type ToolCall = { id: string; name: string; arguments: string };
export type ModelTool = { name: string; description: string; parameters: Record<string, unknown> };
/** What a chat model is told; `assistant` is what it said in earlier turns, `tool` what a function that it called answered. */
export type ModelMessage =
	| { role: "system" | "user"; content: string }
	| { role: "assistant"; content: string; calls?: readonly ToolCall[] }
	| { role: "tool"; callId: string; content: string };
export type Usage = { inputTokens: number; outputTokens: number };
/** How an answer ended; `cut` came to its greatest length or was held back by the provider's filter. */
export type ModelEnd = { usage: Usage; end: "whole" | "cut"; calls: ToolCall[] };

/** A chat model behind an endpoint. */
export type ChatModel = {
	name: string;
	/** The answer piece by piece. Throws a ModelFailure, or the signal's reason. */
	answer: (
		messages: ModelMessage[],
		signal: AbortSignal,
		tools?: readonly ModelTool[],
	) => AsyncGenerator<string, ModelEnd>;
};

/** Why a model gave no answer, in words for the person who asked: never an address, a key or what the provider said. */
export class ModelFailure extends Error {
	override readonly name = "ModelFailure";
	readonly mayRetry: boolean;
	readonly retryAfterMs: number | null;
	constructor(why: string, options: ErrorOptions & { mayRetry?: boolean; retryAfterMs?: number | null } = {}) {
		super(why, options);
		this.mayRetry = options.mayRetry ?? false;
		this.retryAfterMs = options.retryAfterMs ?? null;
	}
}

/** Providers count tokens themselves; where one doesn't say, four characters are taken for one. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 4);

/** Most tokens that one answer may have; a run holds back as many of its person's budget. */
export const maxAnswerTokens = 4_096;
