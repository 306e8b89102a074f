import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { OwnFeedback } from "@/server/feedback/contract";
import { maxQuestionChars, Run } from "@/server/runs/contract";

export const Thread = z.object({
	id: z.uuid(),
	title: z.string(),
	agentId: z.uuid(),
	agentName: z.string(),
	ownerName: z.string(),
	mayManage: z.boolean().describe("Whether it is the caller's own: others, with whom it is shared, may read it."),
	isShared: z.boolean().describe("Whether somebody else may read it."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Thread = z.infer<typeof Thread>;
export const FoundThread = Thread.extend({
	found: z
		.object({
			runId: z.uuid().describe("The question that it was found in."),
			text: z.string().describe("Where the words stand, each between `«` and `»`."),
		})
		.nullable()
		.describe("Where the words that were looked for stand; null where none were, or the title alone has them."),
});
export type FoundThread = z.infer<typeof FoundThread>;
export const threadOwners = ["caller", "others"] as const;
export const ListThreads = listOf(FoundThread, {
	filter: {
		agentId: asks.id(),
		updatedAt: asks.time(),
		/** Words that begin like these, all of them, in the title or in one question and its answer. */
		words: z.strictObject({ contains: z.string().trim().min(1).max(200).optional() }),
		/** Left out: the caller's own. */
		owner: asks.oneOf(threadOwners),
	},
	sort: ["updatedAt"],
});
export type ListThreads = z.infer<typeof ListThreads>;
export const ThreadPage = pageOf(FoundThread);
export const OneThread = z.strictObject({ threadId: z.uuid() });
export type OneThread = z.infer<typeof OneThread>;
export const ThreadRun = Run.extend({
	feedback: OwnFeedback.nullable().describe("What the caller said of the answer; null where they said nothing."),
});
export type ThreadRun = z.infer<typeof ThreadRun>;
/** Of a longer thread the rest is in its export. */
const mostTurns = 1_000;
export const GetThread = OneThread.extend({
	branchId: z.uuid().optional().describe("The branch to show; left out: the trunk."),
	limit: z
		.int()
		.min(1)
		.max(mostTurns)
		.default(200)
		.describe(
			"The most runs that come with it, of the newest. A chat opens with few, and asks for more as its reader goes up.",
		),
});
export type GetThread = z.infer<typeof GetThread>;
export const Branch = z.object({
	id: z.uuid(),
	fromRunId: z.uuid().describe("The run from whose checkpoint it went on."),
	runId: z.uuid().describe("Its first run."),
	createdAt: z.date(),
});
export type Branch = z.infer<typeof Branch>;
/** A thread with the newest runs of one of its branches, oldest first. */
export const ThreadWithRuns = z.object({
	thread: Thread,
	runs: z.array(ThreadRun),
	hasOlder: z.boolean().describe("Whether the branch has older runs than these."),
	branches: z.array(Branch).describe("The branches beside the trunk, in the order in which they were made."),
});
export type ThreadWithRuns = z.infer<typeof ThreadWithRuns>;
export const OneSummary = z.strictObject({
	threadId: z.uuid(),
	summaryId: z.uuid().describe("The summary, as `summaryId` of an answer's window names it."),
});
export type OneSummary = z.infer<typeof OneSummary>;
/** What the oldest turns of a thread came to, for the model to go on with. */
export const ThreadSummary = z.object({
	id: z.uuid(),
	turns: z.int().describe("How many turns it stands for, from the first."),
	text: z
		.string()
		.nullable()
		.describe("What the model was told of them; null where it rests on a document that the caller may not read."),
	model: z.string().describe("The model that wrote it."),
	createdAt: z.date(),
});
export type ThreadSummary = z.infer<typeof ThreadSummary>;
export const CreateThread = z.strictObject({
	threadId: z.uuid().optional().describe("An id that nothing has yet; left out: one is made."),
	agentId: z.uuid().optional().describe("Who is asked in it; left out: the default agent."),
	title: z.string().trim().max(200).default("").describe("What it is called; left out: as its first question begins."),
});
export type CreateThread = z.infer<typeof CreateThread>;
const written = (max: number) =>
	z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.min(1)
		.max(max);
export const AppendTurns = OneThread.extend({
	turns: z
		.array(
			z.strictObject({
				question: written(maxQuestionChars).describe("What was asked."),
				answer: written(60_000).describe("What was answered. It is shown as no agent's answer."),
			}),
		)
		.min(1)
		.max(50)
		.describe("Questions with their answers, in order."),
	after: z
		.uuid()
		.optional()
		.describe(
			"The run of the thread that they come after; where others did already, in a new branch. Left out: at the end of the trunk.",
		),
});
export type AppendTurns = z.infer<typeof AppendTurns>;
export const AppendedTurns = z.object({
	runIds: z.array(z.uuid()).describe("A run for each turn, in order."),
	branchId: z.uuid().nullable(),
});
export type AppendedTurns = z.infer<typeof AppendedTurns>;
export const RenameThread = z.strictObject({ threadId: z.uuid(), title: z.string().trim().min(1).max(200) });
export type RenameThread = z.infer<typeof RenameThread>;

export const exportFormats = ["markdown", "json"] as const;
export const ExportThread = GetThread.omit({ limit: true }).extend({
	format: z.enum(exportFormats).default("markdown").describe("To be read by people, or by programs."),
});
export type ExportThread = z.infer<typeof ExportThread>;
export const ExportedThread = z.object({
	fileName: z.string(),
	mediaType: z.string().describe("What kind of file it is, such as `text/markdown`."),
	text: z.string(),
});
export type ExportedThread = z.infer<typeof ExportedThread>;
