import type { BaseCheckpointSaver } from "@langchain/langgraph";
import type { GraphName } from "@/server/agents/contract";
import type { Conversation, RunResult } from "@/server/runs/contract";
import { assistantGraph } from "../graphs/assistant";
import type { Spent } from "../graphs/assistant/caps";
import type { Turn } from "../graphs/assistant/state";
import { extractGraph } from "../graphs/extract";
import type { ExtractContext } from "../graphs/extract/state";
import { researchGraph } from "../graphs/research";
import type { ResearchContext } from "../graphs/research/state";

/** What a run begins with, whichever graph carries it out. */
export type GraphInput = {
	question: string;
	collectionIds: string[] | null;
	history: Turn[];
	conversation: Conversation | null;
};

/** What every graph finds in its run, and some leave alone. */
export type RunContext = ResearchContext & ExtractContext;

type Place = { thread_id: string; isNew?: boolean };
type Config = {
	configurable: Place;
	context: { run: RunContext };
	signal: AbortSignal;
	durability: "async";
	recursionLimit: number;
};
/** Where a graph stands: what it has taken, and what it is interrupted for. */
export type Standing = {
	createdAt?: string;
	values: { spent?: Spent };
	tasks: readonly { interrupts: readonly { value?: unknown }[] }[];
};
export type GraphEnd = {
	draft: { failure: string | null };
	final: { answer: string; result: RunResult };
};

/** What the executor asks of a graph. Null goes on from the checkpoint. */
export type RunGraph = {
	invoke: (input: GraphInput | null, config: Config) => Promise<GraphEnd>;
	getState: (config: { configurable: Place }) => Promise<Standing>;
};

/** Every graph that an agent can have, made once for all runs. */
export function openGraphs(saver: BaseCheckpointSaver): Record<GraphName, RunGraph> {
	return { assistant: assistantGraph(saver), research: researchGraph(saver), extract: extractGraph(saver) };
}
