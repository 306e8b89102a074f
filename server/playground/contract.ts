import { z } from "zod";
import { Money } from "@/server/models/contract";
import { longestBody, PromptVariables, VariableName, VariableValues } from "@/server/prompts/contract";

export const mostWindows = 4;
const Question = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed())
	.max(20_000)
	.describe("What is asked; the text is what the model is told before it.");
const Passages = z
	.array(
		z.strictObject({
			name: z.string().max(300).describe("Where it is from."),
			text: z.string().max(4_000).describe("What it says."),
			documentId: z
				.uuid()
				.nullable()
				.default(null)
				.describe(
					"The document that it was taken from, where it was: it is there as long as the caller may read that.",
				),
		}),
	)
	.max(8)
	.describe("What the model is given to answer from.");
const ModelName = z.string().min(1).max(200).nullable().describe("One of the installation's models; null: its first.");
const Temperature = z
	.number()
	.min(0)
	.max(2)
	.nullable()
	.describe("How freely the answer is worded, 0 to 2; null: as the provider has it.");
const MaxTokens = z
	.int()
	.min(1)
	.max(4_096)
	.nullable()
	.describe("Most tokens of the answer; null: as many as a run may have.");
const Text = z.string().max(longestBody);

export const BenchWindow = z.strictObject({
	id: z.string().min(1).max(40).describe("What tells it from the others."),
	text: Text.describe("What the model is told."),
	from: z
		.strictObject({ promptId: z.uuid(), version: z.int().min(1).max(1_000_000_000) })
		.nullable()
		.describe("The version of a prompt that the text was begun from; null: of none."),
	model: ModelName,
	temperature: Temperature,
	maxTokens: MaxTokens,
});
export type BenchWindow = z.infer<typeof BenchWindow>;

/** What stands in somebody's playground. */
export const Bench = z.strictObject({
	windows: z.array(BenchWindow).min(1).max(mostWindows).describe("Side by side."),
	variables: PromptVariables,
	values: z
		.record(VariableName, z.string().max(10_000))
		.refine((values) => Object.keys(values).length <= 50, "At most 50 values.")
		.describe("What was typed for the variables, by their names."),
	question: Question,
	passages: Passages,
});
export type Bench = z.infer<typeof Bench>;
export const KeptBench = z.object({ bench: Bench.nullable().describe("Null: nothing was tried yet.") });
export type KeptBench = z.infer<typeof KeptBench>;
export const KeepBench = z.strictObject({ bench: Bench.describe("What is to stand there.") });
export type KeepBench = z.infer<typeof KeepBench>;

export const StartTrial = z.strictObject({
	text: Text.trim().min(1, "A prompt needs a text.").describe("What the model is told: a template like a prompt's."),
	variables: PromptVariables.default([]),
	values: VariableValues.default({}),
	question: Question.default(""),
	passages: Passages.default([]),
	model: ModelName.default(null),
	temperature: Temperature.default(null),
	maxTokens: MaxTokens.default(null),
});
export type StartTrial = z.infer<typeof StartTrial>;
export const StartedTrial = z.object({ trialId: z.uuid(), model: z.string().describe("The model that is asked.") });
export type StartedTrial = z.infer<typeof StartedTrial>;

export const FollowTrial = z.strictObject({
	trialId: z.uuid(),
	lastEventId: z
		.string()
		.regex(/^\d{1,9}$/)
		.nullish(),
});
export type FollowTrial = z.infer<typeof FollowTrial>;

export const TrialEvent = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("said").describe("The model said something."),
		text: z.string().describe("What the model adds."),
	}),
	z.object({
		type: z.literal("ended").describe("It is over."),
		state: z.enum(["done", "failed", "stopped"]).describe("How it ended."),
		reason: z.string().nullable().describe("Why it is not whole; null where it is."),
		inputTokens: z.int().describe("Tokens that the model was told."),
		outputTokens: z.int().describe("Tokens that it answered."),
		by: z.string().nullable().describe("The model that answered, where a route chose it."),
		costs: z.array(Money).describe("What that cost, in each currency of its models; empty where no prices are set."),
		firstMs: z.number().nullable().describe("Until its first word, in ms."),
		totalMs: z.number().describe("Until its last, in ms."),
	}),
]);
export type TrialEvent = z.infer<typeof TrialEvent>;

/** What a run of one's own was asked with, to try it with another text. */
export const RunToTry = z.strictObject({ runId: z.uuid() });
export type RunToTry = z.infer<typeof RunToTry>;
export const TriedRun = z.object({
	promptId: z.uuid().nullable().describe("Its prompt; null where its agent has none, or the caller may not read it."),
	promptName: z.string().nullable().describe("The prompt's name."),
	version: z.int().nullable().describe("The version that it answered by."),
	body: z.string().describe("That version's text; empty where there is none to read."),
	variables: PromptVariables,
	model: z.string().nullable().describe("The model that its agent names."),
	question: z.string().describe("What was asked."),
	passages: Passages,
});
export type TriedRun = z.infer<typeof TriedRun>;
