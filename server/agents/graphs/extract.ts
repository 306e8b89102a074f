import { type BaseCheckpointSaver, END, type Runtime, START, StateGraph } from "@langchain/langgraph";
import {
	type ChatModel,
	estimateAsked,
	estimateTokens,
	ModelFailure,
	type ModelMessage,
	noUsage,
	type Usage,
} from "@/server/models/model";
import type { RunResult } from "@/server/runs/contract";
import { expectLeft } from "./assistant/caps";
import { noConfidence } from "./assistant/confidence";
import { readAnswer } from "./extract/answer";
import { searchable } from "./extract/find";
import { type Judged, lowConfidence } from "./extract/judge";
import { merge, missingOf } from "./extract/merge";
import { cut, mostParts, partChars } from "./extract/parts";
import { pagesText, promptFor, repairOf } from "./extract/prompt";
import { type ExtractContext, ExtractRuntime, ExtractState, type Material, type Update } from "./extract/state";

type Done = { update: Update; usage: Usage; note: string | null };
type Step = (state: ExtractState, run: ExtractContext) => Promise<Done>;

export const needsModel =
	"Extraction needs a chat model, and none is set up: the built-in one only quotes. Whoever runs this installation can connect one.";
/** An answer of this size is no answer. */
const mostAnswerChars = 200_000;

const failed = (failure: string, usage: Usage = noUsage): Done => ({
	update: { draft: { failure }, refused: null },
	usage,
	note: null,
});

const read: Step = async (_, run) => {
	if (!run.model) return failed(needsModel);
	const material = await run.extraction.shown(await open(run, run.model));
	const parts = cut(material);
	if (parts === null)
		return failed(
			`This document has more text than can be extracted from (${(partChars * mostParts).toLocaleString("en")} characters). Split it.`,
		);
	if (parts.length === 0) return failed("This document has no text, and its pictures can't be read.");
	const note = `${material.pages.length} ${material.pages.length === 1 ? "page" : "pages"}${material.picture ? ", and its picture" : ""}`;
	return { update: { parts }, usage: noUsage, note };
};

/** The document as it is now, for whoever may read it now; asked each time that a model is about to see it. */
async function open(run: ExtractContext, model: ChatModel): Promise<Material> {
	const material = await run.extraction.open(model.sees ?? false);
	await run.restOn([material.document.id]);
	return material;
}

/** Shows the model the next part; `refused` is what it answered to that part before. */
const ask: Step = async (state, run) => {
	const { parts, readings, refused } = state;
	const part = readings.length;
	const pieces = parts[part];
	if (!run.model || !pieces) return failed(needsModel);
	const material = await run.extraction.shown(await open(run, run.model));
	const texts = new Map(material.pages.map(({ page, text }) => [page, text]));
	const messages = promptFor(material, { text: pagesText(pieces, texts), part, parts: parts.length }, run.instructions);
	if (refused) messages.push(...repairOf(refused.text, refused.problems));
	const said = await answerOf(run.model, messages, run.signal);
	if (said.failure !== null) return failed(said.failure, said.usage);
	const { readings: found, problems } = readAnswer(said.text, material.schema, parts.length === 1);
	if (problems.length === 0) {
		const update = { readings: [...readings, found], refused: null, by: said.by ?? run.model.name };
		return { update, usage: said.usage, note: parts.length > 1 ? `part ${part + 1} of ${parts.length}` : null };
	}
	if (refused) {
		const why = `The model's answer did not fit the schema, also when it was asked again: ${problems.slice(0, 3).join(" ")}`;
		return failed(why, said.usage);
	}
	return { update: { refused: { text: said.text, problems } }, usage: said.usage, note: "it did not fit the schema" };
};

/** Finds where each value stands, and how sure it is. */
const check: Step = async (state, run) => {
	const { draft, readings, spent } = state;
	const took = { inputTokens: spent.inputTokens, outputTokens: spent.outputTokens };
	if (draft.failure !== null || !run.model)
		return { update: { final: { answer: "", result: resultOf([], state.by, took) } }, usage: noUsage, note: null };
	const { schema, pages, isRecognised } = await open(run, run.model);
	const texts = new Map(pages.map(({ page, text }) => [page, text]));
	const searchables = pages.map(({ page, text }) => searchable(page, text));
	const fields = merge(readings, schema, { pages: searchables, texts, isRecognised });
	const missing = missingOf(fields, schema);
	if (missing.length > 0) {
		const failure = `The document does not say what is required: ${missing.join(", ")}.`;
		const final = { answer: "", result: resultOf([], state.by, took) };
		return { update: { draft: { failure }, final }, usage: noUsage, note: null };
	}
	await run.extraction.save(fields, state.by ?? run.model.name);
	// Nothing of the document itself: a run is shown to its person also where they may not read it any more.
	const answer = `${summary(fields)}.`;
	return {
		update: { final: { answer, result: resultOf(fields, state.by, took) } },
		usage: noUsage,
		note: summary(fields),
	};
};

