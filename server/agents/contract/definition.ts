import { z } from "zod";

const cap = (schema: z.ZodNumber, what: string) => schema.optional().describe(what);
export const AgentCaps = z
	.strictObject({
		steps: cap(z.int().min(4).max(1_000), "Steps of its graph; an answer without tools takes four."),
		tokens: cap(z.int().min(100).max(100_000_000), "Tokens of all its answers together."),
		cost: cap(z.number().min(0).max(1_000_000), "Money, in the currency of the installation's prices."),
		minutes: cap(z.int().min(1).max(1_440), "Minutes; time in which it waits for a person is not counted."),
	})
	.describe("Most that one of its runs may take, where that is less than what the installation allows.");
/** A plan, one researcher, a report and its review. */
export const leastResearchSteps = 12;
/** What the installation allows each run at most. */
export const RunCaps = z.object({
	steps: z.int().describe("Steps of a graph."),
	tokens: z.int().describe("Tokens of all answers together."),
	cost: z.number().describe("Money, in the currency of the installation's prices."),
	minutes: z.int().describe("Minutes; time in which a run waits for a person is not counted."),
});
export type RunCaps = z.infer<typeof RunCaps>;

export const graphNames = ["assistant", "research"] as const;
export const GraphName = z
	.enum(graphNames)
	.describe(
		"How it works: `assistant` answers at once; `research` makes a plan, looks into its parts at the same time and writes a report.",
	);
export type GraphName = z.infer<typeof GraphName>;
export const AskCaps = z.strictObject({ graph: GraphName.default("assistant") });
export type AskCaps = z.infer<typeof AskCaps>;

/** A procedure that there is not, or that its caller may not use, is never offered to a model. */
const ToolPath = z.string().min(3).max(100);
/** What an agent is made of, as it is written. */
export const definitionFields = {
	graph: GraphName,
	promptVersionId: z.uuid().nullable(),
	model: z.string().min(1).max(200).nullable().describe("One of the installation's models; null: its first."),
	collectionIds: z.array(z.uuid()).max(100).nullable(),
	tools: z
		.array(ToolPath)
		.max(50)
		.describe(
			"The procedures that it may call, such as knowledge.deleteDocument, and tools of connected MCP servers by their names here, such as harbour__berths.",
		),
	approvalTools: z.array(ToolPath).max(50).describe("Those of them that wait for approval each time."),
	caps: AgentCaps,
};

/** The same, as it is read. */
export const readDefinition = {
	graph: GraphName,
	promptVersionId: z.uuid().nullable(),
	promptName: z.string().nullable().describe("Null where the caller may not read the prompt."),
	promptVersion: z.int().nullable().describe("Which version of the prompt; null: the built-in one."),
	model: z.string().nullable().describe("The model that it asks; null: the installation's first."),
	collectionIds: z.array(z.uuid()).nullable().describe("Null: every collection that the asking person may read."),
	tools: z
		.array(z.string())
		.describe(
			"The procedures that it may call for whoever asks it, with their rights, and tools of connected MCP servers by their names here.",
		),
	approvalTools: z
		.array(z.string())
		.describe("Those of them that wait for approval each time; dangerous ones always do."),
	caps: AgentCaps,
};
/** What can be changed of it, under the names that people see. */
export const definitionNames = ["graph", "prompt", "model", "collections", "tools", "approvalTools", "caps"] as const;
