import { NonRetriableError } from "inngest";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { sourceRemoved, syncBegun } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { beginDue, bringFiles, endSync, failSync, findSyncOwner, listFiles, purgeSource, removeFiles } from "./service";

const ours =
	"Syncing failed on our side, several times. Sync again; if it fails again, tell an administrator the source's name.";

/** As whoever the source works for, with the rights of this moment. */
async function asOwner(runId: string, syncId: string): Promise<ServiceContext> {
	const { person, refusal } = await findSyncOwner(jobContext("sync-source", runId), syncId);
	const ctx = jobContext("sync-source", runId, person);
	if (!refusal) return ctx;
	await failSync(ctx, syncId, refusal);
	throw new NonRetriableError(refusal);
}

const syncSource = inngest.createFunction(
	{
		id: "sync-source",
		name: "Sync a source",
		triggers: [syncBegun],
		retries: 4,
		// What somebody waits for goes first.
		priority: { run: "-300" },
		concurrency: [{ limit: 2 }, { key: "event.data.sourceId", limit: 1 }],
		onFailure: async ({ event, runId, step }) => {
			const { syncId } = event.data.event.data;
			await step.run("say why", () => patiently(() => failSync(jobContext("sync-source", runId), syncId, ours)));
		},
	},
	async ({ event, runId, step }) => {
		const { syncId } = event.data;
		const inStep = <T>(work: (ctx: ServiceContext, syncId: string) => Promise<T>) =>
			patiently(async () => work(await asOwner(runId, syncId), syncId));
		if (!(await step.run("look what is there", () => inStep(listFiles)))) return { syncId };
		for (let n = 1; await step.run(`bring what is new or changed, ${n}`, () => inStep(bringFiles)); n++);
		for (let n = 1; await step.run(`remove what is gone, ${n}`, () => inStep(removeFiles)); n++);
		await step.run("write down how it went", () => inStep(endSync));
		return { syncId };
	},
);

const beginSyncs = inngest.createFunction(
	{ id: "begin-syncs", name: "Begin the syncs that are due", concurrency: 1, triggers: [{ cron: "*/5 * * * *" }] },
	({ runId, step }) => step.run("begin", () => patiently(() => beginDue(jobContext("begin-syncs", runId)))),
);

const purgeRemovedSource = inngest.createFunction(
	{ id: "purge-source", name: "Remove the rows of a deleted source's documents", triggers: [sourceRemoved] },
	async ({ event, runId, step }) => {
		const { sourceId } = event.data;
		for (let from = 0, some = 1; some > 0; from += some)
			some = await step.run(`purge documents from ${from + 1}`, () =>
				patiently(() => purgeSource(jobContext("purge-source", runId), { sourceId, from })),
			);
	},
);

export const sourceJobs = [syncSource, beginSyncs, purgeRemovedSource];
