import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { startDue } from "./service";

const startSchedules = inngest.createFunction(
	{ id: "start-schedules", name: "Start the runs that are due", concurrency: 1, triggers: [{ cron: "* * * * *" }] },
	({ runId, step }) => step.run("start", () => patiently(() => startDue(jobContext("start-schedules", runId)))),
);

export const triggerJobs = [startSchedules];
