import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { FollowRun, ListRuns, OneRun, Run, RunEvent, RunPage, StartedRun, StartRun } from "./contract";
import { followRun, getRun, listRuns, startRun, stopRun } from "./service";

export const runsRouter = router({
	start: procedure("runs:write", { risk: "write", limit: "heavy" })
		.input(StartRun)
		.output(StartedRun)
		.mutation(({ ctx, input }) => startRun(ctx, input)),

	list: procedure("runs:read", { risk: "read" })
		.input(ListRuns)
		.output(RunPage)
		.query(({ ctx, input }) => listRuns(ctx, input)),

	get: procedure("runs:read", { risk: "read" })
		.input(OneRun)
		.output(Run)
		.query(({ ctx, input }) => getRun(ctx, input)),

	stop: procedure("runs:write", { risk: "write" })
		.input(OneRun)
		.output(Run)
		.mutation(({ ctx, input }) => stopRun(ctx, input)),

	events: procedure("runs:read", { risk: "read", limit: "stream" })
		.input(FollowRun)
		.output(RunEvent)
		.subscription(({ ctx, input }) => followRun(ctx, input)),
});
