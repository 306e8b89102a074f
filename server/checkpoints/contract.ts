import { z } from "zod";
import { Citation, maxQuestionChars, OneRun, Run, StartedRun } from "@/server/runs/contract";

/** What may be edited of a checkpoint's state; everything else, and above all whose run it is, stays as it was. */
export const editables = ["question", "passages"] as const;
export const Editable = z.enum(editables);
export type Editable = z.infer<typeof Editable>;

export const Checkpoint = z.object({
	id: z.string().describe("Its id, among those of its run."),
	step: z.int().describe("Counts up with each step of the run."),
	at: z.date(),
	after: z.string().nullable().describe("The step that had just been done; null at the beginning."),
	before: z.array(z.string()).describe("The steps that came next; none at the end."),
	editable: z.array(Editable).describe("What of its state may be edited before a run goes on from it."),
	mayGoOn: z
		.boolean()
		.describe(
			"Whether a run can go on from it. Of research only where its plan was about to wait, which it does again.",
		),
});
export type Checkpoint = z.infer<typeof Checkpoint>;
export const CheckpointList = z.object({ checkpoints: z.array(Checkpoint).describe("The newest last.") });
export type CheckpointList = z.infer<typeof CheckpointList>;

const CheckpointId = z
	.string()
	.regex(/^[0-9a-f-]{1,64}$/)
	.describe("A checkpoint's id, among those of its run.");
export const OneCheckpoint = OneRun.extend({ checkpointId: CheckpointId });
export type OneCheckpoint = z.infer<typeof OneCheckpoint>;

export const FoundPassage = Citation.omit({ marker: true, snippet: true }).extend({
	snippet: z.string().describe("How it begins; empty where the caller may not read it."),
	place: z.int().describe("Its place among the passages that were found, from 0."),
	isChosen: z.boolean().describe("Whether the answer rests on it; false where that was not decided yet."),
	mayRead: z
		.boolean()
		.describe("Whether the caller may read it today; a run that goes on from here leaves it out otherwise."),
});
export type FoundPassage = z.infer<typeof FoundPassage>;
export const CheckpointState = Checkpoint.extend({
	question: z.string(),
	turns: z.int().describe("How many earlier questions of the conversation it knows."),
	passages: z.array(FoundPassage).describe("What was found, the best first."),
	tools: z
		.array(
			z.object({
				name: z.string().describe("The tool, as the model calls it."),
				arguments: z.string().describe("What it was called with, as JSON text."),
				content: z
					.string()
					.nullable()
					.describe("What came of it, but for documents that the caller may not read today; null while nothing had."),
			}),
		)
		.describe("What the agent's tools were asked, and what they answered."),
	plan: z.array(z.string()).nullable().describe("The questions that research proposed; null where there was no plan."),
	draft: z.string().nullable().describe("What had been written by then; null where nothing was."),
});
export type CheckpointState = z.infer<typeof CheckpointState>;

export const ForkRun = OneCheckpoint.extend({
	question: z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.min(1, "Ask something.")
		.max(maxQuestionChars)
		.optional()
		.describe("Another question; left out: the same."),
	passages: z
		.array(z.int().min(0).max(1_000))
		.min(1, "Choose at least one passage.")
		.max(100)
		.optional()
		.describe("The passages that the answer shall rest on, by their places; left out: the same."),
});
export type ForkRun = z.infer<typeof ForkRun>;
export const ForkedRun = StartedRun.extend({ branchId: z.uuid().describe("The branch that begins with it.") });
export type ForkedRun = z.infer<typeof ForkedRun>;

export const CompareRuns = OneRun.extend({ otherRunId: z.uuid().describe("The run that it is held against.") });
export type CompareRuns = z.infer<typeof CompareRuns>;
export const RunSide = z.object({
	run: Run,
	forkedFrom: z.uuid().nullable().describe("The run that it went on from; null where it began by itself."),
	steps: z
		.array(
			z.object({
				name: z.string(),
				ms: z.number().describe("How long it took, in milliseconds."),
				note: z.string().nullable().describe("What came of it; null where there is nothing to say."),
			}),
		)
		.describe("What it did, in order."),
	passages: z.array(Citation).describe("What its answer could rest on, by the numbers of its marks."),
	cost: z.number().describe("What its tokens cost, in the currency of the installation's prices."),
	tookMs: z.int().nullable().describe("From its start to its end, in milliseconds; null while it has not ended."),
});
export type RunSide = z.infer<typeof RunSide>;
export const ComparedRuns = z.object({
	sides: z.array(RunSide).describe("Both runs, in the order in which they were named."),
});
export type ComparedRuns = z.infer<typeof ComparedRuns>;
