import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { experimentMoved } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { advance, judgeNext, peopleWithOpen, scoreEnded, tellMoved } from "./service";

const workExperiments = inngest.createFunction(
	{
		id: "work-experiments",
		name: "Ask and measure the next answers of experiments",
		triggers: [experimentMoved],
		retries: 4,
		concurrency: { key: "event.data.userId", limit: 1 },
	},
	async ({ event, runId, step }) => {
		const { userId } = event.data;
		const context = () => jobContext("work-experiments", runId);
		await step.run("measure what has ended, and start what is next", () => patiently(() => advance(context(), userId)));
		const judged = await step.run("have answers judged", () => patiently(() => judgeNext(context(), userId)));
		// A job of its own for the next few: one person's thousand verdicts are no one long job.
		if (judged > 0) await step.run("go on", () => patiently(() => tellMoved(context().db, userId)));
	},
);

const sweepExperiments = inngest.createFunction(
	{ id: "sweep-experiments", name: "Look after experiments", concurrency: 1, triggers: [{ cron: "* * * * *" }] },
	({ runId, step }) =>
		step.run("look", () =>
			patiently(async () => {
				const ctx = jobContext("sweep-experiments", runId);
				const people = await peopleWithOpen(ctx);
				for (const userId of people) await tellMoved(ctx.db, userId);
				return people.length;
			}),
		),
);

const scoreRuns = inngest.createFunction(
	{
		id: "score-runs",
		name: "Score a sample of the runs that have ended",
		concurrency: 1,
		triggers: [{ cron: "* * * * *" }],
	},
	({ runId, step }) => step.run("score them", () => patiently(() => scoreEnded(jobContext("score-runs", runId)))),
);

export const evaluationJobs = [workExperiments, sweepExperiments, scoreRuns];
