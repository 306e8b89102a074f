import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import { ListThreads, OneThread, RenameThread, Thread, ThreadPage, ThreadWithRuns } from "./contract";
import { getThread, listThreads, removeThread, renameThread } from "./service";

export const threadsRouter = router({
	list: procedure("threads:read", { risk: "read" })
		.input(ListThreads)
		.output(ThreadPage)
		.query(({ ctx, input }) => listThreads(ctx, input)),

	get: procedure("threads:read", { risk: "read" })
		.input(OneThread)
		.output(ThreadWithRuns)
		.query(({ ctx, input }) => getThread(ctx, input)),

	rename: procedure("threads:write", { risk: "write" })
		.input(RenameThread)
		.output(Thread)
		.mutation(({ ctx, input }) => renameThread(ctx, input)),

	remove: procedure("threads:write", { risk: "danger" })
		.input(OneThread)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeThread(ctx, input);
			return { done: true };
		}),
});
