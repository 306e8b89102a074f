import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";

const Access = z.enum(accesses);

export const graphNames = ["assistant", "research"] as const;
export const GraphName = z.enum(graphNames);
export type GraphName = z.infer<typeof GraphName>;
const saysOfGraph =
	"How it works: `assistant` answers at once; `research` makes a plan, looks into its parts at the same time and writes a report. It stays what it was made as.";

const cap = (schema: z.ZodNumber, what: string) => schema.optional().describe(what);
const AgentCaps = z
	.strictObject({
		steps: cap(z.int().min(4).max(1_000), "Steps of its graph; an answer without tools takes four."),
		tokens: cap(z.int().min(100).max(100_000_000), "Tokens of all its answers together."),
		cost: cap(z.number().min(0).max(1_000_000), "Money, in the currency of the installation's prices."),
		minutes: cap(z.int().min(1).max(1_440), "Minutes; time in which it waits for a person is not counted."),
	})
	.describe("Most that one of its runs may take, where that is less than what the installation allows.");
/** A plan, one researcher, a report and its review. */
export const leastResearchSteps = 12;
export const AskCaps = z.strictObject({
	graph: GraphName.default("assistant").describe("What carries the run out: research works longer."),
});
export type AskCaps = z.infer<typeof AskCaps>;
/** What the installation allows each run at most. */
export const RunCaps = z.object({
	steps: z.int().describe("Steps of a graph."),
	tokens: z.int().describe("Tokens of all answers together."),
	cost: z.number().describe("Money, in the currency of the installation's prices."),
	minutes: z.int().describe("Minutes; time in which a run waits for a person is not counted."),
});
export type RunCaps = z.infer<typeof RunCaps>;

export const Agent = z.object({
	id: z.uuid(),
	name: z.string(),
	description: z.string(),
	graph: GraphName.describe(saysOfGraph),
	promptVersionId: z.uuid().nullable(),
	promptName: z.string().nullable().describe("Null where the caller may not read the prompt."),
	promptVersion: z.int().nullable(),
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
	isDefault: z.boolean(),
	access: Access,
	ownerName: z.string().nullable().describe("Null for those that came with the installation."),
	mayManage: z.boolean(),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Agent = z.infer<typeof Agent>;
export const ListAgents = listOf(Agent, {
	filter: { name: asks.text(60), isDefault: asks.flag(), createdAt: asks.time() },
	sort: ["createdAt", "name"],
});
export type ListAgents = z.infer<typeof ListAgents>;
export const AgentPage = pageOf(Agent);
export const OneAgent = z.strictObject({ agentId: z.uuid() });
export type OneAgent = z.infer<typeof OneAgent>;

/** A procedure that there is not, or that its caller may not use, is never offered to a model. */
const ToolPath = z.string().min(3).max(100);
const fields = {
	name: z.string().trim().min(1, "A name is needed.").max(60),
	description: z.string().trim().max(500),
	promptVersionId: z.uuid().nullable(),
	collectionIds: z.array(z.uuid()).max(100).nullable(),
	tools: z
		.array(ToolPath)
		.max(50)
		.describe(
			"The procedures that it may call, such as knowledge.deleteDocument, and tools of connected MCP servers by their names here, such as harbour__berths.",
		),
	approvalTools: z.array(ToolPath).max(50).describe("Those of them that wait for approval each time."),
};
export const CreateAgent = z.strictObject({
	name: fields.name,
	graph: GraphName.optional().describe(`${saysOfGraph} Left out: \`assistant\`.`),
	description: fields.description.default(""),
	promptVersionId: fields.promptVersionId.default(null),
	collectionIds: fields.collectionIds.default(null),
	tools: fields.tools.optional(),
	approvalTools: fields.approvalTools.optional(),
	caps: AgentCaps.optional(),
	access: Access.default("private"),
});
export type CreateAgent = z.infer<typeof CreateAgent>;
export const UpdateAgent = z.strictObject({
	agentId: z.uuid(),
	name: fields.name.optional(),
	description: fields.description.optional(),
	promptVersionId: fields.promptVersionId.optional(),
	collectionIds: fields.collectionIds.optional(),
	tools: fields.tools.optional(),
	approvalTools: fields.approvalTools.optional(),
	caps: AgentCaps.optional(),
	access: Access.optional(),
	basedOn: z
		.int()
		.min(1)
		.optional()
		.describe(
			"The `revision` that was read: where somebody changed it since, the change is refused (412). Left out: whatever is there is overwritten.",
		),
});
export type UpdateAgent = z.infer<typeof UpdateAgent>;
