import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { guardSplits } from "./service";

const takeBackSplits = inngest.createFunction(
	{
		id: "guard-splits",
		name: "Take back versions of prompts that do worse than allowed",
		concurrency: 1,
		triggers: [{ cron: "* * * * *" }],
	},
	({ runId, step }) => step.run("look", () => patiently(() => guardSplits(jobContext("guard-splits", runId)))),
);

export const promptJobs = [takeBackSplits];
