import { z } from "zod";
import { definitionFields } from "./definition";

const Name = z.string().min(1).max(200);

/** An agent as a document, for another installation: names instead of ids, and no secrets. */
export const AgentDocument = z.strictObject({
	schema: z.literal("quarterdeck.agent/1").describe("What kind of document it is, and which edition."),
	name: z.string().trim().min(1).max(60),
	description: z.string().trim().max(500),
	graph: definitionFields.graph,
	prompt: z
		.strictObject({ name: z.string().min(1).max(80), version: z.int().min(1) })
		.nullable()
		.describe("The prompt that gives its instructions; null: the built-in one."),
	model: definitionFields.model,
	collections: z.array(Name).max(100).nullable().describe("By their names; null: all that the asking person may read."),
	tools: definitionFields.tools,
	approvalTools: definitionFields.approvalTools,
	caps: definitionFields.caps,
	needsReview: z.boolean().describe("Whether its changes are reviewed by somebody else."),
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
});
export type ImportedAgent = z.infer<typeof ImportedAgent>;
