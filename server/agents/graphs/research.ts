import {
	type BaseCheckpointSaver,
	END,
	interrupt,
	isGraphInterrupt,
	type Runtime,
	Send,
	START,
	StateGraph,
} from "@langchain/langgraph";
import { inSpan } from "@/server/core/spans";
import type { Usage } from "@/server/models/model";
import { mostParts } from "@/server/research/contract";
import { CapMet, expectDepth } from "./assistant/caps";
import { checkAnswer } from "./assistant/check";
import { confidenceOf, noConfidence } from "./assistant/confidence";
import { noUsage } from "./research/ask";
import { look } from "./research/look";
import { materialOf } from "./research/material";
import { allotmentFor, meter, tokensLeft } from "./research/meter";
import { partsOfSteer, proposeParts } from "./research/plan";
import { reviewReport } from "./research/review";
import {
	documentsOf,
	type Errand,
	type Part,
	type PlanAsked,
	type ResearchContext,
	ResearchRuntime,
	ResearchState,
	type Update,
} from "./research/state";
import { hear } from "./research/steers";
import { writeReport } from "./research/write";

type Done = { update: Update; usage: Usage; note: string | null };
type Step = (state: ResearchState, run: ResearchContext) => Promise<Done>;
type InRun = Runtime<typeof ResearchRuntime.State>;

/** Questions that instructions may add to those of the plan. */
const mostAdded = 4;

/** A program that keeps its own conversation waits for an answer: nobody looks at the plan. */
const isAwaited = ({ conversation }: ResearchState): boolean => conversation === null;

/** Researchers work for the one that makes the plan. */
const researchers = 2;

const plan: Step = async (state, run) => {
	// Said before anybody looks at a plan that nobody may carry out.
	expectDepth(run.caps, researchers);
	const { parts, usage, note } = await proposeParts(state, run);
	await run.desk.propose({ parts, isAwaited: isAwaited(state) });
	return { update: { proposed: parts }, usage, note };
};

/** Nothing is searched for before the person has let the plan go on: the run waits here, and looks again. */
async function agree(state: ResearchState, { context }: InRun): Promise<Update> {
	const run = runOf(context);
	run.signal.throwIfAborted();
	let now = await run.desk.plan();
	if (!now) {
		// A run that was forked from another's checkpoint has the plan in its state alone.
		await run.desk.propose({ parts: state.proposed, isAwaited: isAwaited(state) });
		now = await run.desk.plan();
	}
	if (!now) throw new Error("the run has no plan");
	if (now.state === "expired") throw new CapMet("time", "Nobody let its plan go on in time.");
	if (now.state === "waiting")
		interrupt({ plan: { parts: now.parts, expiresAt: now.expiresAt.toISOString() } } satisfies PlanAsked);
	run.tell({ type: "plan.accepted", parts: now.parts, isEdited: now.isEdited });
	return { parts: now.parts.slice(0, mostParts).map((text, at) => ({ id: `p${at + 1}`, text, isAdded: false })) };
}

/** What was added meanwhile becomes further questions, as long as there are steps for them. */
const gather: Step = async (state, run) => {
	const heard = await hear(run);
	const fresh = heard.filter(({ id }) => !state.heard.includes(id));
	const added = state.parts.filter(({ isAdded }) => isAdded).length;
	const room = mostAdded - added;
	let usage = noUsage;
	const texts: string[] = [];
	for (const { text } of fresh) {
		const left = tokensLeft(run.caps, state.spent) - usage.inputTokens - usage.outputTokens;
		const made = await partsOfSteer(text, state, run, left);
		usage = {
			inputTokens: usage.inputTokens + made.usage.inputTokens,
			outputTokens: usage.outputTokens + made.usage.outputTokens,
		};
		texts.push(...made.parts);
	}
	const more = texts.slice(0, room);
	const isPaid = more.length === 0 || allotmentFor(run.caps, state.spent, more.length) !== null;
	const parts: Part[] = isPaid
		? more.map((text, at) => ({ id: `p${state.parts.length + at + 1}`, text, isAdded: true }))
		: [];
	const found = `${state.findings.length} of ${state.parts.length} questions looked into`;
	const note = parts.length > 0 ? `${found}, ${parts.length} added` : isPaid ? found : `${found}, none left for more`;
	return { update: { parts: [...state.parts, ...parts], heard: heard.map(({ id }) => id) }, usage, note };
};

