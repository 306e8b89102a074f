import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { endOverdueApprovals } from "./service";

const endOverdue = inngest.createFunction(
	{
		id: "end-approvals",
		name: "Write down which approvals have run out",
		concurrency: 1,
		triggers: [{ cron: "*/10 * * * *" }],
	},
	({ runId, step }) =>
		step.run("write it down", () => patiently(() => endOverdueApprovals(jobContext("end-approvals", runId)))),
);

export const approvalJobs = [endOverdue];
