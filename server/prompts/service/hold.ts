import { and, eq, type SQL } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { prompts } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadRow } from "@/server/core/grants";

const row = { id: prompts.id, ownerId: prompts.ownerId };
export const readableBy = (user: UserActor): SQL => mayReadRow(user, "prompt", row);
export const managedBy = (user: UserActor): SQL<boolean> => mayManageRow(user, "prompt", row);
export const mayRead = (ctx: ServiceContext): SQL => readableBy(requireUser(ctx));
export const mayManage = (ctx: ServiceContext): SQL<boolean> => managedBy(requireUser(ctx));

export type HeldPrompt = { id: string; name: string; latestVersion: number };

/** Holds the prompt until the transaction ends. Throws where the caller may not change it. */
export async function holdPrompt(ctx: ServiceContext, tx: Tx, promptId: string): Promise<HeldPrompt> {
	const [found] = await tx
		.select({
			id: prompts.id,
			name: prompts.name,
			latestVersion: prompts.latestVersion,
			mayManage: mayManage(ctx),
		})
		.from(prompts)
		.where(and(eq(prompts.id, promptId), mayRead(ctx)))
		.for("update");
	if (!found) throw notFound("This prompt");
	if (!found.mayManage)
		throw new AppError("FORBIDDEN", "You may read this prompt, but not change it. Ask its owner to do it.");
	return found;
}

/** Throws where the caller may not read it. */
export async function expectReadable(
	ctx: ServiceContext,
	promptId: string,
): Promise<{ name: string; mayManage: boolean }> {
	const [found] = await ctx.db.orm
		.select({ name: prompts.name, mayManage: mayManage(ctx) })
		.from(prompts)
		.where(and(eq(prompts.id, promptId), mayRead(ctx)));
	if (!found) throw notFound("This prompt");
	return found;
}
