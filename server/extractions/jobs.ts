import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { extractionMoved } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { advance, advanceAll } from "./service";

const workExtractions = inngest.createFunction(
	{
		id: "work-extractions",
		name: "Start the next documents of extractions",
		triggers: [extractionMoved],
		retries: 4,
		// What somebody brings or waits for goes first.
		priority: { run: "-300" },
		concurrency: { key: "event.data.userId", limit: 1 },
	},
	({ event, runId, step }) =>
		step.run("start what is next", () =>
			patiently(() => advance(jobContext("work-extractions", runId), event.data.userId)),
		),
);

const sweepExtractions = inngest.createFunction(
	{ id: "sweep-extractions", name: "Look after extractions", concurrency: 1, triggers: [{ cron: "* * * * *" }] },
	({ runId, step }) => step.run("look", () => patiently(() => advanceAll(jobContext("sweep-extractions", runId)))),
);

export const extractionJobs = [workExtractions, sweepExtractions];
