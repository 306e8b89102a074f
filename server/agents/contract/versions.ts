import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { definitionFields, definitionNames, readDefinition } from "./definition";

/** What an agent is made of: a published version, which never changes, or the draft of the next. */
export const AgentVersion = z.object({
	id: z.uuid(),
	version: z.int().nullable().describe("Null: the draft."),
	isCurrent: z.boolean().describe("Whether it is the one that answers."),
	...readDefinition,
	message: z.string().describe("What is new in it, in its author's words."),
	authorNames: z
		.array(z.string())
		.describe("Who wrote on it, the last one last. Empty: it came with the installation."),
	basedOn: z.int().nullable().describe("The version that it was begun from."),
	revision: z.int().describe("Counts up with each change of the draft."),
	reviewAskedAt: z.date().nullable().describe("Since when it waits for somebody to review it."),
	reviewedByName: z.string().nullable().describe("Who approved it or sent it back."),
	reviewedAt: z.date().nullable().describe("When that was."),
	isApproved: z.boolean().describe("Whether somebody who did not write it approved it as it is."),
	reviewNote: z.string().describe("What they said to it."),
	mayReview: z.boolean().describe("Whether the caller may approve it: not who wrote on it."),
	publishedByName: z.string().nullable().describe("Who published it; null where the installation did, or nobody yet."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type AgentVersion = z.infer<typeof AgentVersion>;
export const ListAgentVersions = listOf(AgentVersion, {
	filter: { version: asks.exactly(z.int().min(1)) },
	sort: ["version"],
}).extend({ agentId: z.uuid() });
export type ListAgentVersions = z.infer<typeof ListAgentVersions>;
export const AgentVersionPage = pageOf(AgentVersion);

const VersionNo = z.int().min(1).max(1_000_000_000);
export const OneAgentVersion = z.strictObject({ agentId: z.uuid(), version: VersionNo });
export type OneAgentVersion = z.infer<typeof OneAgentVersion>;

export const CompareVersions = z.strictObject({
	agentId: z.uuid(),
	from: VersionNo,
	to: VersionNo.optional().describe("Left out: the draft."),
});
export type CompareVersions = z.infer<typeof CompareVersions>;
export const VersionChanges = z.object({
	changes: z
		.array(
			z.object({
				field: z.enum(definitionNames).describe("Which part of it."),
				before: z.array(z.string()).describe("What only the first has, by the names that people know it by."),
				after: z.array(z.string()).describe("What only the second has."),
			}),
		)
		.describe("What differs; empty: nothing does."),
});
export type VersionChanges = z.infer<typeof VersionChanges>;

const revision = VersionNo.describe(
	"The draft's `revision` that was read: where it was changed since, it is refused (412).",
);
const Message = z.string().trim().max(200);
/** What is left out stays as it is in the draft, or in the version that it is begun from. */
export const SaveDraft = z.strictObject({
	agentId: z.uuid(),
	graph: definitionFields.graph.optional(),
	extractSchema: definitionFields.extractSchema.optional(),
	answerSchema: definitionFields.answerSchema.optional(),
	promptVersionId: definitionFields.promptVersionId.optional(),
	promptLabel: definitionFields.promptLabel.optional(),
	model: definitionFields.model.optional(),
	whenAway: definitionFields.whenAway.optional(),
	collectionIds: definitionFields.collectionIds.optional(),
	tools: definitionFields.tools.optional(),
	approvalTools: definitionFields.approvalTools.optional(),
	caps: definitionFields.caps.optional(),
	window: definitionFields.window.optional(),
	promptValues: definitionFields.promptValues.optional(),
	answering: definitionFields.answering.optional(),
	message: Message.optional().describe("What is new in it."),
	basedOn: z
		.int()
		.min(0)
		.max(1_000_000_000)
		.optional()
		.describe("The draft's `revision` that was read; 0: there was none. Left out: whatever is there is overwritten."),
});
export type SaveDraft = z.infer<typeof SaveDraft>;

export const AskReview = z.strictObject({ agentId: z.uuid(), basedOn: revision.optional() });
export type AskReview = z.infer<typeof AskReview>;
export const ReviewDraft = z.strictObject({
	agentId: z.uuid(),
	basedOn: revision,
	decision: z.enum(["approve", "return"]).describe("Whether it may be published, or goes back to its authors."),
	note: z.string().trim().max(500).default("").describe("Why, for its authors."),
});
export type ReviewDraft = z.infer<typeof ReviewDraft>;
export const PublishDraft = z.strictObject({
	agentId: z.uuid(),
	basedOn: revision.optional(),
	over: VersionNo.optional().describe(
		"The published version that the draft was compared with. Left out: the one that it was begun from.",
	),
	message: Message.optional().describe("What is new in it."),
});
export type PublishDraft = z.infer<typeof PublishDraft>;
export const RestoreVersion = z.strictObject({
	agentId: z.uuid(),
	version: VersionNo,
	as: z.enum(["draft", "published"]).describe("Whether it becomes the draft, or answers again at once."),
	over: VersionNo.optional().describe(
		"The version that answered when this was asked for; another by now: refused (412).",
	),
});
export type RestoreVersion = z.infer<typeof RestoreVersion>;
