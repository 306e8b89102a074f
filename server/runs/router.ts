import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { FollowRun, ListRuns, OneRun, Run, RunEvent, RunPage, StartedRun, StartRun } from "./contract";
import { followRun, getRun, listRuns, startRun, stopRun, versionOfRun } from "./service";

export const runsRouter = router({
	start: procedure("runs:write", {
		rest: "POST /runs",
		summary: "Ask an agent a question.",
		accepted: "/runs/{runId}",
		risk: "write",
		limit: "heavy",
	})
		.input(StartRun)
		.output(StartedRun)
		.mutation(({ ctx, input }) => startRun(ctx, input)),

	list: procedure("runs:read", { rest: "GET /runs", summary: "List the caller's own runs.", risk: "read" })
		.input(ListRuns)
		.output(RunPage)
		.query(({ ctx, input }) => listRuns(ctx, input)),

	get: procedure("runs:read", {
		rest: "GET /runs/{runId}",
		summary: "Get a run with its answer, once it has one.",
		risk: "read",
	})
		.input(OneRun)
		.output(Run)
		.query(
			({ ctx, input }) => getRun(ctx, input),
			({ ctx, input }) => versionOfRun(ctx, input),
		),

	stop: procedure("runs:write", {
		rest: "POST /runs/{runId}/stop",
		summary: "Stop a run; it ends within 2 seconds.",
		risk: "write",
	})
		.input(OneRun)
		.output(Run)
		.mutation(({ ctx, input }) => stopRun(ctx, input)),

	events: procedure("runs:read", {
		rest: "GET /runs/{runId}/events",
		summary: "Follow what happens in a run, from any event on.",
		risk: "read",
		limit: "stream",
	})
		.input(FollowRun)
		.output(RunEvent)
		.subscription(({ ctx, input }) => followRun(ctx, input)),
});
