import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { dropDays, dropStrays, makeDays } from "./service";

const job = "trace-days";

/** Every night: partitions for the days to come, and away with those that have served their time. */
const keepDays = inngest.createFunction(
	{ id: job, name: "Make and drop days of traces", concurrency: 1, triggers: [{ cron: "52 2 * * *" }] },
	async ({ runId, step }) => {
		await step.run("make days", () => patiently(() => makeDays(jobContext(job, runId))));
		const strays = await step.run("drop strays", () => patiently(() => dropStrays(jobContext(job, runId))));
		return { strays, dropped: await step.run("drop days", () => patiently(() => dropDays(jobContext(job, runId)))) };
	},
);

export const traceJobs = [keepDays];
