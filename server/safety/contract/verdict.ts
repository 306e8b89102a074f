import { z } from "zod";
import { Place } from "./settings";

export const actions = ["shadowed", "warned", "redacted", "blocked"] as const;
export const Action = z.enum(actions).describe("What came of it.");
export type Action = z.infer<typeof Action>;
const Found = z.record(z.string(), z.int()).describe("How many of each kind.");

/** What stands with an answer. */
export const RunVerdict = z.object({
	policy: z.string().describe("The policy's name."),
	place: Place,
	action: Action,
	found: Found,
	hasFailed: z.boolean().describe("The filter itself failed, which is taken for a find where it blocks or redacts."),
});
export type RunVerdict = z.infer<typeof RunVerdict>;
