import { NonRetriableError } from "inngest";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { jobContext } from "@/server/jobs/context";
import { exportRequested } from "@/server/jobs/events";
import { patiently } from "@/server/jobs/patience";
import { beginExport, expireExports, failExport, findExporter, finishExport, verifyExport, writePart } from "./service";

const job = "export-audit";
const lostRight = "Whoever asked for it may not export the audit any more.";

/** Rights are asked at each step: whoever lost them in between gets no file. */
async function asExporter(runId: string, asked: { exportId: string; userId: string }): Promise<ServiceContext> {
	const person = await findExporter(jobContext(job, runId), asked.userId);
	if (person) return jobContext(job, runId, person);
	await failExport(jobContext(job, runId), asked.exportId, lostRight);
	throw new NonRetriableError(lostRight);
}

const exportAudit = inngest.createFunction(
	{
		id: job,
		name: "Export the audit",
		triggers: [exportRequested],
		retries: 4,
		concurrency: { key: "event.data.userId", limit: 1 },
		onFailure: async ({ event, runId, step }) => {
			const { exportId } = event.data.event.data;
			await step.run("say why", () =>
				patiently(() =>
					failExport(
						jobContext(job, runId),
						exportId,
						"Writing the file failed on our side, several times. Try again.",
					),
				),
			);
		},
	},
	async ({ event, runId, step }) => {
		const asked = event.data;
		const work = <T>(name: string, act: (ctx: ServiceContext) => Promise<T>) =>
			step.run(name, () => patiently(async () => act(await asExporter(runId, asked))));
		const gone = { exportId: asked.exportId, isGone: true };
		if (!(await work("begin", (ctx) => beginExport(ctx, asked.exportId)))) return gone;
		for (let no = 1; ; no++) {
			const result = await work(`write part ${no}`, (ctx) => writePart(ctx, asked.exportId));
			if (result === "gone") return gone;
			if (result === "done") break;
		}
		for (let no = 1; ; no++) {
			const result = await work(`verify the chain, ${no}`, (ctx) => verifyExport(ctx, asked.exportId));
			if (result === "gone") return gone;
			if (result === "done") break;
		}
		const isDone = await work("finish", (ctx) => finishExport(ctx, asked.exportId));
		return isDone ? { exportId: asked.exportId } : gone;
	},
);

const expire = inngest.createFunction(
	{ id: "expire-audit-exports", name: "Remove exports past their time", triggers: [{ cron: "41 * * * *" }] },
	({ runId, step }) =>
		step.run("expire", () => patiently(() => expireExports(jobContext("expire-audit-exports", runId)))),
);

export const exportJobs = [exportAudit, expire];
