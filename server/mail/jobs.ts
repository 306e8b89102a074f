import { RetryAfterError } from "inngest";
import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { mailWaiting } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { deliverMail, forgetExpiredLinks, giveUpMail, MailDelayed } from "./service";
import { readSmtp } from "./smtp";

/** The first wait and the longest, in ms; each doubles the one before. A link for a new password lives half an hour. */
const firstWait = 10_000;
const longestWait = 3_600_000;

const sendWaitingMail = inngest.createFunction(
	{
		id: "send-mail",
		name: "Send a mail",
		triggers: [mailWaiting],
		retries: 10,
		concurrency: 4,
		onFailure: async ({ event, runId, step }) => {
			const { mailId } = event.data.event.data;
			await step.run("give up", () => patiently(() => giveUpMail(jobContext("send-mail", runId), { mailId })));
		},
	},
	({ event, runId, step }) =>
		step.run("hand over", () =>
			patiently(() => deliverMail(jobContext("send-mail", runId), readSmtp(), event.data).catch(later)),
		),
);

function later(error: unknown): never {
	if (!(error instanceof MailDelayed)) throw error;
	const wait = Math.min(firstWait * 2 ** (error.attempts - 1), longestWait);
	throw new RetryAfterError(error.message, wait, { cause: error });
}

const forgetLinks = inngest.createFunction(
	{ id: "forget-links", name: "Take expired links out of mails", triggers: [{ cron: "*/10 * * * *" }] },
	({ runId, step }) =>
		step.run("forget", () => patiently(() => jobContext("forget-links", runId).db.transaction(forgetExpiredLinks))),
);

export const mailJobs = [sendWaitingMail, forgetLinks];
