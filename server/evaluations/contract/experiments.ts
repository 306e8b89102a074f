import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Score, Scorers } from "./scorers";

/** Most answers of one experiment, and most variants side by side. */
export const mostCells = 2_000;
export const mostVariants = 12;

export const experimentStates = ["running", "paused", "cancelled", "ended"] as const;
export const cellStates = ["queued", "running", "judging", "done", "failed", "cancelled"] as const;

const Interval = {
	low: z.number().describe("The lower end of its 95 % confidence interval."),
	high: z.number().describe("The upper end of it."),
};
export const Mean = z.object({
	mean: z.number().describe("The mean, 0 to 1; what failed counts as 0."),
	...Interval,
	count: z.int().describe("Of how many answers."),
});
export type Mean = z.infer<typeof Mean>;

export const Variant = z.object({
	id: z.uuid(),
	ordinal: z.int().describe("Its place, from 1."),
	agentId: z.uuid(),
	agentName: z.string(),
	agentVersion: z.int().describe("The agent's version."),
	promptName: z.string().nullable().describe("Its prompt; null: none, or one that the caller may not read."),
	promptVersion: z.int().nullable().describe("The prompt's version."),
	model: z.string().nullable().describe("The route or model that was asked; null: the agent's own."),
	done: z.int().describe("How many of its answers are scored."),
	failed: z.int().describe("How many gave no answer."),
	score: Mean.nullable().describe("The mean of all scorers; null while there is none."),
	scores: z
		.array(Mean.extend({ scorer: z.string().describe("The scorer's key.") }))
		.describe("The same for each scorer by itself."),
	latencyMs: z.number().nullable().describe("How long an answer took, in the middle."),
	cost: z.number().nullable().describe("What an answer cost on average; null where no prices are set."),
});
export type Variant = z.infer<typeof Variant>;

