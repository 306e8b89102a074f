import {
	type BaseCheckpointSaver,
	END,
	interrupt,
	isGraphInterrupt,
	type Runtime,
	START,
	StateGraph,
} from "@langchain/langgraph";
import type { Waits } from "@/server/approvals/service";
import { inSpan } from "@/server/core/spans";
import { giveAgain, keepForOthers } from "./assistant/again";
import { abstain, answer } from "./assistant/answer";
import { expectLeft, expectProgress, nothingSpent } from "./assistant/caps";
import { checkAnswer, toCitation } from "./assistant/check";
import { confidenceOf, noConfidence } from "./assistant/confidence";
import { fitted, textsIn } from "./assistant/fit";
import { supportingPlaces } from "./assistant/grade";
import { mayLean, searchFor, searchQuery } from "./assistant/query";
import { outgrows, remember } from "./assistant/remember";
import { rewriteQuestion } from "./assistant/rewrite";
import {
	type AssistantContext,
	AssistantRuntime,
	AssistantState,
	documentsOf,
	type Rewritten,
	supportingOf,
	type Turn,
} from "./assistant/state";
import { sureEnough } from "./assistant/sure";

/** What a run that waits for a person waits for. */
export type Interrupted = Waits & { tool: string };

type Update = Partial<typeof AssistantState.Update>;
type Step = (state: AssistantState, run: AssistantContext) => Promise<[Update, note: string | null]>;

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

const retrieve: Step = async (state, run) => {
	const { question, history, collectionIds } = state;
	if (collectionIds?.length === 0) return [{ findings: { passages: [], searchedCollections: 0 } }, null];
	const rewritten = await standAlone(question, history, run);
	const given = run.answers ? await giveAgain(state, run, rewritten) : null;
	if (given) return given;
	const findings = await run.search(searchFor(rewritten?.query ?? searchQuery(question, history), collectionIds));
	const documents = new Set(findings.passages.map(({ documentId }) => documentId)).size;
	const found = `${plural(findings.passages.length, "passage")} from ${plural(documents, "document")}`;
	return [{ rewritten, findings }, rewritten?.query ? `Searched for: ${rewritten.query} · ${found}` : found];
};

/** Of a follow-up, where a model is set; a thread's first question goes out as it was asked, and at once. */
async function standAlone(question: string, history: Turn[], run: AssistantContext): Promise<Rewritten | null> {
	if (!run.model || history.length === 0 || !mayLean(question)) return null;
	await run.expectLeave();
	return rewriteQuestion(run.model, { question, history }, run.signal);
}

const grade: Step = async ({ findings }, run) => {
	const supporting = supportingPlaces(findings.passages);
	run.tell({ type: "passages.found", citations: supportingOf({ findings, supporting }).map(toCitation) });
	return [{ supporting }, `${supporting.length} of ${plural(findings.passages.length, "passage")} speak of it`];
};

/** Only where a conversation is longer than the window. */
const sumUp: Step = async (state, run) => {
	const before = state.remembered?.memory?.turns ?? 0;
	const remembered = await remember(state, run);
	const turns = remembered.memory?.turns ?? 0;
	const note = turns > before ? `A summary stands for ${plural(turns, "turn")}` : null;
	return [{ remembered }, remembered.note ?? note];
};

const write: Step = async (state, run) => {
	const { draft, supporting, window } = await fitted(state, run, await answer(state, run));
	const { toolCalls = [] } = draft;
	const round = state.rounds.length;
	const calls = toolCalls.map((call, at) => ({ ...call, id: `${round}.${at}`, ref: `${round}.${at}` }));
	const rounds = calls.length > 0 ? [...state.rounds, { calls, results: [] }] : state.rounds;
	return [
		{ draft, supporting, window, rounds },
		calls.length > 0 ? `${plural(calls.length, "tool")} to call first` : draft.degraded,
	];
};

/** One call at a time, so that whatever happens, what was done is remembered. Before a person's word nothing is done. */
const act: Step = async ({ rounds }, run) => {
	const round = rounds.at(-1);
	const call = round?.calls[round.results.length];
	if (!round || !call) return [{}, null];
	const { id: callId, name: tool, ref } = call;
	run.tell({ type: "tool.called", callId, tool: shortName(tool) });
	const outcome = await run.callTool(call);
	// The run is taken up from here once it was decided, and calls again.
	if (outcome.waits) interrupt({ ...outcome.waits, tool: shortName(tool) } satisfies Interrupted);
	else {
		const { isDone, content } = outcome;
		run.tell({ type: "tool.answered", callId, tool: shortName(tool), isDone });
		const results = [...round.results, { ref, content }];
		const after = [...rounds.slice(0, -1), { ...round, results }];
		expectProgress(after);
		return [{ rounds: after }, isDone ? null : "It was refused"];
	}
	return [{}, null];
};

const shortName = (name: string): string => name.replace(/[^\w-]/g, "").slice(0, 64);

const admit: Step = async (state, run) => {
	const draft = abstain(state, run);
	return [{ draft }, null];
};

