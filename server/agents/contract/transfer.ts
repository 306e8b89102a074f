import { z } from "zod";
import { LabelName } from "@/server/prompts/contract";
import { definitionFields } from "./definition";

const Name = z.string().min(1).max(200);

/** What asks the agent by itself, as it leaves with it: without ids, owners and secrets. */
export const AgentTrigger = z.strictObject({
	kind: z.enum(["schedule", "webhook"]).describe("Whether its time starts it, or a call from outside."),
	name: z.string().trim().min(1).max(80),
	question: z.string().trim().min(1).max(8_000).describe("What the agent is asked."),
	cron: z.string().trim().max(100).nullable().describe("When, for a schedule: `0 7 * * 1-5`."),
	timeZone: z.string().trim().max(60).nullable().describe("Where that time holds, such as `Europe/Berlin`."),
});
export type AgentTrigger = z.infer<typeof AgentTrigger>;

/** An agent as a document, for another installation: names instead of ids, and no secrets. */
export const AgentDocument = z.strictObject({
	schema: z.literal("quarterdeck.agent/1").describe("What kind of document it is, and which edition."),
	name: z.string().trim().min(1).max(60),
	description: z.string().trim().max(500),
	graph: definitionFields.graph,
	extractSchema: definitionFields.extractSchema.default(null),
	answerSchema: definitionFields.answerSchema.default(null),
	prompt: z
		.strictObject({
			name: z.string().min(1).max(80),
			version: z.int().min(1).max(1_000_000_000).optional().describe("Its version; of a label left out."),
			label: LabelName.optional().describe("The label that it follows in place of a version."),
		})
		.nullable()
		.describe("The prompt that gives its instructions; null: the built-in one."),
	model: definitionFields.model,
	whenAway: definitionFields.whenAway.default("quote"),
	collections: z.array(Name).max(100).nullable().describe("By their names; null: all that the asking person may read."),
	tools: definitionFields.tools,
	approvalTools: definitionFields.approvalTools,
	caps: definitionFields.caps,
	window: definitionFields.window.default({}),
	promptValues: definitionFields.promptValues.default({}),
	answering: definitionFields.answering.default({}),
	needsReview: z.boolean().describe("Whether its changes are reviewed by somebody else."),
	triggers: z
		.array(AgentTrigger)
		.max(50)
		.default([])
		.describe(
			"Schedules and webhooks of whoever exported it. Whoever imports it owns them then; they are paused, and a webhook needs a new secret.",
		),
});
export type AgentDocument = z.infer<typeof AgentDocument>;

export const ExportAgent = z.strictObject({
	agentId: z.uuid(),
	version: z.int().min(1).max(1_000_000_000).optional().describe("Left out: the one that answers, else the draft."),
});
export type ExportAgent = z.infer<typeof ExportAgent>;

export const ImportAgent = z.strictObject({
	document: AgentDocument.describe("What an export gave."),
	agentId: z
		.uuid()
		.optional()
		.describe("Becomes the draft of this agent. Left out: of a new one, which only its maker sees."),
	name: z.string().trim().min(1).max(60).optional().describe("Another name for the new agent than the document's."),
	leaveOut: z
		.boolean()
		.default(false)
		.describe("True: what there is not here is left out. False: the import is refused, and says what that is."),
});
export type ImportAgent = z.infer<typeof ImportAgent>;
export const ImportedAgent = z.object({
	agentId: z.uuid(),
	leftOut: z.array(z.string()).describe("What the document names and there is not here, each with why."),
	triggers: z
		.int()
		.describe("How many schedules and webhooks came with it: they start nothing until they are resumed."),
});
export type ImportedAgent = z.infer<typeof ImportedAgent>;
