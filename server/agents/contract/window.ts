import { z } from "zod";

/** What fills a model's window, in the order in which it reads it; the answer comes out of the same window. */
export const windowParts = ["system", "memory", "history", "passages", "question", "answer"] as const;
export const WindowPart = z
	.enum(windowParts)
	.describe(
		"`system`: rules, instructions and tools; `memory`: the summary of the oldest turns; `history`: earlier turns, whole; `passages`: what was found; `question`: the question with what its tools answered; `answer`: room for the answer.",
	);
export type WindowPart = z.infer<typeof WindowPart>;

/** Shares of the window where an agent sets none of its own. */
export const defaultShares = {
	system: 15,
	memory: 5,
	history: 20,
	passages: 25,
	question: 21,
	answer: 14,
} as const satisfies Record<WindowPart, number>;

const share = (what: string) => z.int().min(1).max(100).optional().describe(what);
export const AgentWindow = z
	.strictObject({
		tokens: z
			.int()
			.min(2_000)
			.max(2_000_000)
			.optional()
			.describe("Most of the model's context that it fills, in tokens. Left out: all of it."),
		system: share(`Its rules, instructions and tools. Left out: ${defaultShares.system}.`),
		memory: share(`The summary of the oldest turns. Left out: ${defaultShares.memory}.`),
		history: share(`Earlier turns, whole. Left out: ${defaultShares.history}.`),
		passages: share(`What was found. Left out: ${defaultShares.passages}.`),
		question: share(`The question and what its tools answered. Left out: ${defaultShares.question}.`),
		answer: share(`The answer. Left out: ${defaultShares.answer}.`),
	})
	.describe("How its runs share out the model's window. The shares count against each other.");
export type AgentWindow = z.infer<typeof AgentWindow>;

/** What filled the window for an answer. */
export const RunWindow = z.object({
	tokens: z.int().describe("How long the window is, in tokens."),
	parts: z
		.array(
			z.object({
				part: WindowPart,
				tokens: z.int().describe("What it took; estimated, but for the answer where the provider counts."),
				budget: z.int().describe("Most that it could take."),
			}),
		)
		.describe("Each part with its budget."),
	turns: z
		.object({
			whole: z.int().describe("Earlier turns that went in word for word."),
			summarised: z.int().describe("Those that its summary stands for."),
			leftOut: z.int().describe("Those that the model was not told of."),
			withheld: z.int().describe("Those left out as they rest on documents that the person may not read any more."),
		})
		.describe("What became of the earlier turns."),
	passagesLeftOut: z.int().describe("Passages that support the answer and did not fit."),
	roundsLeftOut: z.int().describe("Rounds of tool calls, the oldest, that did not fit."),
	summaryId: z.uuid().nullable().describe("The summary of the oldest turns that went in; null where none did."),
	documentIds: z.array(z.uuid()).describe("The documents whose text was before the model beside the earlier turns."),
	note: z.string().nullable().describe("Why turns were left out; null where there is nothing to say."),
});
export type RunWindow = z.infer<typeof RunWindow>;
