import { z } from "zod";
import { Money } from "@/server/models/contract/hops";

export const AskUsage = z.strictObject({
	promptId: z.uuid(),
	days: z.int().min(1).max(365).default(30).describe("How many days back from now are counted."),
});
export type AskUsage = z.infer<typeof AskUsage>;

export const VersionUsage = z.object({
	version: z.int().describe("The version."),
	runs: z.int().describe("How many runs answered by it."),
	failed: z.int().describe("How many of them failed."),
	inputTokens: z.int().describe("Tokens that their models were told."),
	outputTokens: z.int().describe("Tokens that they answered."),
	costs: z.array(Money).describe("What that cost at the prices of that time, in each currency."),
	up: z.int().describe("How many people found an answer of use."),
	down: z.int().describe("How many did not."),
});
export type VersionUsage = z.infer<typeof VersionUsage>;
export const PromptUsage = z.object({
	versions: z.array(VersionUsage).describe("Each version that answered, the newest first."),
	agents: z
		.array(
			z.object({
				id: z.uuid(),
				name: z.string(),
				label: z.string().nullable().describe("The label that it follows; null: a fixed version."),
				version: z.int().nullable().describe("The version that it answers by now."),
			}),
		)
		.describe("The agents that use it, of those that the caller may see."),
	hiddenAgents: z.int().describe("How many more use it that the caller may not see."),
	prompts: z
		.array(z.object({ id: z.uuid(), name: z.string() }))
		.describe("Prompts whose newest version has it as a part, of those that the caller may read."),
});
export type PromptUsage = z.infer<typeof PromptUsage>;
