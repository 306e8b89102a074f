import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { tidyTrials } from "./service";

const tidy = inngest.createFunction(
	{
		id: "tidy-trials",
		name: "Close trials of prompts that nobody followed",
		concurrency: 1,
		triggers: [{ cron: "*/10 * * * *" }],
	},
	({ runId, step }) => step.run("close them", () => patiently(() => tidyTrials(jobContext("tidy-trials", runId)))),
);

export const playgroundJobs = [tidy];