const check: Step = async (state, run) => {
	const { draft, findings, supporting, rewritten, window, spent } = state;
	await run.restOn(documentsOf({ findings, supporting }));
	const passages = supportingOf({ findings, supporting });
	const { abstained, degraded, model } = draft;
	// All that led here: every answer, and what it took to word the search.
	const usage = { inputTokens: spent.inputTokens, outputTokens: spent.outputTokens };
	const searchedFor = rewritten?.query ? { searchedFor: rewritten.query } : {};
	const incomplete = draft.failure !== null || draft.isCut;
	// What fits a schema is told as it is; what it says stands in its texts.
	const inJson = run.answerSchema && !abstained ? textsIn(draft.text) : null;
	const checked = checkAnswer(inJson ?? draft.text, abstained ? [] : passages);
	const facts = { isDegraded: degraded !== null, isIncomplete: incomplete, sureness: draft.sureness ?? null };
	const { calibration = null } = run;
	const confidence = draft.calls?.length
		? noConfidence("There is no answer yet: functions of the caller are to be called first.")
		: abstained
			? noConfidence("No passage supports an answer.")
			: confidenceOf(checked, passages, { ...facts, calibration });
	const { citations } = checked;
	const answer = inJson === null ? checked.text : draft.text;
	// That there is no answer claims nothing that a passage could support.
	const unsupported = abstained || inJson !== null ? [] : checked.unsupported;
	const calls = draft.calls?.length ? { calls: draft.calls } : {};
	const filled = window ? { window } : {};
	const result = {
		citations,
		confidence,
		abstained,
		degraded,
		incomplete,
		unsupported,
		model,
		usage,
		...searchedFor,
		...calls,
		...filled,
	};
	const final = sureEnough({ answer, result }, run);
	// What was held back until it was known how sure it is goes out now.
	if (run.leastConfidence !== null && final.answer !== "") run.say(final.answer);
	await keepForOthers({ ...state, final }, run);
	return [{ final }, plural(final.result.citations.length, "citation")];
};

/** A node that tells the run's reader when it begins and ends, and counts. What is closing takes nothing that has a cap. */
function node(name: string, step: Step, isClosing = false) {
	return async (state: AssistantState, { context }: Runtime<typeof AssistantRuntime.State>): Promise<Update> => {
		if (!context) throw new Error("the graph was started without its run");
		const { run } = context;
		run.signal.throwIfAborted();
		if (!isClosing) expectLeft(run.caps, state.spent);
		const started = performance.now();
		run.tell({ type: "step.started", step: name });
		const span = { kind: "node" as const, name, key: `${name} ${state.spent.steps}` };
		const [update, note] = await inSpan(span, () => step(state, run), isGraphInterrupt);
		run.tell({ type: "step.finished", step: name, ms: Math.round(performance.now() - started), note });
		const used = update.draft?.usage ?? update.rewritten?.usage ?? update.remembered?.usage ?? nothingSpent;
		const spent = {
			steps: state.spent.steps + 1,
			inputTokens: state.spent.inputTokens + used.inputTokens,
			outputTokens: state.spent.outputTokens + used.outputTokens,
		};
		run.onSpent(spent);
		return { ...update, spent };
	};
}

type Within = { context?: typeof AssistantRuntime.State };

/** Without a passage there is no answer, unless functions of the caller's or the agent's tools may know it. */
const mayAnswer = ({ supporting, conversation }: AssistantState, { context }: Within): boolean =>
	supporting.length > 0 ||
	(conversation?.functions.length ?? 0) > 0 ||
	(conversation?.exchange.length ?? 0) > 0 ||
	(context !== undefined && context.run.model !== null && context.run.tools.length > 0);

/** What was given before needs nothing more. */
const afterRetrieve = ({ final }: Partial<AssistantState>): "grade" | typeof END => (final ? END : "grade");

const afterGrade = (state: AssistantState, within: Within): "remember" | "answer" | "abstain" => {
	if (!mayAnswer(state, within)) return "abstain";
	return within.context && outgrows(state, within.context.run) ? "remember" : "answer";
};

const hasOpenCall = ({ rounds }: AssistantState): boolean => {
	const last = rounds.at(-1);
	return last !== undefined && last.results.length < last.calls.length;
};

/** Where the answer wants tools, those come first; then it is written with what they said. */
const afterAnswer = (state: AssistantState): "act" | "check" => (hasOpenCall(state) ? "act" : "check");
const afterAct = (state: AssistantState): "act" | "answer" => (hasOpenCall(state) ? "act" : "answer");

/** retrieve → grade → (sum up what does not fit) → answer with citations, or abstain where nothing supports one → check. */
export function assistantGraph(checkpointer: BaseCheckpointSaver) {
	return new StateGraph(AssistantState, AssistantRuntime)
		.addNode("retrieve", node("Search the documents", retrieve))
		.addNode("grade", node("Weigh the passages", grade))
		.addNode("remember", node("Sum up the earlier turns", sumUp))
		.addNode("answer", node("Write the answer", write))
		.addNode("act", node("Use a tool", act))
		.addNode("abstain", node("Say that there is no answer", admit, true))
		.addNode("check", node("Check the citations", check, true))
		.addEdge(START, "retrieve")
		.addConditionalEdges("retrieve", afterRetrieve, ["grade", END])
		.addConditionalEdges("grade", afterGrade, ["remember", "answer", "abstain"])
		.addEdge("remember", "answer")
		.addConditionalEdges("answer", afterAnswer, ["act", "check"])
		.addConditionalEdges("act", afterAct, ["act", "answer"])
		.addEdge("abstain", "check")
		.addEdge("check", END)
		.compile({ checkpointer });
}
