import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Run } from "@/server/runs/contract";

export const Thread = z.object({
	id: z.uuid(),
	title: z.string(),
	agentId: z.uuid(),
	agentName: z.string(),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Thread = z.infer<typeof Thread>;
export const ListThreads = listOf(Thread, {
	filter: { agentId: asks.id(), updatedAt: asks.time() },
	sort: ["updatedAt"],
});
export type ListThreads = z.infer<typeof ListThreads>;
export const ThreadPage = pageOf(Thread);
export const OneThread = z.strictObject({ threadId: z.uuid() });
export type OneThread = z.infer<typeof OneThread>;
/** A thread with its newest 200 runs, oldest first. */
export const ThreadWithRuns = z.object({ thread: Thread, runs: z.array(Run) });
export type ThreadWithRuns = z.infer<typeof ThreadWithRuns>;
export const RenameThread = z.strictObject({ threadId: z.uuid(), title: z.string().trim().min(1).max(200) });
export type RenameThread = z.infer<typeof RenameThread>;