export const Experiment = z.object({
	id: z.uuid(),
	name: z.string(),
	datasetId: z.uuid().describe("The dataset that it asks."),
	datasetName: z.string().describe("What that is called."),
	datasetVersion: z.int().describe("Its version then."),
	state: z.enum(experimentStates).describe("`ended`: every answer is scored, or failed by itself."),
	reason: z.string().nullable().describe("Why it waits, or came to an end before its time."),
	isShared: z.boolean().describe("Whether all who may read the dataset may read its answers, and rate them."),
	isMine: z.boolean().describe("Whether the caller started it."),
	startedByName: z.string().describe("Who started it."),
	isRevealed: z.boolean().describe("Whether rating has ended, and all see what was said."),
	total: z.int().describe("How many answers it asks for."),
	done: z.int().describe("Of them, those that are scored."),
	failed: z.int().describe("Of them, those that failed."),
	open: z.int().describe("Of them, those that wait or are worked on."),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
});
export type Experiment = z.infer<typeof Experiment>;
export const ListExperiments = listOf(Experiment, {
	filter: { datasetId: asks.id(), state: asks.oneOf(experimentStates), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListExperiments = z.infer<typeof ListExperiments>;
export const ExperimentPage = pageOf(Experiment);
export const OneExperiment = z.strictObject({ experimentId: z.uuid() });
export type OneExperiment = z.infer<typeof OneExperiment>;

export const Agreement = z.object({
	people: z.int().describe("How many people said what they think."),
	rated: z.int().describe("Of how many answers."),
	mean: z.number().nullable().describe("Their mean, 1 to 5; null: nobody said anything."),
	kappa: z
		.number()
		.nullable()
		.describe("Cohen's kappa of good (4, 5) against not good, over all pairs of people; null: too few in common."),
	judges: z
		.array(
			z.object({
				scorer: z.string().describe("The judge's key."),
				kappa: z.number().nullable().describe("Cohen's kappa of the judge against people; null: too few in common."),
				count: z.int().describe("Over how many verdicts of people."),
			}),
		)
		.describe("How far judges agree with people."),
});
export type Agreement = z.infer<typeof Agreement>;
export const ExperimentInFull = Experiment.extend({
	scorers: Scorers,
	variants: z.array(Variant).describe("Whom it asks."),
	agreement: Agreement.describe("What people say, of what the caller may see."),
});
export type ExperimentInFull = z.infer<typeof ExperimentInFull>;

export const StartExperiment = z.strictObject({
	datasetId: z.uuid(),
	name: z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.max(80)
		.default("")
		.describe("What it is called; empty: by its dataset."),
	agentIds: z.array(z.uuid()).min(1).max(mostVariants).describe("Whom to ask."),
	promptVersionIds: z
		.array(z.uuid())
		.max(mostVariants)
		.default([])
		.describe("With each of these versions of prompts; none: with the agent's own."),
	models: z
		.array(z.string().min(1).max(200))
		.max(mostVariants)
		.default([])
		.describe("By each of these routes or models; none: by the agent's own."),
	isShared: z
		.boolean()
		.default(false)
		.describe("Whether all who may read the dataset may read its answers, and rate them."),
});
export type StartExperiment = z.infer<typeof StartExperiment>;

export const experimentActs = ["pause", "resume", "cancel", "retry", "reveal"] as const;
export const SteerExperiment = z.strictObject({
	experimentId: z.uuid(),
	action: z
		.enum(experimentActs)
		.describe("`retry`: what failed or was given up; `reveal`: nobody rates any more, and all see what was said."),
});
export type SteerExperiment = z.infer<typeof SteerExperiment>;

const Given = z.object({
	byName: z.string().describe("Who said it."),
	rating: z.int().describe("1 to 5."),
	comment: z.string().describe("Their words."),
});
export const Cell = z.object({
	id: z.uuid(),
	variantId: z.uuid().describe("Whom it was asked of."),
	state: z.enum(cellStates),
	reason: z.string().nullable().describe("Why it failed or was given up."),
	runId: z.uuid().nullable().describe("Its run, for who started it."),
	answer: z.string().nullable().describe("What was answered; null while there is none."),
	score: z.number().nullable().describe("The mean of all scorers, 0 to 1."),
	scores: z.array(Score).describe("What each found."),
	latencyMs: z.int().nullable().describe("How long it took."),
	cost: z.number().nullable().describe("What it cost; null where no prices are set."),
	ratings: z.array(Given).describe("What people said, once the caller has too, or rating has ended."),
});
export type Cell = z.infer<typeof Cell>;
export const ResultRow = z.object({
	id: z.uuid(),
	ordinal: z.int().describe("The item's place, from 1."),
	input: z.string().describe("What was asked."),
	expected: z.string().describe("What the answer should be."),
	tags: z.array(z.string()).describe("The item's tags."),
	cells: z.array(Cell).describe("The answers, one of each variant in their order."),
});
export type ResultRow = z.infer<typeof ResultRow>;
export const ListCells = listOf(ResultRow, {
	filter: { isFailed: asks.flag(), isLow: asks.flag() },
	sort: ["ordinal"],
}).extend({ experimentId: z.uuid() });
export type ListCells = z.infer<typeof ListCells>;
export const CellPage = pageOf(ResultRow);

export const CompareVariants = z.strictObject({
	firstId: z.uuid().describe("A variant of an experiment."),
	secondId: z.uuid().describe("Another one, of this or of another experiment on the same dataset."),
	scorer: z.string().max(40).optional().describe("By this scorer alone; left out: by the mean of all."),
});
export type CompareVariants = z.infer<typeof CompareVariants>;
export const Comparison = z.object({
	count: z.int().describe("How many items both answered, unchanged between them."),
	first: Mean.nullable().describe("The first one's mean over these items; null without any."),
	second: Mean.nullable().describe("The second one's."),
	difference: z.number().nullable().describe("The second's mean less the first's."),
	low: z.number().nullable().describe("The lower end of the difference's 95 % confidence interval (paired bootstrap)."),
	high: z.number().nullable().describe("The upper end of it."),
	better: z.int().describe("How many items the second one did better."),
	worse: z.int().describe("How many it did worse."),
	same: z.int().describe("How many both did alike."),
	p: z
		.number()
		.nullable()
		.describe("By the exact sign test (McNemar's, where scores are 0 or 1), two-sided; null without a difference."),
	isSignificant: z.boolean().describe("Whether p is below 0.05 and the interval leaves 0 out."),
	told: z.string().describe("The same in a sentence."),
});
export type Comparison = z.infer<typeof Comparison>;
