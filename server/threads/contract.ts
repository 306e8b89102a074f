import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { OwnFeedback } from "@/server/feedback/contract";
import { Run } from "@/server/runs/contract";

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
export const GetThread = OneThread.extend({
	branchId: z.uuid().optional().describe("The branch to show; left out: the trunk."),
});
export type GetThread = z.infer<typeof GetThread>;
export const Branch = z.object({
	id: z.uuid(),
	fromRunId: z.uuid().describe("The run from whose checkpoint it went on."),
	runId: z.uuid().describe("Its first run."),
	createdAt: z.date(),
});
export type Branch = z.infer<typeof Branch>;
/** A thread with the newest 200 runs of one of its branches, oldest first. */
export const ThreadWithRuns = z.object({
	thread: Thread,
	runs: z.array(ThreadRun),
	branches: z.array(Branch).describe("The branches beside the trunk, in the order in which they were made."),
});
export type ThreadWithRuns = z.infer<typeof ThreadWithRuns>;
export const CreateThread = z.strictObject({
	threadId: z.uuid().optional().describe("An id that nothing has yet; left out: one is made."),
	agentId: z.uuid().optional().describe("Who is asked in it; left out: the default agent."),
	title: z.string().trim().max(200).default("").describe("What it is called; left out: as its first question begins."),
});
export type CreateThread = z.infer<typeof CreateThread>;
export const RenameThread = z.strictObject({ threadId: z.uuid(), title: z.string().trim().min(1).max(200) });
export type RenameThread = z.infer<typeof RenameThread>;

export const exportFormats = ["markdown", "json"] as const;
export const ExportThread = GetThread.extend({
	format: z.enum(exportFormats).default("markdown").describe("To be read by people, or by programs."),
});
export type ExportThread = z.infer<typeof ExportThread>;
export const ExportedThread = z.object({
	fileName: z.string(),
	mediaType: z.string().describe("What kind of file it is, such as `text/markdown`."),
	text: z.string(),
});
export type ExportedThread = z.infer<typeof ExportedThread>;
