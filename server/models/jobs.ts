import { database } from "@/server/core/database";
import { inngest } from "@/server/jobs/client";
import { patiently } from "@/server/jobs/patience";
import { modelsToProbe, probeModel } from "./service";

/** Models that nobody asks are tried once in a while, so that it is known before they are needed whether they answer. */
const probeModels = inngest.createFunction(
	{
		id: "probe-models",
		name: "Try the models that nobody asked lately",
		concurrency: 1,
		triggers: [{ cron: "*/15 * * * *" }],
	},
	async ({ step }) => {
		const keys = await step.run("find them", () => patiently(() => modelsToProbe(database())));
		for (const [at, key] of keys.entries())
			await step.run(`try model ${at + 1}`, () => patiently(() => probeModel(database(), key)));
		return { tried: keys.length };
	},
);

export const modelJobs = [probeModels];
