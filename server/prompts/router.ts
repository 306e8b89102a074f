import type { ServiceContext } from "@/server/core/context";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AskUsage,
	CreatePrompt,
	EndSplit,
	LabelMovePage,
	ListLabelMoves,
	ListPrompts,
	ListPublished,
	MoveLabel,
	OneLabel,
	OnePrompt,
	PromptHistory,
	PromptLabel,
	PromptLabels,
	PromptPage,
	PromptUsage,
	ProtectLabel,
	PublishedPage,
	RemoveGate,
	RemoveLabel,
	RenderedPrompt,
	RenderPrompt,
	ReviewMove,
	SavePrompt,
	SetGate,
	SplitLabel,
} from "./contract";
import {
	createPrompt,
	endSplit,
	getLabel,
	getLabels,
	getPrompt,
	getUsage,
	listMoves,
	listPrompts,
	listPublished,
	moveLabel,
	protectLabel,
	removeGate,
	removeLabel,
	renderPrompt,
	reviewMove,
	savePrompt,
	setGate,
	splitLabel,
	versionOfLabel,
	versionOfPrompt,
} from "./service";

/** What is done to a label answers with all labels of its prompt, as they are then. */
const thenLabels =
	<Input extends { promptId: string }>(work: (ctx: ServiceContext, input: Input) => Promise<void>) =>
	async ({ ctx, input }: { ctx: ServiceContext; input: Input }): Promise<PromptLabels> => {
		await work(ctx, input);
		return getLabels(ctx, { promptId: input.promptId });
	};

export const promptsRouter = router({
	list: procedure("prompts:read", {
		rest: "GET /prompts",
		summary: "List the prompts with their newest version.",
		risk: "read",
	})
		.input(ListPrompts)
		.output(PromptPage)
		.query(({ ctx, input }) => listPrompts(ctx, input)),

	listPublished: procedure("prompts:read", {
		rest: "GET /published-prompts",
		summary: "List the prompts that have the label `production`, and what they leave open.",
		risk: "read",
	})
		.input(ListPublished)
		.output(PublishedPage)
		.query(({ ctx, input }) => listPublished(ctx, input)),

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

	render: procedure("prompts:read", {
		rest: "POST /prompts/{promptId}/render",
		summary: "Put a prompt together: its variables filled, its parts set in.",
		risk: "write",
		// Nothing is changed but the audit, which has who read it; what it answers is kept nowhere.
		isSecret: true,
	})
		.input(RenderPrompt)
		.output(RenderedPrompt)
		.mutation(({ ctx, input }) => renderPrompt(ctx, input)),

	getLabels: procedure("prompts:read", {
		rest: "GET /prompts/{promptId}/labels",
		summary: "Get the labels of a prompt, with what is split or proposed.",
		risk: "read",
	})
		.input(OnePrompt)
		.output(PromptLabels)
		.query(({ ctx, input }) => getLabels(ctx, input)),

	getLabel: procedure("prompts:read", {
		revision: "revision",
		rest: "GET /prompts/{promptId}/labels/{label}",
		summary: "Get a label of a prompt.",
		risk: "read",
	})
		.input(OneLabel)
		.output(PromptLabel)
		.query(
			({ ctx, input }) => getLabel(ctx, input),
			({ ctx, input }) => versionOfLabel(ctx, input),
		),

	moveLabel: procedure("prompts:write", {
		revision: "basedOn",
		rest: "PUT /prompts/{promptId}/labels/{label}",
		summary: "Point a label to a version, or propose it where the label is protected.",
		risk: "write",
	})
		.input(MoveLabel)
		.output(PromptLabels)
		.mutation(thenLabels(moveLabel)),

	setGate: procedure("prompts:write", {
		revision: "basedOn",
		rest: "PUT /prompts/{promptId}/labels/{label}/gate",
		summary: "Let a protected label move only to versions that reached a score on a dataset.",
		risk: "write",
	})
		.input(SetGate)
		.output(PromptLabels)
		.mutation(thenLabels(setGate)),

	removeGate: procedure("prompts:write", {
		revision: "basedOn",
		rest: "DELETE /prompts/{promptId}/labels/{label}/gate",
		summary: "Take back what a version has to reach before the label moves to it.",
		risk: "write",
	})
		.input(RemoveGate)
		.output(PromptLabels)
		.mutation(thenLabels(removeGate)),

	removeLabel: procedure("prompts:write", {
		revision: "basedOn",
		rest: "DELETE /prompts/{promptId}/labels/{label}",
		summary: "Remove a label that nothing follows; its history stays.",
		risk: "write",
	})
		.input(RemoveLabel)
		.output(PromptLabels)
		.mutation(thenLabels(removeLabel)),

	protectLabel: procedure("prompts:write", {
		revision: "basedOn",
		rest: "POST /prompts/{promptId}/labels/{label}/protection",
		summary: "Say whether a second person has to let the moves of a label through.",
		risk: "write",
	})
		.input(ProtectLabel)
		.output(PromptLabels)
		.mutation(thenLabels(protectLabel)),

	splitLabel: procedure("prompts:write", {
		revision: "basedOn",
		rest: "POST /prompts/{promptId}/labels/{label}/split",
		summary: "Give some people another version under the same label.",
		risk: "write",
	})
		.input(SplitLabel)
		.output(PromptLabels)
		.mutation(thenLabels(splitLabel)),

	endSplit: procedure("prompts:write", {
		revision: "basedOn",
		rest: "POST /prompts/{promptId}/labels/{label}/end-split",
		summary: "Give everybody again what the label points to.",
		risk: "write",
	})
		.input(EndSplit)
		.output(PromptLabels)
		.mutation(thenLabels(endSplit)),

	listMoves: procedure("prompts:read", {
		rest: "GET /prompts/{promptId}/label-moves",
		summary: "List who moved which label of a prompt when.",
		risk: "read",
	})
		.input(ListLabelMoves)
		.output(LabelMovePage)
		.query(({ ctx, input }) => listMoves(ctx, input)),

	reviewMove: procedure("prompts:write", {
		rest: "POST /prompts/{promptId}/label-moves/{moveId}/review",
		summary: "Let a proposed move of a label through, or send it back.",
		risk: "write",
	})
		.input(ReviewMove)
		.output(PromptLabels)
		.mutation(thenLabels(reviewMove)),

	usage: procedure("prompts:read", {
		rest: "GET /prompts/{promptId}/usage",
		summary: "Get which agents use a prompt, and what came of each version.",
		risk: "read",
	})
		.input(AskUsage)
		.output(PromptUsage)
		.query(({ ctx, input }) => getUsage(ctx, input)),
});
