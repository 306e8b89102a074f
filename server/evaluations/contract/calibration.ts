import { z } from "zod";
import { Calibration } from "@/server/agents/contract";

/** Ratings of people, in place of a scorer's key. */
export const byPeople = "people";
export const CalibrateBy = z.strictObject({
	variantId: z.uuid().describe("A variant of an experiment that has ended: whose answers it is found by."),
	by: z
		.string()
		.min(1)
		.max(100)
		.default(byPeople)
		.describe("Who says which answers are right: `people`, once rating has ended, or a scorer's key."),
});
export type CalibrateBy = z.infer<typeof CalibrateBy>;
export const FoundCalibration = z.object({
	agentId: z.uuid().describe("Whose confidence it is."),
	agentName: z.string(),
	answers: z.int().describe("How many of its answers were rated and say how sure they are."),
	right: z.int().describe("How many of them were found right."),
	calibration: Calibration.nullable().describe("What was found; null where there is none."),
	why: z.string().nullable().describe("Why there is none; null where there is one."),
});
export type FoundCalibration = z.infer<typeof FoundCalibration>;
