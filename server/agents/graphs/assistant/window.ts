import {
	type AgentWindow,
	defaultShares,
	type RunWindow,
	type WindowPart,
	windowParts,
} from "@/server/agents/contract";
import { AppError } from "@/server/core/errors";
import { estimateTokens, maxAnswerTokens } from "@/server/models/model";
import type { ToolRound } from "./state";

/** Where nobody says how much a model takes in. */
const usualContext = 32_768;
/** Tokens are estimated before they are counted: a tenth of the context is left alone. */
const usable = 0.9;

export type WindowSize = { tokens: number; shares: Record<WindowPart, number> };

/** The agent's own settings, within what its model takes in. */
export function windowSize({ tokens, ...own }: AgentWindow, contextTokens = usualContext): WindowSize {
	const most = Math.floor(contextTokens * usable);
	const share = (part: WindowPart): number => own[part] ?? defaultShares[part];
	return {
		tokens: Math.min(tokens ?? most, most),
		shares: {
			...{ system: share("system"), memory: share("memory"), history: share("history") },
			...{ passages: share("passages"), question: share("question"), answer: share("answer") },
		},
	};
}

/** Most tokens that each part may take; together they are never more than the window. */
export type Budgets = Record<WindowPart, number>;

/**
 * Rules and question go in whole, so they may take more than their share; what is left of the window is then shared out among
 * the others. Throws where they and the answer fill it by themselves.
 */
export function budgetsOf({ tokens, shares }: WindowSize, needs: { system: number; question: number }): Budgets {
	const all = windowParts.reduce((sum, part) => sum + shares[part], 0);
	const shareOf = (part: WindowPart) => Math.floor((tokens * shares[part]) / all);
	const answer = Math.min(maxAnswerTokens, Math.max(1, shareOf("answer")));
	const left = tokens - answer;
	if (needs.system >= left) throw tooLong("What this agent is told by its builder", needs.system, left);
	if (needs.system + needs.question > left) throw tooLong("The question", needs.question, left - needs.system);
	const system = Math.max(needs.system, Math.min(shareOf("system"), left - needs.question));
	const question = Math.max(needs.question, Math.min(shareOf("question"), left - system));
	const rest = left - system - question;
	const others = shareOf("memory") + shareOf("history") + shareOf("passages");
	const fitting = others === 0 ? 0 : Math.min(1, rest / others);
	const ofRest = (part: WindowPart) => Math.floor(shareOf(part) * fitting);
	return {
		system,
		question,
		answer,
		memory: ofRest("memory"),
		history: ofRest("history"),
		passages: ofRest("passages"),
	};
}

const tooLong = (what: string, tokens: number, room: number): AppError =>
	new AppError(
		"INVALID_INPUT",
		`${what} is longer than the model's window has room for: about ${tokens.toLocaleString("en")} tokens, and there is room for ${Math.max(0, room).toLocaleString("en")}. Shorten it, or put long texts into a collection.`,
	);

/** An earlier turn, by what it takes. */
type SizedTurn = { question: string; answer: string };
const turnTokens = ({ question, answer }: SizedTurn): number => estimateTokens(question) + estimateTokens(answer);

/** How many of the newest turns fit, each whole. */
export function newestFitting(turns: readonly SizedTurn[], budget: number): number {
	let left = budget;
	let count = 0;
	for (const turn of turns.toReversed()) {
		left -= turnTokens(turn);
		if (left < 0) break;
		count += 1;
	}
	return count;
}

type Call = { ref: string; name: string; arguments: string };
/** Tools that were called in one go, and what they answered, whoever keeps the conversation. */
export type AnyRound = Pick<ToolRound, "results"> & { calls: readonly Call[] };
type Asked<Turn, Round> = {
	/** Rules and instructions, and the tools that are offered as the model is told of them. */
	system: string;
	/** The question with whatever stands beside it. */
	question: string;
	/** What tools were asked and answered since, in order. */
	rounds: readonly Round[];
	memory: string | null;
	/** Earlier turns that the memory does not stand for, oldest first. */
	turns: readonly Turn[];
	/** Passages as the model is shown them, best first. */
	passages: readonly string[];
};

type Planned<Turn, Round> = {
	budgets: Budgets;
	tokens: Record<Exclude<WindowPart, "answer">, number>;
	rounds: Round[];
	memory: string | null;
	turns: Turn[];
	/** So many of the passages, from the first. */
	passages: number;
};

