import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { approvalAsked } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { endOverdueApprovals, mailApprovers, type NoticeKind, noticeTimes, postApproval } from "./service";

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

const tellApprovers = inngest.createFunction(
	{
		id: "tell-approvers",
		name: "Tell who can approve, remind them, and tell those above",
		triggers: [approvalAsked],
		retries: 8,
	},
	async ({ event, runId, step }) => {
		const { approvalId } = event.data;
		const context = () => jobContext("tell-approvers", runId);
		const tell = async (kind: NoticeKind): Promise<number | null> => {
			const mails = await step.run(`mail: ${kind}`, () =>
				patiently(() => mailApprovers(context(), { approvalId, kind })),
			);
			// A webhook that stays away must not keep people from being reminded.
			await step
				.run(`webhook: ${kind}`, async () => {
					const problem = await patiently(() => postApproval(context(), { approvalId, kind }));
					if (problem !== null) throw new Error(problem);
				})
				.catch(() => null);
			return mails;
		};
		const times = await step.run("look", () => patiently(() => noticeTimes(context(), approvalId)));
		if (!times || (await tell("asked")) === null) return "decided";
		await step.sleep("half of its time", times.remind);
		if ((await tell("reminded")) === null) return "decided";
		await step.sleep("until a quarter is left", times.escalate);
		return (await tell("escalated")) === null ? "decided" : "told";
	},
);

export const approvalJobs = [endOverdue, tellApprovers];
