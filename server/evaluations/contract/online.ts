import { z } from "zod";
import { OnlineScorers } from "./scorers";

export const AgentScoring = z.strictObject({ agentId: z.uuid() });
export type AgentScoring = z.infer<typeof AgentScoring>;
export const OnlineScoring = z.object({
	agentId: z.uuid(),
	percent: z.int().describe("Of 100 runs, how many are scored once they have ended; 0: none."),
	scorers: OnlineScorers,
	revision: z.int().describe("Counts up with each change; 0: it was never set."),
	days: z
		.array(
			z.object({
				day: z.string().describe("The day (UTC)."),
				scorer: z.string().describe("The scorer's key."),
				mean: z.number().describe("The mean of the day, 0 to 1."),
				count: z.int().describe("Of how many runs."),
			}),
		)
		.describe("What came of it, over the last 30 days."),
});
export type OnlineScoring = z.infer<typeof OnlineScoring>;
export const SetScoring = z.strictObject({
	agentId: z.uuid(),
	basedOn: z
		.int()
		.min(0)
		.max(1_000_000_000)
		.describe("Its `revision` that was read; 0: there was none. Changed since: refused (412)."),
	percent: z.int().min(0).max(100).describe("Of 100 runs, how many are scored; 0: none."),
	scorers: OnlineScorers,
});
export type SetScoring = z.infer<typeof SetScoring>;
