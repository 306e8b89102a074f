import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { prompts, promptVersions } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { CreatePrompt } from "@/server/prompts/contract";
import { createPrompt } from "@/server/prompts/service";
import type { Agent, CreateFromTemplate } from "../contract";
import { type Template, templates } from "../templates";
import { createAgent } from "./agents";
import { mayReadPrompt } from "./definition";

/** Makes an agent that comes ready made, with its prompt where there is none of that text yet: both, or neither. */
export async function createFromTemplate(
	ctx: ServiceContext,
	{ template, name, access }: CreateFromTemplate,
): Promise<Agent> {
	const of: Template = templates[template];
	return ctx.db.transaction(async (tx) => {
		const within: ServiceContext = { ...ctx, db: ctx.db.within(tx) };
		const { description, graph, extractSchema, tools, prompt } = of;
		const called = { name: name ?? of.name, access };
		const promptVersionId = prompt && (await promptOf(within, tx, { ...called, body: prompt.body }));
		const fields = { ...called, description, graph, extractSchema, promptVersionId, collectionIds: null };
		return createAgent(within, { ...fields, tools: [...tools] });
	});
}

type Made = Pick<CreatePrompt, "name" | "body" | "access">;

async function promptOf(ctx: ServiceContext, tx: Tx, made: Made): Promise<string> {
	const [known] = await tx
		.select({ id: promptVersions.id })
		.from(promptVersions)
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(promptVersions.body, made.body), mayReadPrompt(requireUser(ctx))))
		.limit(1);
	return known?.id ?? newPrompt(ctx, made);
}

/** Whoever may write no prompts of their own takes what somebody else made of the template. */
async function newPrompt(ctx: ServiceContext, made: Made): Promise<string> {
	if (!actorMay(ctx.actor, "prompts:write"))
		throw new AppError("FORBIDDEN", "It comes with a prompt, and you may write none. Ask somebody who may.");
	const { prompt } = await createPrompt(ctx, { ...made, message: "As it came with Quarterdeck" });
	return prompt.latestVersionId;
}
