import { noUsage } from "./rewrite";
import { type AssistantContext, type AssistantState, documentsOf, type Rewritten } from "./state";

type Update = Partial<typeof AssistantState.Update>;

/** The question as it stands by itself; null where it may lean on what was said before, which no other conversation has. */
function aloneOf(
	{ question, history }: AssistantState,
	run: AssistantContext,
	rewritten: Rewritten | null,
): string | null {
	if (history.length === 0 && !run.memory?.hasOlder) return question;
	return rewritten?.query ?? null;
}

/** Answers with what was given before, where there is that and the person may have it. Null: it is answered anew. */
export async function giveAgain(
	state: AssistantState,
	run: AssistantContext,
	rewritten: Rewritten | null,
): Promise<[Update, note: string] | null> {
	const question = aloneOf(state, run, rewritten);
	const known = question === null ? null : await run.answers?.find(question);
	if (!known?.result.cached) return null;
	const { answer, documentIds } = known;
	const { answeredAt, isSimilar } = known.result.cached;
	await run.restOn(documentIds);
	run.startOver();
	run.tell({ type: "answer.cached", answeredAt, isSimilar });
	run.tell({ type: "passages.found", citations: known.result.citations });
	run.say(answer);
	const usage = rewritten?.usage ?? noUsage;
	const searchedFor = rewritten?.query ? { searchedFor: rewritten.query } : {};
	const { inputTokens, outputTokens } = usage;
	const result = { ...known.result, ...searchedFor, usage: { inputTokens, outputTokens } };
	const { abstained, degraded, model } = result;
	const draft = { text: answer, abstained, degraded, model, usage, failure: null, isCut: false };
	return [{ rewritten, draft, final: { answer, result } }, "It was answered before: no model was asked"];
}

/** Keeps a whole answer of a model's to a question that stood by itself. What led to another is nobody else's. */
export async function keepForOthers(state: AssistantState, run: AssistantContext): Promise<void> {
	const { draft, final, history, rounds, window } = state;
	const { result } = final;
	const isWhole =
		draft.failure === null && !draft.isCut && !result.abstained && result.degraded === null && !result.calls;
	const isAlone = history.length === 0 && !run.memory?.hasOlder && rounds.length === 0 && !state.remembered?.memory;
	if (!run.answers || !isWhole || !isAlone) return;
	const documentIds = [...new Set([...documentsOf(state), ...(window?.documentIds ?? [])])];
	await run.answers.keep({ question: state.question, answer: final.answer, result, documentIds });
}
