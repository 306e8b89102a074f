import { Annotation } from "@langchain/langgraph";
import type { ObjectField } from "@/server/extractions/contract";
import type { ModelImage } from "@/server/models/model";
import type { Conversation, RunResult } from "@/server/runs/contract";
import { nothingSpent, type Spent } from "../assistant/caps";
import type { AssistantContext, Turn } from "../assistant/state";
import type { Judged, Reading } from "./judge";

/** The document of a run and what is to be read in it, as it is at this moment. It lives in memory alone. */
export type Material = {
	schema: ObjectField;
	document: { id: string; name: string };
	pages: readonly { page: number; text: string }[];
	/** Its text was recognised in a picture. */
	isRecognised: boolean;
	/** The picture itself, made ready for a model that sees; null for one that doesn't, and for other documents. */
	picture: ModelImage | null;
};

/** What an extraction has of the world outside of its graph, beside what every run has. */
export type ExtractionDesk = {
	/** For a model that sees or not. Throws where the person may not read the document any more, or it is gone. */
	open: (sees: boolean) => Promise<Material>;
	/** As a model may be shown it. */
	shown: (material: Material) => Promise<Material>;
	save: (fields: readonly Judged[], model: string) => Promise<void>;
};
export type ExtractContext = AssistantContext & { extraction: ExtractionDesk };
export const ExtractRuntime = Annotation.Root({ run: Annotation<ExtractContext>() });

/** A part of a page. */
export type Piece = { page: number; start: number; end: number };
/** An answer that could not be used, and why. */
export type Refused = { text: string; problems: string[] };

const last = <Value>(start: Value) => ({ reducer: (_: Value, value: Value) => value, default: () => start });

export const ExtractState = Annotation.Root({
	question: Annotation<string>(),
	collectionIds: Annotation<string[] | null>(),
	history: Annotation<Turn[]>(),
	conversation: Annotation<Conversation | null>(),
	/** What of the document the model is shown at a time; a picture alone is one part without pages. */
	parts: Annotation<Piece[][]>(last<Piece[][]>([])),
	/** What it read in each, in order. */
	readings: Annotation<Reading[][]>(last<Reading[][]>([])),
	refused: Annotation<Refused | null>(last<Refused | null>(null)),
	/** The model that answered last. */
	by: Annotation<string | null>(last<string | null>(null)),
	draft: Annotation<{ failure: string | null }>(last<{ failure: string | null }>({ failure: null })),
	spent: Annotation<Spent>({
		reducer: (one, other) => ({
			steps: one.steps + other.steps,
			inputTokens: one.inputTokens + other.inputTokens,
			outputTokens: one.outputTokens + other.outputTokens,
		}),
		default: () => nothingSpent,
	}),
	final: Annotation<{ answer: string; result: RunResult }>(),
});
export type ExtractState = typeof ExtractState.State;
export type Update = Partial<typeof ExtractState.Update>;