function summary(fields: readonly Judged[]): string {
	const filled = fields.filter(({ value }) => value !== null);
	const low = filled.filter(({ confidence }) => confidence < lowConfidence).length;
	const found = `${filled.length} of ${fields.length} fields found`;
	return low === 0 ? found : `${found}, ${low} of them to be looked at`;
}

function resultOf(fields: readonly Judged[], by: string | null, usage: Usage): RunResult {
	const filled = fields.filter(({ value }) => value !== null);
	const score = filled.reduce((least, { confidence }) => Math.min(least, confidence), 1);
	return {
		citations: [],
		confidence:
			filled.length === 0
				? noConfidence("Nothing was extracted.")
				: {
						level: score >= 0.8 ? "high" : score >= lowConfidence ? "medium" : "low",
						score,
						reasons: ["It is that of the least sure field."],
					},
		abstained: false,
		degraded: null,
		incomplete: fields.length === 0,
		unsupported: [],
		model: by ?? "none",
		usage,
	};
}

type Said = { text: string; usage: Usage; failure: string | null; by?: string | undefined };

/** The whole answer. What was begun is paid for, whatever became of it. */
async function answerOf(model: ChatModel, messages: ModelMessage[], signal: AbortSignal): Promise<Said> {
	let text = "";
	const begun = (): Usage => ({ inputTokens: estimateAsked(messages), outputTokens: estimateTokens(text) });
	// Another model of the route may begin anew.
	const onRestart = () => {
		text = "";
	};
	try {
		const pieces = model.answer(messages, signal, [], { onRestart });
		for (;;) {
			const piece = await pieces.next();
			if (piece.done) {
				const { usage, end, by } = piece.value;
				const failure =
					end === "cut" ? "The model's answer was cut off at its greatest length: ask for fewer fields or rows." : null;
				return { text, usage, failure, by };
			}
			text += piece.value;
			if (text.length > mostAnswerChars) {
				const usage = begun();
				await pieces.return({ usage, end: "cut", calls: [] });
				return { text: "", usage, failure: "The model's answer did not come to an end." };
			}
		}
	} catch (error) {
		signal.throwIfAborted();
		if (!(error instanceof ModelFailure)) throw error;
		return { text, usage: error.usage ?? (text === "" ? noUsage : begun()), failure: error.message };
	}
}

/** A node that tells the run's reader when it begins and ends, and counts. What is closing takes nothing that has a cap. */
function node(name: string, step: Step, isClosing = false) {
	return async (state: ExtractState, { context }: Runtime<typeof ExtractRuntime.State>): Promise<Update> => {
		if (!context) throw new Error("the graph was started without its run");
		const { run } = context;
		run.signal.throwIfAborted();
		if (!isClosing) expectLeft(run.caps, state.spent);
		const started = performance.now();
		run.tell({ type: "step.started", step: name });
		const { update, usage, note } = await step(state, run);
		run.tell({ type: "step.finished", step: name, ms: Math.round(performance.now() - started), note });
		const { inputTokens, outputTokens } = usage;
		run.onSpent({
			steps: state.spent.steps + 1,
			inputTokens: state.spent.inputTokens + inputTokens,
			outputTokens: state.spent.outputTokens + outputTokens,
		});
		return { ...update, spent: { steps: 1, inputTokens, outputTokens } };
	};
}

/** What is next: the part that is not read yet, the same once more where its answer could not be used, or the end. */
const next = ({ draft, parts, readings, refused }: ExtractState): "ask" | "repair" | "check" =>
	draft.failure !== null || readings.length >= parts.length ? "check" : refused ? "repair" : "ask";

/** read → ask, part by part → repair where an answer does not fit the schema, once → check. */
export function extractGraph(checkpointer: BaseCheckpointSaver) {
	return new StateGraph(ExtractState, ExtractRuntime)
		.addNode("read", node("Read the document", read))
		.addNode("ask", node("Extract the fields", ask))
		.addNode("repair", node("Mend the answer", ask))
		.addNode("check", node("Look where each stands", check, true))
		.addEdge(START, "read")
		.addConditionalEdges("read", next, ["ask", "repair", "check"])
		.addConditionalEdges("ask", next, ["ask", "repair", "check"])
		.addConditionalEdges("repair", next, ["ask", "repair", "check"])
		.addEdge("check", END)
		.compile({ checkpointer });
}
