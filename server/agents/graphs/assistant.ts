import { type BaseCheckpointSaver, END, type Runtime, START, StateGraph } from "@langchain/langgraph";
import { abstain, answer } from "./assistant/answer";
import { checkAnswer, toCitation } from "./assistant/check";
import { confidenceOf, noConfidence } from "./assistant/confidence";
import { supportingPlaces } from "./assistant/grade";
import { searchQuery } from "./assistant/query";
import { type AssistantContext, AssistantRuntime, AssistantState, supportingOf } from "./assistant/state";

const mostPassages = 8;

type Update = Partial<typeof AssistantState.Update>;
type Step = (state: AssistantState, run: AssistantContext) => Promise<[Update, note: string | null]>;

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

const retrieve: Step = async ({ question, history, collectionIds }, run) => {
	if (collectionIds?.length === 0) return [{ findings: { passages: [], searchedCollections: 0 } }, null];
	const findings = await run.search({
		query: searchQuery(question, history),
		limit: mostPassages,
		...(collectionIds ? { collectionIds } : {}),
	});
	const documents = new Set(findings.passages.map(({ documentId }) => documentId)).size;
	return [{ findings }, `${plural(findings.passages.length, "passage")} from ${plural(documents, "document")}`];
};

const grade: Step = async ({ findings }, run) => {
	const supporting = supportingPlaces(findings.passages);
	run.tell({ type: "passages.found", citations: supportingOf({ findings, supporting }).map(toCitation) });
	return [{ supporting }, `${supporting.length} of ${plural(findings.passages.length, "passage")} speak of it`];
};

const write: Step = async (state, run) => {
	const draft = await answer(state, run);
	return [{ draft }, draft.degraded];
};

const admit: Step = async (state, run) => {
	const draft = abstain(state, run);
	return [{ draft }, null];
};

const check: Step = async ({ draft, findings, supporting }) => {
	const passages = supportingOf({ findings, supporting });
	const { abstained, degraded, model, usage } = draft;
	const incomplete = draft.failure !== null || draft.isCut;
	const checked = checkAnswer(draft.text, abstained ? [] : passages);
	const confidence = draft.calls?.length
		? noConfidence("There is no answer yet: functions of the caller are to be called first.")
		: abstained
			? noConfidence("No passage supports an answer.")
			: confidenceOf(checked, passages, { isDegraded: degraded !== null, isIncomplete: incomplete });
	const { text: answer, citations } = checked;
	// That there is no answer claims nothing that a passage could support.
	const unsupported = abstained ? [] : checked.unsupported;
	const calls = draft.calls?.length ? { calls: draft.calls } : {};
	const result = { citations, confidence, abstained, degraded, incomplete, unsupported, model, usage, ...calls };
	return [{ final: { answer, result } }, plural(citations.length, "citation")];
};

/** A node that tells the run's reader when it begins and ends. */
function node(name: string, step: Step) {
	return async (state: AssistantState, { context }: Runtime<typeof AssistantRuntime.State>): Promise<Update> => {
		if (!context) throw new Error("the graph was started without its run");
		const { run } = context;
		run.signal.throwIfAborted();
		const started = performance.now();
		run.tell({ type: "step.started", step: name });
		const [update, note] = await step(state, run);
		run.tell({ type: "step.finished", step: name, ms: Math.round(performance.now() - started), note });
		return update;
	};
}

/** Without a passage there is no answer, unless functions of the caller's may know it. */
const mayAnswer = ({ supporting, conversation }: AssistantState): "answer" | "abstain" =>
	supporting.length > 0 || conversation?.functions.length || conversation?.exchange.length ? "answer" : "abstain";

/** retrieve → grade → answer with citations, or abstain where nothing supports one → check. */
export function assistantGraph(checkpointer: BaseCheckpointSaver) {
	return new StateGraph(AssistantState, AssistantRuntime)
		.addNode("retrieve", node("Search the documents", retrieve))
		.addNode("grade", node("Weigh the passages", grade))
		.addNode("answer", node("Write the answer", write))
		.addNode("abstain", node("Say that there is no answer", admit))
		.addNode("check", node("Check the citations", check))
		.addEdge(START, "retrieve")
		.addEdge("retrieve", "grade")
		.addConditionalEdges("grade", mayAnswer, ["answer", "abstain"])
		.addEdge("answer", "check")
		.addEdge("abstain", "check")
		.addEdge("check", END)
		.compile({ checkpointer });
}
