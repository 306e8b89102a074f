import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";
import { definitionFields, readDefinition } from "./definition";

export { Calibration, calibratedBy, leastAnswers, logOdds, shareOf } from "./calibration";
export {
	AgentAnswering,
	AskCaps,
	GraphName,
	graphNames,
	leastResearchSteps,
	PromptLabelRef,
	RunCaps,
	WhenAway,
} from "./definition";
export * from "./transfer";
export * from "./versions";
export * from "./window";

const Access = z.enum(accesses);

export const Agent = z.object({
	id: z.uuid(),
	name: z.string(),
	description: z.string(),
	...readDefinition,
	version: z
		.int()
		.nullable()
		.describe("The version that answers; null where nothing was published yet: then the rest is of the draft."),
	hasDraft: z.boolean().describe("Whether somebody works on the next version."),
	needsReview: z.boolean().describe("Whether somebody who did not write a version approves it before it is published."),
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

/** Which models an agent may be given. */
export const AgentModels = z.object({
	models: z.array(z.string()).describe("Routes first, then the models that the environment names."),
	routes: z.array(z.string()).describe("Those of them that are routes."),
	first: z
		.string()
		.nullable()
		.describe("What answers where an agent names none; null: the built-in one, which quotes documents."),
});
export type AgentModels = z.infer<typeof AgentModels>;

const fields = {
	name: z.string().trim().min(1, "A name is needed.").max(60),
	description: z.string().trim().max(500),
	...definitionFields,
};
export const CreateAgent = z.strictObject({
	name: fields.name,
	description: fields.description.default(""),
	graph: fields.graph.optional(),
	extractSchema: fields.extractSchema.optional(),
	answerSchema: fields.answerSchema.optional(),
	promptVersionId: fields.promptVersionId.default(null),
	promptLabel: fields.promptLabel.optional(),
	model: fields.model.optional(),
	whenAway: fields.whenAway.optional(),
	collectionIds: fields.collectionIds.default(null),
	tools: fields.tools.optional(),
	approvalTools: fields.approvalTools.optional(),
	caps: fields.caps.optional(),
	window: fields.window.optional(),
	promptValues: fields.promptValues.optional(),
	answering: fields.answering.optional(),
	access: Access.default("private"),
});
export type CreateAgent = z.infer<typeof CreateAgent>;
/** What belongs to its definition is published at once, as a new version. */
export const UpdateAgent = z.strictObject({
	agentId: z.uuid(),
	name: fields.name.optional(),
	description: fields.description.optional(),
	graph: fields.graph.optional(),
	extractSchema: fields.extractSchema.optional(),
	answerSchema: fields.answerSchema.optional(),
	promptVersionId: fields.promptVersionId.optional(),
	promptLabel: fields.promptLabel.optional(),
	model: fields.model.optional(),
	whenAway: fields.whenAway.optional(),
	collectionIds: fields.collectionIds.optional(),
	tools: fields.tools.optional(),
	approvalTools: fields.approvalTools.optional(),
	caps: fields.caps.optional(),
	window: fields.window.optional(),
	promptValues: fields.promptValues.optional(),
	answering: fields.answering.optional(),
	access: Access.optional(),
	needsReview: z
		.boolean()
		.optional()
		.describe(
			"True: who did not write a version has to approve it first. Only who holds approvals:manage takes it back.",
		),
	basedOn: z
		.int()
		.min(1)
		.optional()
		.describe(
			"The `revision` that was read: where somebody changed it since, the change is refused (412). Left out: whatever is there is overwritten.",
		),
});
export type UpdateAgent = z.infer<typeof UpdateAgent>;

/** Agents that come ready made. */
export const AgentTemplate = z.enum(["operator", "invoices"]);
export type AgentTemplate = z.infer<typeof AgentTemplate>;
export const CreateFromTemplate = z.strictObject({
	template: AgentTemplate.describe(
		"Which one: `operator` works Quarterdeck itself, with the rights of whoever asks it; `invoices` extracts the fields of invoices.",
	),
	name: fields.name.optional().describe("Another name than its own."),
	access: Access.default("private"),
});
export type CreateFromTemplate = z.infer<typeof CreateFromTemplate>;