/** What goes into the window: turns, tool calls with their results, and passages, each whole or not at all. */
export function planWindow<Turn extends SizedTurn, Round extends AnyRound>(
	size: WindowSize,
	asked: Asked<Turn, Round>,
): Planned<Turn, Round> {
	const needs = { system: estimateTokens(asked.system), question: estimateTokens(asked.question) };
	const budgets = budgetsOf(size, needs);
	const rounds = newestRounds(asked.rounds, budgets.question - needs.question);
	const memoryTokens = asked.memory === null ? 0 : estimateTokens(asked.memory);
	const memory = memoryTokens <= budgets.memory ? asked.memory : null;
	const whole = newestFitting(asked.turns, budgets.history);
	const turns = whole === 0 ? [] : asked.turns.slice(-whole);
	const passages = firstFitting(asked.passages, budgets.passages);
	const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0);
	return {
		budgets,
		tokens: {
			system: needs.system,
			memory: memory === null ? 0 : memoryTokens,
			history: sum(turns.map(turnTokens)),
			passages: sum(asked.passages.slice(0, passages).map(estimateTokens)),
			question: needs.question + sum(rounds.map(roundTokens)),
		},
		...{ rounds, memory, turns, passages },
	};
}

function firstFitting(texts: readonly string[], budget: number): number {
	let left = budget;
	for (const [at, text] of texts.entries()) {
		left -= estimateTokens(text);
		if (left < 0) return at;
	}
	return texts.length;
}

const noAnswer = "It gave no answer.";
/** What a call with too much in it is shown as: what came of it stands beside it. */
const longArguments = '{"left_out":"longer than there is room for"}';
const longAnswer = "Its answer is longer than there is room for. Ask for less of it.";

const roundTokens = ({ calls, results }: AnyRound): number =>
	calls.reduce((sum, { ref, name, arguments: args }) => {
		const content = results.find((one) => one.ref === ref)?.content ?? noAnswer;
		return sum + estimateTokens(name) + estimateTokens(args) + estimateTokens(content);
	}, 0);

/**
 * The newest rounds that fit, each with an answer to every call. Of the newest, which the next words are about, arguments and
 * answers that are too long by themselves are replaced by words that say so.
 */
function newestRounds<Round extends AnyRound>(rounds: readonly Round[], budget: number): Round[] {
	const kept: Round[] = [];
	let left = budget;
	for (const [place, round] of [...rounds.entries()].toReversed()) {
		const whole = answered(round);
		const fitting = place === rounds.length - 1 ? shortened(whole, left) : whole;
		left -= roundTokens(fitting);
		if (left < 0) break;
		kept.unshift(fitting);
	}
	return kept;
}

function answered<Round extends AnyRound>(round: Round): Round {
	const results = round.calls.map(({ ref }) => ({
		ref,
		content: round.results.find((one) => one.ref === ref)?.content ?? noAnswer,
	}));
	return { ...round, results };
}

function shortened<Round extends AnyRound>(round: Round, budget: number): Round {
	let fitting: AnyRound = round;
	const texts = [
		...round.calls.map((call) => ({ ref: call.ref, isCall: true, length: call.arguments.length })),
		...round.results.map(({ ref, content }) => ({ ref, isCall: false, length: content.length })),
	];
	for (const { ref, isCall, length } of texts.toSorted((one, other) => other.length - one.length)) {
		if (roundTokens(fitting) <= budget || length <= longAnswer.length) break;
		const { calls, results } = fitting;
		fitting = isCall
			? { results, calls: calls.map((call) => (call.ref === ref ? { ...call, arguments: longArguments } : call)) }
			: { calls, results: results.map((one) => (one.ref === ref ? { ref, content: longAnswer } : one)) };
	}
	return { ...round, ...fitting };
}

/** The plan as it is kept with the answer and shown to people. */
export function windowFacts(
	size: WindowSize,
	{ budgets, tokens }: Pick<Planned<unknown, unknown>, "budgets" | "tokens">,
	facts: Omit<RunWindow, "tokens" | "parts">,
): RunWindow {
	const parts = windowParts.map((part) => ({
		part,
		tokens: part === "answer" ? 0 : tokens[part],
		budget: budgets[part],
	}));
	return { tokens: size.tokens, parts, ...facts };
}
