import { Annotation } from "@langchain/langgraph";
import type { AgentWindow, RunWindow } from "@/server/agents/contract";
import type { Calibration } from "@/server/agents/contract/calibration";
import type { Caps } from "@/server/core/caps";
import type { ToolOutcome } from "@/server/faces/agent-tools";
import type { Passage, Search, SearchResult } from "@/server/knowledge/contract";
import type { ChatModel, ModelTool, ToolCall, Usage } from "@/server/models/model";
import type { Conversation, FunctionCall, RunEventBody, RunResult } from "@/server/runs/contract";
import { nothingSpent, type Spent } from "./caps";

/** An earlier question of the conversation and what was answered. */
export type Turn = {
	question: string;
	answer: string;
	/** The run that it was, and the documents that its answer rests on; not where the caller keeps its own conversation. */
	runId?: string;
	documentIds?: string[];
};

/** What the oldest turns came to, up to and with one of them. */
export type Memory = { id: string; upToRunId: string; turns: number; text: string; documentIds: string[] };
/** A turn on its way into a summary. Of a withheld one, as the person may not read its documents, nothing is told. */
export type OldTurn = Turn & { runId: string; documentIds: string[]; isWithheld: boolean };

/** A thread's earlier turns beyond those that a run begins with, and what is kept of them. */
export type MemoryDesk = {
	/** Whether there are any. */
	hasOlder: boolean;
	/** The newest summary that the person may still have, and the turns after it, oldest first and no more than are summarised at once. */
	find: () => Promise<{ kept: Memory | null; turns: OldTurn[]; earlier: number }>;
	/** Keeps a summary; whoever made one up to the same turn before has the word. */
	keep: (made: Omit<Memory, "id"> & { model: string; usage: Usage }) => Promise<Memory>;
};

/** Answers that were given before, where the agent gives them again. */
export type AnswerDesk = {
	/** One to this question that the person may have at this moment; null where there is none. */
	find: (question: string) => Promise<{ answer: string; result: RunResult; documentIds: string[] } | null>;
	/** Never throws: an answer that can't be kept is none the worse for it. */
	keep: (made: { question: string; answer: string; result: RunResult; documentIds: string[] }) => Promise<void>;
};

/** What the graph needs of the run that it is in. It lives in memory: nothing of it goes into a checkpoint. */
export type AssistantContext = {
	/** Null: the built-in extractive model answers. */
	model: ChatModel | null;
	/** The agent's own instructions, from its prompt. */
	instructions: string | null;
	/** A JSON Schema that the answer fits; null where it is prose. */
	answerSchema: Record<string, unknown> | null;
	search: (input: Search) => Promise<SearchResult>;
	/** Those of the documents that the person may not read at this moment. */
	unreadable: (documentIds: string[]) => Promise<string[]>;
	/** How the agent shares out the model's window. */
	window: AgentWindow;
	/** Null: the caller keeps its own conversation. */
	memory: MemoryDesk | null;
	/** Null: each question is answered anew. */
	answers: AnswerDesk | null;
	/** Below this confidence there is no answer; null where there always is one. */
	leastConfidence: number | null;
	/** How its confidence is brought to what an experiment found; left out where it is not. */
	calibration?: Calibration | null;
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
	/** How sure the model was of its words, 0 to 1, where it says so. */
	sureness?: number;
	/** Functions of the caller's that must be called before there is an answer. */
	calls?: FunctionCall[];
	/** Tools of the agent's own that must be. */
	toolCalls?: ToolCall[];
};

/** What came of the turns that do not fit: the summary to go on with, and why turns are missing from it. */
export type Remembered = { memory: Memory | null; earlier: number; note: string | null; usage: Usage };

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
	/** Of a thread that is longer than the window; none where everything fits. */
	remembered: Annotation<Remembered | null>(),
	/** What filled the window for the newest answer. */
	window: Annotation<RunWindow | null>(),
	/** What the agent's own tools were asked and have answered since the question, in order. */
	rounds: Annotation<ToolRound[]>({ reducer: (_, rounds) => rounds, default: () => [] }),
	spent: Annotation<Spent>({ reducer: (_, spent) => spent, default: () => nothingSpent }),
	final: Annotation<{ answer: string; result: RunResult }>(),
});
/** The passages that an answer may cite, by the order of their markers. */
export const supportingOf = ({ findings, supporting }: Pick<AssistantState, "findings" | "supporting">): Passage[] =>
	supporting.flatMap((place) => findings.passages[place] ?? []);

/** The documents that they are of. */
export const documentsOf = (state: Pick<AssistantState, "findings" | "supporting">): string[] => [
	...new Set(supportingOf(state).map(({ documentId }) => documentId)),
];

export type AssistantState = typeof AssistantState.State;
