import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { JobDetail, JobPage, JobsOverview, ListJobs, OneJob } from "./contract";
import { cancelJob, getJob, listJobs, readJobsOverview, retryJob } from "./service";

export const jobsRouter = router({
	overview: procedure("jobs:read", {
		rest: "GET /job-engine",
		summary: "Tell how the job engine is doing: its queue, its workers, its schedule.",
		risk: "read",
	})
		.input(Nothing)
		.output(JobsOverview)
		.query(({ ctx }) => readJobsOverview(ctx)),

	list: procedure("jobs:read", {
		rest: "GET /jobs",
		summary: "List background jobs.",
		risk: "read",
		tool: "List background jobs, newest first, with why each one waits.",
	})
		.input(ListJobs)
		.output(JobPage)
		.query(({ ctx, input }) => listJobs(ctx, input)),

	get: procedure("jobs:read", {
		rest: "GET /jobs/{jobRunId}",
		summary: "Get a job with its steps and attempts.",
		risk: "read",
		tool: "Look at a background job: its steps, attempts and errors.",
	})
		.input(OneJob)
		.output(JobDetail)
		.query(({ ctx, input }) => getJob(ctx, input)),

	cancel: procedure("jobs:write", { rest: "POST /jobs/{jobRunId}/cancel", summary: "Cancel a job.", risk: "write" })
		.input(OneJob)
		.output(JobDetail)
		.mutation(({ ctx, input }) => cancelJob(ctx, input)),

	retry: procedure("jobs:write", {
		rest: "POST /jobs/{jobRunId}/retry",
		summary: "Run an ended job again.",
		risk: "write",
	})
		.input(OneJob)
		.output(JobDetail)
		.mutation(({ ctx, input }) => retryJob(ctx, input)),
});
