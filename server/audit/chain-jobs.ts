import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { verificationRequested } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import {
	dropMonths,
	endVerification,
	failVerification,
	makeMonths,
	planVerification,
	verifyEnd,
	verifyRange,
} from "./service";

const verifyChain = inngest.createFunction(
	{
		id: "verify-audit",
		name: "Verify the audit's chain",
		triggers: [verificationRequested],
		retries: 3,
		concurrency: 1,
		onFailure: async ({ event, runId, step }) => {
			const { verificationId } = event.data.event.data;
			await step.run("say so", () =>
				patiently(() => failVerification(jobContext("verify-audit", runId), verificationId)),
			);
		},
	},
	async ({ event, runId, step }) => {
		const { verificationId: id } = event.data;
		const ctx = () => jobContext("verify-audit", runId);
		const ranges = await step.run("plan", () => patiently(() => planVerification(ctx(), id)));
		let problem = null;
		for (const range of ranges) {
			problem ??= await step.run(`verify ${range.from} to ${range.to}`, () =>
				patiently(() => verifyRange(ctx(), id, range)),
			);
			if (problem) break;
		}
		problem ??= await step.run("compare with what was signed", () => patiently(() => verifyEnd(ctx())));
		const found = problem;
		await step.run("say what was found", () => patiently(() => endVerification(ctx(), id, found)));
		return { verificationId: id, isValid: found === null };
	},
);

/** Every night: partitions for the months to come, and away with those that have served their time. */
const keepMonths = inngest.createFunction(
	{ id: "audit-months", name: "Make and drop months of the audit", concurrency: 1, triggers: [{ cron: "37 2 * * *" }] },
	async ({ runId, step }) => {
		await step.run("make months", () => patiently(() => makeMonths(jobContext("audit-months", runId))));
		return {
			dropped: await step.run("drop months", () => patiently(() => dropMonths(jobContext("audit-months", runId)))),
		};
	},
);

export const chainJobs = [verifyChain, keepMonths];
