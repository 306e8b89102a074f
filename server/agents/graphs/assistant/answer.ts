import type { RunWindow } from "@/server/agents/contract";
import { extractiveName, quoteAnswer } from "@/server/models/extractive";
import {
	type ChatModel,
	estimateTokens,
	type ModelEnd,
	ModelFailure,
	type ModelTool,
	type ToolCall,
} from "@/server/models/model";
import type { FunctionCall } from "@/server/runs/contract";
import { type Filled, fillWindow } from "./fill";
import { abstention } from "./prompt";
import { type AssistantContext, type AssistantState, type Draft, documentsOf, supportingOf } from "./state";

const noUsage = { inputTokens: 0, outputTokens: 0 };
const mostAnswerChars = 60_000;
/** A run that goes on calling tools must come to an answer. */
const mostRounds = 8;
const mostCalls = 16;

export type Written = { draft: Draft; supporting: number[]; window: RunWindow | null };

/** Answers from what fits into the model's window; while nothing was said yet, a model that fails is stood in for by quotations. */
export async function answer(state: AssistantState, run: AssistantContext): Promise<Written> {
	const tools = state.rounds.length < mostRounds ? run.tools : [];
	const { model } = run;
	const filled = model ? await fillWindow(state, run, tools) : null;
	await run.restOn(filled?.restsOn ?? documentsOf(state));
	run.startOver(state.rounds.length > 0 ? "The agent has used its tools, and answers with what they said." : undefined);
	if (!model || !filled) {
		const draft = quote(state, run, "No model is set: this answer quotes the passages.");
		return { draft, supporting: state.supporting, window: null };
	}
	const { supporting } = filled;
	const draft = await say({ ...state, supporting }, run, { model, tools, filled });
	const parts = filled.window.parts.map((one) =>
		one.part === "answer" ? { ...one, tokens: Math.min(draft.usage.outputTokens, one.budget) } : one,
	);
	// What quotes the passages was never in a window.
	return { draft, supporting, window: draft.degraded === null ? { ...filled.window, parts } : null };
}

async function say(
	state: AssistantState,
	run: AssistantContext,
	{ model, tools, filled }: { model: ChatModel; tools: readonly ModelTool[]; filled: Filled },
): Promise<Draft> {
	const { messages } = filled;
	let text = "";
	const facts = { abstained: false, degraded: null, failure: null, isCut: false, model: model.name };
	try {
		const offered = [...(state.conversation?.functions ?? []), ...tools];
		const pieces = model.answer(messages, run.signal, offered, {
			mostTokens: filled.answerTokens,
			onRestart: (why) => {
				text = "";
				run.startOver(why);
			},
		});
		let end: ModelEnd | null = null;
		while (end === null) {
			const piece = await pieces.next();
			if (piece.done) {
				end = piece.value;
				break;
			}
			if (run.leastConfidence === null) run.say(piece.value);
			text += piece.value;
			if (text.length <= mostAnswerChars) continue;
			// Left like this, it hangs up and is counted.
			await pieces.return({ usage: noUsage, end: "cut", calls: [] });
			throw new ModelFailure("The model's answer did not come to an end.", { reason: "endless" });
		}
		return {
			...facts,
			text,
			model: end.by ?? model.name,
			abstained: isAbstention(text),
			isCut: end.end === "cut",
			usage: end.usage,
			...(end.sureness === undefined ? {} : { sureness: end.sureness }),
			calls: knownCalls(state, end.calls),
			toolCalls: tools.length > 0 ? ownCalls(state, end.calls) : [],
		};
	} catch (error) {
		if (!(error instanceof ModelFailure)) throw error;
		if (text === "") {
			run.tell({ type: "model.fallback", why: error.message });
			const why = `The model gave no answer, so this one quotes the passages. ${error.message}`;
			return { ...quote(state, run, why), usage: error.usage ?? noUsage };
		}
		const asked = messages.map(({ content }) => content).join("\n");
		const usage = error.usage ?? { inputTokens: estimateTokens(asked), outputTokens: estimateTokens(text) };
		return { ...facts, text, failure: error.message, usage };
	}
}

function quote(state: AssistantState, run: AssistantContext, degraded: string): Draft {
	const quotable = supportingOf(state).map(({ heading, text, similarity }, index) => ({
		marker: index + 1,
		heading,
		text,
		similarity,
	}));
	const quoted = quoteAnswer(state.question, quotable);
	const text = quoted ?? `${abstention}: the passages that were found share too little with the question.`;
	if (run.leastConfidence === null) run.say(text);
	return {
		text,
		abstained: quoted === null,
		degraded,
		failure: null,
		isCut: false,
		model: extractiveName,
		usage: noUsage,
	};
}

/** Says that there is no answer, without asking a model, and why. */
export function abstain({ findings }: AssistantState, run: AssistantContext): Draft {
	run.startOver();
	const { searchedCollections: searched, passages } = findings;
	const text =
		searched === 0
			? `${abstention}: there is no collection yet that you may read. Add documents under Knowledge, or ask somebody to share theirs.`
			: passages.length === 0
				? `${abstention}: nothing was found in the ${searched === 1 ? "collection" : `${searched} collections`} that you may read.`
				: `${abstention}. I searched ${searched === 1 ? "one collection" : `${searched} collections`}, and no passage speaks of this.`;
	if (run.leastConfidence === null) run.say(text);
	return { text, abstained: true, degraded: null, failure: null, isCut: false, model: "none", usage: noUsage };
}

/** A model may make up functions; whoever offered none gets no calls. */
const knownCalls = ({ conversation }: AssistantState, calls: readonly FunctionCall[]): FunctionCall[] => {
	const known = new Set(conversation?.functions.map(({ name }) => name));
	return calls
		.filter(({ name }) => known.has(name))
		.map((call, index) => ({ ...call, id: call.id || `call_${index}` }));
};

/** What the caller does not offer is the agent's own, or made up; the tools' door tells which. */
function ownCalls({ conversation }: AssistantState, calls: readonly ToolCall[]): ToolCall[] {
	const callers = new Set(conversation?.functions.map(({ name }) => name));
	return calls.filter(({ name }) => !callers.has(name)).slice(0, mostCalls);
}

const isAbstention = (text: string): boolean =>
	text.trimStart().replaceAll("’", "'").toLowerCase().startsWith(abstention.toLowerCase());
