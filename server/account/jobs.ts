import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { resetAsked } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { answerReset } from "./service";

const answerResetRequest = inngest.createFunction(
	{ id: "answer-reset-request", name: "Answer who asks for a new password", triggers: [resetAsked], retries: 5 },
	({ event, runId, step }) =>
		// What came of it is not the run's to tell: whoever reads jobs would learn who has an account.
		step.run("answer", async () => {
			await patiently(() => answerReset(jobContext("answer-reset-request", runId), event.data));
		}),
);

export const accountJobs = [answerResetRequest];
