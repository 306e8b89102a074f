import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";

const Access = z.enum(accesses);

export const Prompt = z.object({
	id: z.uuid(),
	name: z.string(),
	latestVersion: z.int(),
	latestVersionId: z.uuid(),
	body: z.string(),
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
	message: z.string(),
	authorName: z.string(),
	createdAt: z.date(),
});
export type PromptVersion = z.infer<typeof PromptVersion>;
export const OnePrompt = z.strictObject({ promptId: z.uuid() });
export type OnePrompt = z.infer<typeof OnePrompt>;
export const PromptHistory = z.object({ prompt: Prompt, versions: z.array(PromptVersion) });
export type PromptHistory = z.infer<typeof PromptHistory>;

const Body = z.string().trim().min(1, "A prompt needs a text.").max(20_000);
const Message = z.string().trim().max(200).default("");
export const CreatePrompt = z.strictObject({
	name: z.string().trim().min(1, "A name is needed.").max(80),
	body: Body,
	message: Message,
	access: Access.default("private"),
});
export type CreatePrompt = z.infer<typeof CreatePrompt>;
/** `basedOn` is the version that was open in the editor: a newer one by somebody else is a conflict, not lost. */
export const SavePrompt = z.strictObject({ promptId: z.uuid(), basedOn: z.int().min(1), body: Body, message: Message });
export type SavePrompt = z.infer<typeof SavePrompt>;
