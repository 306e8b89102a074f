import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { windowParts } from "@/server/agents/contract";
import { AppError } from "@/server/core/errors";
import { estimateTokens, maxAnswerTokens } from "@/server/models/model";
import { planWindow, windowSize } from "./window";

const text = (most: number) =>
	fc.tuple(fc.nat({ max: most }), fc.constantFrom("x", "語", "a b ")).map(([length, unit]) => unit.repeat(length));
const round = fc.array(fc.tuple(text(400), fc.option(text(3_000))), { minLength: 1, maxLength: 4 }).map((calls) => ({
	calls: calls.map(([args], at) => ({ ref: `call-${at}`, name: "files_read", arguments: args })),
	results: calls.flatMap(([, content], at) => (content === null ? [] : [{ ref: `call-${at}`, content }])),
}));
const asked = fc.record({
	system: text(3_000),
	question: text(6_000),
	rounds: fc.array(round, { maxLength: 5 }),
	memory: fc.option(text(2_000)),
	turns: fc.array(fc.record({ question: text(800), answer: text(2_000) }), { maxLength: 30 }),
	passages: fc.array(text(1_500), { maxLength: 8 }),
});
const share = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
const settings = fc.record({
	tokens: fc.option(fc.integer({ min: 2_000, max: 60_000 }), { nil: undefined }),
	...{ system: share, memory: share, history: share, passages: share, question: share, answer: share },
});

describe("whatever an agent sets and whatever was said", () => {
	test("no part exceeds its budget, nothing is cut in two, and the question is whole or refused", () => {
		fc.assert(
			fc.property(settings, fc.integer({ min: 2_000, max: 200_000 }), asked, (own, context, told) => {
				const size = windowSize(own, context);
				const needed = estimateTokens(told.system) + estimateTokens(told.question);
				let plan: ReturnType<typeof planWindow<(typeof told.turns)[number], (typeof told.rounds)[number]>>;
				try {
					plan = planWindow(size, told);
				} catch (error) {
					expect(error).toBeInstanceOf(AppError);
					expect(needed).toBeGreaterThan(size.tokens - maxAnswerTokens - 1);
					return;
				}
				expect(size.tokens).toBeLessThanOrEqual(context);
				expect(windowParts.reduce((sum, part) => sum + plan.budgets[part], 0)).toBeLessThanOrEqual(size.tokens);
				for (const part of windowParts) {
					const used = part === "answer" ? 1 : plan.tokens[part];
					expect(used).toBeLessThanOrEqual(plan.budgets[part]);
				}
				expect(plan.tokens.question).toBeGreaterThanOrEqual(estimateTokens(told.question));
				expect(plan.turns).toEqual(told.turns.slice(told.turns.length - plan.turns.length));
				expect([null, told.memory]).toContain(plan.memory);
				const refs = (rounds: typeof told.rounds) =>
					rounds.map(({ calls }) => calls.map(({ ref, name }) => [ref, name]));
				expect(refs(plan.rounds)).toEqual(refs(told.rounds.slice(told.rounds.length - plan.rounds.length)));
				for (const { calls, results } of plan.rounds)
					expect(results.map(({ ref }) => ref)).toEqual(calls.map(({ ref }) => ref));
			}),
			{ numRuns: 400 },
		);
	});

	test("the newest turn that does not fit ends the history: no older one is told in its place", () => {
		const turns = [
			{ question: "old", answer: "short" },
			{ question: "long", answer: "x".repeat(200_000) },
			{ question: "new", answer: "short" },
		];
		const plan = planWindow(windowSize({}, 32_768), {
			system: "",
			question: "?",
			rounds: [],
			memory: null,
			turns,
			passages: [],
		});
		expect(plan.turns).toEqual([turns[2]]);
	});
});

const plain = { system: "rules", question: "?", memory: null, turns: [], passages: [] };

test("an answer of a tool that has no room is told of in words, and its call stays", () => {
	const size = windowSize({ tokens: 4_000 });
	const calls = [{ ref: "a", name: "files_read", arguments: "{}" }];
	const long = { calls, results: [{ ref: "a", content: "x".repeat(90_000) }] };
	const plan = planWindow(size, { ...plain, rounds: [{ calls, results: [{ ref: "a", content: "fine" }] }, long] });
	expect(plan.rounds.map(({ results }) => results[0]?.content)).toEqual([
		"fine",
		expect.stringContaining("longer than there is room for"),
	]);
});

test("a question that fills the window by itself is refused with how long it is, and so is what the agent is told", () => {
	const size = windowSize({ tokens: 2_000 });
	expect(() => planWindow(size, { ...plain, question: "x".repeat(20_000), rounds: [] })).toThrow(
		/^The question is longer .* about 5,000 tokens/,
	);
	expect(() => planWindow(size, { ...plain, system: "x".repeat(20_000), rounds: [] })).toThrow(
		/^What this agent is told/,
	);
});
