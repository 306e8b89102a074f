import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";
import { Label, LabelName, VersionNo } from "./label-name";
import { PromptVariable, PromptVariables, VariableName, VariableValues } from "./variables";

export * from "./gates";
export * from "./labels";
export * from "./usage";
export { Label, LabelName, PromptVariable, PromptVariables, VariableName, VariableValues, VersionNo };

const Access = z.enum(accesses);

export const Prompt = z.object({
	id: z.uuid(),
	name: z.string(),
	latestVersion: z.int(),
	latestVersionId: z.uuid(),
	body: z.string(),
	variables: z.array(PromptVariable).describe("What its text leaves open."),
	labels: z.array(Label).describe("Which names point to which of its versions."),
	access: Access,
	ownerName: z.string(),
	mayManage: z.boolean(),
	updatedAt: z.date(),
});
export type Prompt = z.infer<typeof Prompt>;
export const ListPrompts = listOf(Prompt, {
	filter: { name: asks.text(80), updatedAt: asks.time() },
	sort: ["updatedAt", "name"],
});
export type ListPrompts = z.infer<typeof ListPrompts>;
export const PromptPage = pageOf(Prompt);

export const PromptVersion = z.object({
	id: z.uuid(),
	version: z.int(),
	body: z.string(),
	variables: z.array(PromptVariable).describe("What its text leaves open."),
	message: z.string(),
	authorName: z.string(),
	createdAt: z.date(),
});
export type PromptVersion = z.infer<typeof PromptVersion>;
export const OnePrompt = z.strictObject({ promptId: z.uuid() });
export type OnePrompt = z.infer<typeof OnePrompt>;
export const PromptHistory = z.object({ prompt: Prompt, versions: z.array(PromptVersion) });
export type PromptHistory = z.infer<typeof PromptHistory>;

export const longestBody = 20_000;
const Body = z
	.string()
	.trim()
	.min(1, "A prompt needs a text.")
	.max(longestBody)
	.describe("Its text: `{{name}}` is a variable, `{{> Prompt@label}}` another prompt, `\\{{` the braces themselves.");
const Message = z.string().trim().max(200).default("");
export const CreatePrompt = z.strictObject({
	name: z.string().trim().min(1, "A name is needed.").max(80),
	body: Body,
	variables: PromptVariables.optional(),
	message: Message,
	access: Access.default("private"),
});
export type CreatePrompt = z.infer<typeof CreatePrompt>;
/** `basedOn` is the version that was open in the editor: a newer one by somebody else is a conflict, not lost. */
export const SavePrompt = z.strictObject({
	promptId: z.uuid(),
	basedOn: z.int().min(1),
	body: Body,
	variables: PromptVariables.optional().describe("What its text leaves open. Left out: as in the version before."),
	message: Message,
});
export type SavePrompt = z.infer<typeof SavePrompt>;

/** A prompt as others use it: what its label `production` points to. */
export const PublishedPrompt = z.object({
	id: z.uuid(),
	name: z.string(),
	version: z.int().describe("The version that `production` points to."),
	variables: z.array(PromptVariable).describe("What its text and its parts leave open."),
	updatedAt: z.date(),
});
export type PublishedPrompt = z.infer<typeof PublishedPrompt>;
export const ListPublished = listOf(PublishedPrompt, { filter: { name: asks.text(80) }, sort: ["name"] });
export type ListPublished = z.infer<typeof ListPublished>;
export const PublishedPage = pageOf(PublishedPrompt);

export const RenderPrompt = z.strictObject({
	promptId: z.uuid(),
	version: VersionNo.optional().describe("Left out: the one that the label points to."),
	label: LabelName.optional().describe("Left out, with no version: `production`."),
	values: VariableValues.default({}),
});
export type RenderPrompt = z.infer<typeof RenderPrompt>;
export const RenderedPrompt = z.object({
	text: z.string().describe("The whole text: its variables filled, its parts set in."),
	version: z.int().describe("The version that it was made from."),
	parts: z
		.array(z.object({ name: z.string().describe("The prompt's name."), version: z.int().describe("Its version.") }))
		.describe("The prompts within it."),
});
export type RenderedPrompt = z.infer<typeof RenderedPrompt>;
