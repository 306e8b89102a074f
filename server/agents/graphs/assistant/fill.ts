import type { RunWindow } from "@/server/agents/contract";
import { documentsNamed } from "@/server/knowledge/contract";
import type { ModelMessage, ModelTool } from "@/server/models/model";
import { memoryText, passageBlock, promptFor, questionText, systemText } from "./prompt";
import { type AssistantContext, type AssistantState, supportingOf, type Turn } from "./state";
import { type AnyRound, planWindow, windowFacts, windowSize } from "./window";

export type Filled = {
	messages: ModelMessage[];
	/** Most tokens of the answer. */
	answerTokens: number;
	/** The passages that went in, by their places. */
	supporting: number[];
	/** Every document that the answer may rest on, also by way of earlier turns. */
	restsOn: string[];
	window: RunWindow;
};

const systemWith = (state: AssistantState, run: AssistantContext, tools: readonly ModelTool[]): string =>
	systemText({ ...state, tools }, run.instructions, run.answerSchema);
const describedTools = (state: AssistantState, tools: readonly ModelTool[]): readonly unknown[] => [
	...(state.conversation?.functions ?? []),
	...tools,
];
/** Rules, instructions and tools as they are counted. */
export function systemCounted(state: AssistantState, run: AssistantContext, tools: readonly ModelTool[]): string {
	const described = describedTools(state, tools);
	return systemWith(state, run, tools) + (described.length > 0 ? JSON.stringify(described) : "");
}

/** What goes before the model for the next answer, by the rights of this moment. Throws where rules or question alone do not fit. */
export async function fillWindow(
	state: AssistantState,
	run: AssistantContext,
	tools: readonly ModelTool[],
): Promise<Filled> {
	const size = windowSize(run.window, run.model?.contextTokens);
	const told = await readable(state, run);
	const found = supportingOf(state);
	const rounds: AnyRound[] = [...(state.conversation?.exchange ?? []), ...state.rounds];
	const plan = planWindow(size, {
		system: systemCounted(state, run, tools),
		question: questionText(state),
		rounds,
		memory: told.memory ? memoryText(told.memory) : null,
		turns: told.turns,
		passages: found.map(passageBlock),
	});
	const passages = found.slice(0, plan.passages);
	const summarised = plan.memory !== null && told.memory ? told.memory : null;
	const leftOut = told.earlier - plan.turns.length - (summarised?.turns ?? 0) - told.withheld;
	const direct = [
		...passages.map(({ documentId }) => documentId),
		...plan.rounds.flatMap(({ calls, results }) => [
			...calls.flatMap((call) => documentsNamed(call.arguments)),
			...results.flatMap(({ content }) => documentsNamed(content)),
		]),
	];
	const window = windowFacts(size, plan, {
		turns: {
			whole: plan.turns.length,
			summarised: summarised?.turns ?? 0,
			leftOut: Math.max(0, leftOut),
			withheld: told.withheld,
		},
		passagesLeftOut: (state.window?.passagesLeftOut ?? 0) + found.length - passages.length,
		roundsLeftOut: rounds.length - plan.rounds.length,
		summaryId: summarised?.id ?? null,
		documentIds: [...new Set(direct)],
		note: told.note ?? (leftOut > 0 ? "The oldest turns did not fit." : null),
	});
	const messages = promptFor({
		...{ system: systemWith(state, run, tools), memory: plan.memory, turns: plan.turns, rounds: plan.rounds },
		...{ passages: passages.map(passageBlock), question: questionText(state) },
	});
	return {
		...{ messages, window, answerTokens: plan.budgets.answer },
		supporting: state.supporting.slice(0, plan.passages),
		restsOn: [
			...new Set([
				...passages.map(({ documentId }) => documentId),
				...(summarised?.documentIds ?? []),
				...plan.turns.flatMap(({ documentIds = [] }) => documentIds),
			]),
		],
	};
}

const goneMemory =
	"The summary of the oldest turns rests on a document that you may not read any more: it was left out.";

/** Earlier turns and their summary, without what rests on a document that the person may not read any more. */
async function readable({ history, remembered }: AssistantState, run: AssistantContext) {
	const memory = remembered?.memory ?? null;
	const ids = [...new Set([...(memory?.documentIds ?? []), ...history.flatMap(({ documentIds = [] }) => documentIds)])];
	const gone = new Set(ids.length > 0 ? await run.unreadable(ids) : []);
	const isGone = ({ documentIds = [] }: Pick<Turn, "documentIds">) => documentIds.some((id) => gone.has(id));
	const kept = memory && !isGone(memory) ? memory : null;
	const after = kept ? history.slice(history.findIndex(({ runId }) => runId === kept.upToRunId) + 1) : history;
	const turns = after.filter((turn) => !isGone(turn));
	const olderNote = run.memory?.hasOlder && !remembered ? "The oldest turns were left out." : null;
	return {
		memory: kept,
		turns,
		withheld: after.length - turns.length,
		earlier: Math.max(remembered?.earlier ?? 0, history.length),
		note: remembered?.note ?? (memory && !kept ? goneMemory : olderNote),
	};
}
