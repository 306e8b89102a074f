import { Annotation } from "@langchain/langgraph";
import type { Caps } from "@/server/core/caps";
import type { ToolOutcome } from "@/server/faces/agent-tools";
import type { Passage, Search, SearchResult } from "@/server/knowledge/contract";
import type { ChatModel, ModelTool, ToolCall, Usage } from "@/server/models/model";
import type { Conversation, FunctionCall, RunEventBody, RunResult } from "@/server/runs/contract";
import { nothingSpent, type Spent } from "./caps";

/** An earlier question of the conversation and what was answered. */
export type Turn = { question: string; answer: string };

/** What the graph needs of the run that it is in. It lives in memory: nothing of it goes into a checkpoint. */
export type AssistantContext = {
	/** Null: the built-in extractive model answers. */
	model: ChatModel | null;
	/** The agent's own instructions, from its prompt. */
	instructions: string | null;
	search: (input: Search) => Promise<SearchResult>;
	/** What the agent may call for the person at this moment. */
	tools: readonly ModelTool[];
	callTool: (call: ToolCall) => Promise<ToolOutcome>;
	/** Before a model hears of the question: throws where whoever asked it may not any more. */
	expectLeave: () => Promise<void>;
	/** What the answer rests on from now on: where the person may not read one of these any more, the run ends. */
	restOn: (documentIds: string[]) => Promise<void>;
	/** Most that the run may take. */
	caps: Caps;
	/** Told after each step, for a run that is broken off. */
	onSpent: (spent: Spent) => void;
	tell: (body: RunEventBody) => void;
	/** Adds to the answer that the reader sees. */
	say: (text: string) => void;
	/** Takes back what an attempt that died had said. */
	startOver: (why?: string) => void;
	signal: AbortSignal;
};

export const AssistantRuntime = Annotation.Root({ run: Annotation<AssistantContext>() });

export type Findings = { passages: Passage[]; searchedCollections: number; degraded?: string | null };

/** What an answer rests on, before its citations are checked. */
export type Draft = {
	text: string;
	/** The documents don't say. */
	abstained: boolean;
	degraded: string | null;
	/** Why the model stopped in the middle; null where it came to its end. */
	failure: string | null;
	/** The model came to its greatest length. */
	isCut: boolean;
	model: string;
	usage: Usage;
	/** Functions of the caller's that must be called before there is an answer. */
	calls?: FunctionCall[];
	/** Tools of the agent's own that must be. */
	toolCalls?: ToolCall[];
};

/** Tools that the model called in one go, and what they have answered so far. */
export type ToolRound = {
	/** `ref` is what the model called it by; `id` is ours, and the same whenever the run begins again. */
	calls: (ToolCall & { ref: string })[];
	results: { ref: string; content: string }[];
};

/** `query` is null where the model gave nothing to go by. */
export type Rewritten = { query: string | null; usage: Usage };

export const AssistantState = Annotation.Root({
	question: Annotation<string>(),
	collectionIds: Annotation<string[] | null>(),
	history: Annotation<Turn[]>(),
	/** Of a caller that keeps its own: its wishes, its functions, and what those have answered. */
	conversation: Annotation<Conversation | null>(),
	/** What a model made of a follow-up to search for, and what that took; null where none was asked. */
	rewritten: Annotation<Rewritten | null>(),
	findings: Annotation<Findings>(),
	/** Which of the passages found support an answer, by their places; the order is that of their markers. */
	supporting: Annotation<number[]>(),
	draft: Annotation<Draft>(),
	/** What the agent's own tools were asked and have answered since the question, in order. */
	rounds: Annotation<ToolRound[]>({ reducer: (_, rounds) => rounds, default: () => [] }),
	spent: Annotation<Spent>({ reducer: (_, spent) => spent, default: () => nothingSpent }),
	final: Annotation<{ answer: string; result: RunResult }>(),
});
/** The passages that an answer may cite, by the order of their markers. */
export const supportingOf = ({ findings, supporting }: Pick<AssistantState, "findings" | "supporting">): Passage[] =>
	supporting.flatMap((place) => findings.passages[place] ?? []);

export type AssistantState = typeof AssistantState.State;
