import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { CreatePrompt, ListPrompts, OnePrompt, PromptHistory, PromptPage, SavePrompt } from "./contract";
import { createPrompt, getPrompt, listPrompts, savePrompt, versionOfPrompt } from "./service";

export const promptsRouter = router({
	list: procedure("prompts:read", {
		rest: "GET /prompts",
		summary: "List the prompts with their newest version.",
		risk: "read",
	})
		.input(ListPrompts)
		.output(PromptPage)
		.query(({ ctx, input }) => listPrompts(ctx, input)),

	get: procedure("prompts:read", {
		revision: "prompt.latestVersion",
		rest: "GET /prompts/{promptId}",
		summary: "Get a prompt with all its versions.",
		risk: "read",
	})
		.input(OnePrompt)
		.output(PromptHistory)
		.query(
			({ ctx, input }) => getPrompt(ctx, input),
			({ ctx, input }) => versionOfPrompt(ctx, input),
		),

	create: procedure("prompts:write", {
		rest: "POST /prompts",
		summary: "Make a prompt.",
		created: "/prompts/{prompt.id}",
		risk: "write",
	})
		.input(CreatePrompt)
		.output(PromptHistory)
		.mutation(({ ctx, input }) => createPrompt(ctx, input)),

	save: procedure("prompts:write", {
		revision: "basedOn",
		rest: "POST /prompts/{promptId}/versions",
		summary: "Save a new version of a prompt.",
		created: "/prompts/{prompt.id}",
		risk: "write",
		tool: "Save a new version of a prompt. Earlier versions are kept.",
	})
		.input(SavePrompt)
		.output(PromptHistory)
		.mutation(({ ctx, input }) => savePrompt(ctx, input)),
});
