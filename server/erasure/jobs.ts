import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { userErased } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { emptyEntries, noteErased, removeConversations, removePrivateThings, removeTraces } from "./service";

/** So many batches a step, so that none takes long. */
const batches = 50;

async function upToEnd(work: () => Promise<number>): Promise<{ count: number; isOver: boolean }> {
	let count = 0;
	for (let n = 0; n < batches; n++) {
		const done = await patiently(work);
		if (done === 0) return { count, isOver: true };
		count += done;
	}
	return { count, isOver: false };
}

const eraseUserData = inngest.createFunction(
	{ id: "erase-user", name: "Erase a person's data", triggers: [userErased], retries: 10 },
	async ({ event, runId, step }) => {
		const { userId } = event.data;
		const ctx = () => jobContext("erase-user", runId);
		const all = async (name: string, work: () => Promise<number>) => {
			for (let total = 0, n = 1; ; n++) {
				const { count, isOver } = await step.run(`${name} ${n}`, () => upToEnd(work));
				total += count;
				if (isOver) return total;
			}
		};
		const conversations = await all("remove conversations", () => removeConversations(ctx(), userId));
		await step.run("remove what was theirs alone", () => patiently(() => removePrivateThings(ctx(), userId)));
		const traces = await all("remove traces", () => removeTraces(ctx(), userId));
		const entries = await all("empty the audit", () => emptyEntries(ctx(), userId));
		await step.run("write it down", () =>
			patiently(() => noteErased(ctx(), userId, { conversations, traces, entries })),
		);
		return { conversations, traces, entries };
	},
);

export const erasureJobs = [eraseUserData];