const write: Step = async (state, run) => {
	const draft = await writeReport(state, run);
	return { update: { draft }, usage: draft.usage, note: draft.degraded };
};

const review: Step = async (state, run) => reviewReport(state, run);

const check: Step = async (state, run) => {
	const { draft, spent } = state;
	const { passages } = materialOf(state);
	await run.restOn(documentsOf(passages));
	const { abstained, degraded, model } = draft;
	const checked = checkAnswer(draft.text, abstained ? [] : passages);
	const { text: answer, citations } = checked;
	const confidence = abstained
		? noConfidence("No passage supports an answer.")
		: confidenceOf(checked, passages, { isDegraded: degraded !== null, isIncomplete: draft.isCut });
	const result = {
		citations,
		confidence,
		abstained,
		degraded,
		incomplete: draft.isCut,
		unsupported: abstained ? [] : checked.unsupported,
		model,
		usage: { inputTokens: spent.inputTokens, outputTokens: spent.outputTokens },
	};
	const note = `${citations.length} citation${citations.length === 1 ? "" : "s"}`;
	return { update: { final: { answer, result } }, usage: noUsage, note };
};

function runOf(context: typeof ResearchRuntime.State | undefined): ResearchContext {
	if (!context) throw new Error("the graph was started without its run");
	return context.run;
}

/** A node that tells the run's reader when it begins and ends, and counts. */
function node(name: string, step: Step) {
	return async (state: ResearchState, { context }: InRun): Promise<Update> => {
		const run = runOf(context);
		run.signal.throwIfAborted();
		const live = meter(run, state.spent);
		const started = performance.now();
		run.tell({ type: "step.started", step: name });
		const span = { kind: "node" as const, name, key: `${name} ${state.spent.steps}` };
		const { update, usage, note } = await inSpan(span, () => step(state, run), isGraphInterrupt);
		run.tell({ type: "step.finished", step: name, ms: Math.round(performance.now() - started), note });
		live.add(1, usage);
		return { ...update, spent: { steps: 1, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens } };
	};
}

const research = (errand: Errand, { context }: InRun): Promise<Update> =>
	inSpan({ kind: "node", name: "Look into a question", key: `look ${errand.part.id}` }, () =>
		look(errand, runOf(context)),
	);

/** A researcher for each question that nobody has looked into yet, with what it may take; then the report is written. */
function errands(state: ResearchState, { context }: { context?: typeof ResearchRuntime.State }): Send[] | "write" {
	const open = state.parts.filter(({ id }) => state.findings.every(({ part }) => part !== id));
	const { question, collectionIds, spent } = state;
	const caps = runOf(context).caps;
	// A plan that is longer than the steps allow is looked into as far as they go.
	for (let some = open; some.length > 0; some = some.slice(0, -1)) {
		const allotment = allotmentFor(caps, spent, some.length);
		if (allotment) return some.map((part) => new Send("research", { part, question, collectionIds, allotment }));
	}
	return "write";
}

/** plan → the person lets it go on → researchers at the same time → gather → write → review, which returns it at most twice → check. */
export function researchGraph(checkpointer: BaseCheckpointSaver) {
	return new StateGraph(ResearchState, ResearchRuntime)
		.addNode("plan", node("Make a plan", plan))
		.addNode("agree", agree)
		.addNode("research", research)
		.addNode("gather", node("Bring the findings together", gather))
		.addNode("write", node("Write the report", write))
		.addNode("review", node("Review the report", review))
		.addNode("check", node("Check the citations", check))
		.addEdge(START, "plan")
		.addEdge("plan", "agree")
		.addConditionalEdges("agree", errands, ["research", "write"])
		.addEdge("research", "gather")
		.addConditionalEdges("gather", errands, ["research", "write"])
		.addEdge("write", "review")
		.addConditionalEdges("review", ({ next }) => next, ["gather", "write", "check"])
		.addEdge("check", END)
		.compile({ checkpointer });
}
