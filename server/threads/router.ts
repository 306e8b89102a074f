import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	AppendedTurns,
	AppendTurns,
	CreateThread,
	ExportedThread,
	ExportThread,
	GetThread,
	ListThreads,
	OneSummary,
	OneThread,
	RenameThread,
	Thread,
	ThreadPage,
	ThreadSummary,
	ThreadWithRuns,
} from "./contract";
import {
	appendTurns,
	createThread,
	exportThread,
	getSummary,
	getThread,
	listThreads,
	removeThread,
	renameThread,
	versionOfThread,
} from "./service";

export const threadsRouter = router({
	list: procedure("threads:read", {
		rest: "GET /threads",
		summary:
			"List the caller's own threads, or those that others share with them, or those of either that have some words.",
		risk: "read",
	})
		.input(ListThreads)
		.output(ThreadPage)
		.query(({ ctx, input }) => listThreads(ctx, input)),

	get: procedure("threads:read", {
		rest: "GET /threads/{threadId}",
		summary: "Get a thread with its newest runs.",
		risk: "read",
	})
		.input(GetThread)
		.output(ThreadWithRuns)
		.query(
			({ ctx, input }) => getThread(ctx, input),
			({ ctx, input }) => versionOfThread(ctx, input),
		),

	summary: procedure("threads:read", {
		rest: "GET /threads/{threadId}/summaries/{summaryId}",
		summary: "Get what stands for a thread's oldest turns in the model's window.",
		risk: "read",
	})
		.input(OneSummary)
		.output(ThreadSummary)
		.query(({ ctx, input }) => getSummary(ctx, input)),

	export: procedure("threads:read", {
		rest: "GET /threads/{threadId}/export",
		summary: "Get a thread as a file, with the sources of its answers.",
		risk: "read",
	})
		.input(ExportThread)
		.output(ExportedThread)
		.query(({ ctx, input }) => exportThread(ctx, input)),

	create: procedure("threads:write", {
		rest: "POST /threads",
		summary: "Make a thread in which nothing was asked yet.",
		created: "/threads/{id}",
		risk: "write",
	})
		.input(CreateThread)
		.output(Thread)
		.mutation(({ ctx, input }) => createThread(ctx, input)),

	append: procedure("threads:write", {
		rest: "POST /threads/{threadId}/turns",
		summary: "Add questions with their answers that were had elsewhere, marked as no agent's.",
		risk: "write",
	})
		.input(AppendTurns)
		.output(AppendedTurns)
		.mutation(({ ctx, input }) => appendTurns(ctx, input)),

	rename: procedure("threads:write", {
		rest: "PATCH /threads/{threadId}",
		summary: "Give a thread another title.",
		risk: "write",
	})
		.input(RenameThread)
		.output(Thread)
		.mutation(({ ctx, input }) => renameThread(ctx, input)),

	remove: procedure("threads:write", {
		rest: "DELETE /threads/{threadId}",
		summary: "Remove a thread with all its runs.",
		risk: "danger",
	})
		.input(OneThread)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeThread(ctx, input);
			return { done: true };
		}),
});
