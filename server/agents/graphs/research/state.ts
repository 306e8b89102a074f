import { Annotation } from "@langchain/langgraph";
import type { Passage } from "@/server/knowledge/contract";
import type { ResearchPlan, Steer } from "@/server/research/contract";
import type { Conversation, RunResult } from "@/server/runs/contract";
import { nothingSpent, type Spent } from "../assistant/caps";
import type { AssistantContext, Draft, Turn } from "../assistant/state";

/** What a research run has of the world outside of its graph, beside what every run has. */
export type ResearchDesk = {
	/** The first proposal stays, however often it is made. */
	propose: (plan: { parts: string[]; isAwaited: boolean }) => Promise<void>;
	plan: () => Promise<ResearchPlan | null>;
	/** What its person added so far; `isNew` for what no step has used before. */
	steers: () => Promise<(Steer & { isNew: boolean })[]>;
};
export type ResearchContext = AssistantContext & { desk: ResearchDesk };
export const ResearchRuntime = Annotation.Root({ run: Annotation<ResearchContext>() });

/** One question of the plan, and whether it was added while the run went on. */
export type Part = { id: string; text: string; isAdded: boolean };

/** What one researcher came to. The marks in its text are places among its own passages, from 1. */
export type Finding = {
	part: string;
	text: string;
	passages: Passage[];
	/** Why no model wrote it; null where one did. */
	degraded: string | null;
	searchedCollections: number;
};

/** Most that one researcher may take. */
export type Allotment = { steps: number; tokens: number };

/** What one researcher is sent off with. */
export type Errand = {
	part: Part;
	question: string;
	collectionIds: string[] | null;
	allotment: Allotment;
};

const byPart = (before: Finding[], more: Finding[]): Finding[] => [
	...before.filter(({ part }) => more.every((one) => one.part !== part)),
	...more,
];
const sum = (one: Spent, other: Spent): Spent => ({
	steps: one.steps + other.steps,
	inputTokens: one.inputTokens + other.inputTokens,
	outputTokens: one.outputTokens + other.outputTokens,
});

export const ResearchState = Annotation.Root({
	question: Annotation<string>(),
	collectionIds: Annotation<string[] | null>(),
	history: Annotation<Turn[]>(),
	conversation: Annotation<Conversation | null>(),
	/** As it was first made; what its person made of it are the parts. */
	proposed: Annotation<string[]>(),
	parts: Annotation<Part[]>({ reducer: (_, parts) => parts, default: () => [] }),
	findings: Annotation<Finding[]>({ reducer: byPart, default: () => [] }),
	/** The instructions that questions were made of already. */
	heard: Annotation<string[]>({ reducer: (_, ids) => ids, default: () => [] }),
	draft: Annotation<Draft>(),
	/** How often the review has sent the report back, and what it said last. */
	returns: Annotation<number>({ reducer: (_, times) => times, default: () => 0 }),
	remarks: Annotation<string[]>({ reducer: (_, remarks) => remarks, default: () => [] }),
	next: Annotation<"gather" | "write" | "check">({ reducer: (_, next) => next, default: () => "check" as const }),
	/** Each step adds what it took: researchers work at the same time. */
	spent: Annotation<Spent>({ reducer: sum, default: () => nothingSpent }),
	final: Annotation<{ answer: string; result: RunResult }>(),
});
export type ResearchState = typeof ResearchState.State;
export type Update = Partial<typeof ResearchState.Update>;

/** What a run waits for that has a plan: its person. */
export type PlanAsked = { plan: { parts: string[]; expiresAt: string } };

export const documentsOf = (passages: readonly Passage[]): string[] => [
	...new Set(passages.map(({ documentId }) => documentId)),
];
