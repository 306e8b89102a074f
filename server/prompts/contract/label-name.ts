import { z } from "zod";
import { labelName } from "./template";

export const LabelName = z
	.string()
	.regex(labelName, "A label has small letters, digits and -, and begins with a letter.")
	.describe("The label, such as `production`.");
export const VersionNo = z.int().min(1).max(1_000_000_000);
export const Label = z.object({ name: LabelName, version: z.int().describe("The version that it points to.") });
export type Label = z.infer<typeof Label>;
