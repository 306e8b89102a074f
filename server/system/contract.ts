import { z } from "zod";

export const HealthPart = z.object({
	name: z.string(),
	state: z
		.enum(["well", "idle", "ill"])
		.describe("`idle`: does its work, but something that people may expect is not set up."),
	detail: z.string().describe("What is so, in a sentence."),
});
export type HealthPart = z.infer<typeof HealthPart>;
export const Health = z.object({ isReady: z.boolean(), parts: z.array(HealthPart), version: z.string(), at: z.date() });
export type Health = z.infer<typeof Health>;
