import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { promptLabelMoves, prompts, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { readUserActor } from "@/server/core/rights";
import type { ReviewMove } from "../contract";
import { holdCompositions } from "./compose";
import { expectPassed } from "./gates";
import { holdPrompt, managedBy } from "./hold";
import { expectFits, takeEffect, type Wish } from "./move-label";
import { holdPlace } from "./place";

/** Lets a proposed move through, or sends it back. Nobody lets through what they proposed, and both have their rights still. */
export async function reviewMove(ctx: ServiceContext, { promptId, moveId, decision, note }: ReviewMove): Promise<void> {
	const user = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		// In the order that moves take them, so that nobody waits in a circle.
		await holdCompositions(tx);
		const prompt = await holdPrompt(ctx, tx, promptId);
		const [move] = await tx
			.select()
			.from(promptLabelMoves)
			.where(and(eq(promptLabelMoves.id, moveId), eq(promptLabelMoves.promptId, promptId)))
			.for("update");
		if (!move) throw notFound("This move");
		if (move.state !== "proposed") throw new AppError("CONFLICT", "This was decided already.");
		const { label, fromVersion, toVersion } = move;
		if (decision === "return") {
			await tx
				.update(promptLabelMoves)
				.set({ state: "returned", reviewedBy: user.userId, reviewedAt: sql`now()`, reviewNote: note })
				.where(eq(promptLabelMoves.id, moveId));
			await tx.update(prompts).set({ updatedAt: sql`now()` }).where(eq(prompts.id, promptId));
			return audit(ctx, tx, {
				...{ action: "prompt.return-label", resource: "prompt", resourceId: promptId, reason: note },
				detail: { label, version: toVersion, from: fromVersion },
			});
		}
		if (move.movedBy === user.userId)
			throw new AppError(
				"FORBIDDEN",
				"You proposed this: somebody else who may change the prompt has to let it through.",
			);
		const proposer = await proposerNow(tx, move.movedBy, promptId);
		const wanted = wishOf(move);
		const place = await holdPlace(ctx, tx, prompt.id, { label, basedOn: move.basedOn });
		await expectFits(tx, place, wanted, [user, proposer]);
		// What it was evaluated by may have changed while it waited.
		await expectPassed(tx, place, label, wanted.version);
		await audit(ctx, tx, {
			...{ action: "prompt.approve-label", resource: "prompt", resourceId: promptId, reason: note },
			detail: { label, version: toVersion, proposedBy: proposer.userId },
		});
		await takeEffect(ctx, tx, place, wanted, { moveId, reviewNote: note });
	});
}

function wishOf({ act, label, toVersion, percent, guard, note }: typeof promptLabelMoves.$inferSelect): Wish {
	if ((act !== "move" && act !== "split") || toVersion === null) throw new Error(`a ${act} is never proposed`);
	return { act, label, version: toVersion, percent, guard, note };
}

/** Whoever proposed it, where they could still do so. */
async function proposerNow(tx: Tx, userId: string | null, promptId: string): Promise<UserActor> {
	const lost = new AppError(
		"CONFLICT",
		"Whoever proposed this may not change the prompt any more: send it back, and propose it yourself.",
	);
	const proposer = userId ? await readUserActor(tx, userId, isNull(users.disabledAt)) : null;
	if (!proposer?.permissions.has("prompts:write")) throw lost;
	const [found] = await tx
		.select({ id: prompts.id })
		.from(prompts)
		.where(and(eq(prompts.id, promptId), managedBy(proposer)));
	if (!found) throw lost;
	return proposer;
}
