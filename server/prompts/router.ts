import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { CreatePrompt, ListPrompts, OnePrompt, PromptHistory, PromptPage, SavePrompt } from "./contract";
import { createPrompt, getPrompt, listPrompts, savePrompt } from "./service";

export const promptsRouter = router({
	list: procedure("prompts:read", { risk: "read" })
		.input(ListPrompts)
		.output(PromptPage)
		.query(({ ctx, input }) => listPrompts(ctx, input)),

	get: procedure("prompts:read", { risk: "read" })
		.input(OnePrompt)
		.output(PromptHistory)
		.query(({ ctx, input }) => getPrompt(ctx, input)),

	create: procedure("prompts:write", { risk: "write" })
		.input(CreatePrompt)
		.output(PromptHistory)
		.mutation(({ ctx, input }) => createPrompt(ctx, input)),

	save: procedure("prompts:write", {
		risk: "write",
		tool: "Save a new version of a prompt. Earlier versions are kept.",
	})
		.input(SavePrompt)
		.output(PromptHistory)
		.mutation(({ ctx, input }) => savePrompt(ctx, input)),
});
