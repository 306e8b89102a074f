import { z } from "zod";
import { LabelName } from "./label-name";

const basedOn = z
	.int()
	.min(0)
	.max(1_000_000_000)
	.describe("The label's `revision` that was read. Changed since: refused (412).");
const facts = {
	datasetId: z.uuid().describe("The dataset that a version has to be tried on, as it is by then."),
	scorer: z.string().min(1).max(40).nullable().describe("The scorer that counts, by its key; null: the mean of all."),
	least: z.number().min(0).max(1).describe("The score that it has to reach, 0 to 1."),
	freshDays: z.int().min(1).max(365).describe("How old its experiment may be, in days."),
};

/** A version goes to the label only once an experiment has shown what it is worth. */
export const Gate = z.object({ ...facts, datasetName: z.string().describe("What the dataset is called.") });
export type Gate = z.infer<typeof Gate>;
export const SetGate = z.strictObject({
	promptId: z.uuid(),
	label: LabelName,
	basedOn,
	datasetId: facts.datasetId,
	scorer: facts.scorer.default(null),
	least: facts.least,
	freshDays: facts.freshDays.default(30),
});
export type SetGate = z.infer<typeof SetGate>;
export const RemoveGate = z.strictObject({ promptId: z.uuid(), label: LabelName, basedOn });
export type RemoveGate = z.infer<typeof RemoveGate>;
