import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { patiently } from "@/server/jobs/patience";
import { dropEventMonths, makeEventMonths } from "./service";

/** Every night: partitions for the months to come, and away with events that have served their time. */
const keepMonths = inngest.createFunction(
	{ id: "run-months", name: "Make and drop months of run events", concurrency: 1, triggers: [{ cron: "52 2 * * *" }] },
	async ({ runId, step }) => {
		await step.run("make months", () => patiently(() => makeEventMonths(jobContext("run-months", runId))));
		return {
			dropped: await step.run("drop months", () => patiently(() => dropEventMonths(jobContext("run-months", runId)))),
		};
	},
);

export const runJobs = [keepMonths];
