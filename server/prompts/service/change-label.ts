import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type LabelAct, promptGates, promptLabelMoves, promptLabels, prompts } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { EndSplit, ProtectLabel, RemoveLabel } from "../contract";
import type { HeldPrompt } from "./hold";
import { followers, type HeldLabel, holdLabel } from "./labels";
import { closeSplit } from "./move-label";
import { holdPlace, pointTo, tell } from "./place";

/** A label that is there, held as the caller has seen it. */
async function holdKnown(ctx: ServiceContext, tx: Tx, input: { promptId: string; label: string; basedOn: number }) {
	const { prompt, label } = await holdPlace(ctx, tx, input.promptId, input);
	if (!label) throw notFound("This label");
	return { prompt, label };
}

const noteMove = (
	tx: Tx,
	{ prompt, label }: { prompt: HeldPrompt; label: HeldLabel },
	name: string,
	move: { act: LabelAct; movedBy: string | null; note?: string; toVersion?: number | null; percent?: number },
) =>
	tx.insert(promptLabelMoves).values({
		...{ promptId: prompt.id, label: name, state: "done", fromVersion: label.version, toVersion: label.version },
		...move,
	});

/** Turns protection on or off. Who could take it back by themselves would need no second person. */
export async function protectLabel(ctx: ServiceContext, input: ProtectLabel): Promise<void> {
	const { isProtected, label: name } = input;
	await ctx.db.transaction(async (tx) => {
		const place = await holdKnown(ctx, tx, input);
		if (place.label.isProtected === isProtected) return;
		if (!isProtected && !actorMay(ctx.actor, "approvals:manage"))
			throw new AppError("FORBIDDEN", "That its moves are reviewed is taken back by who sets what waits for approval.");
		await pointTo(tx, place, null, name);
		await tx.update(promptLabels).set({ isProtected }).where(eq(promptLabels.id, place.label.id));
		const { userId } = requireUser(ctx);
		await noteMove(tx, place, name, { act: isProtected ? "protect" : "unprotect", movedBy: userId });
		const changed = { before: { isProtected: !isProtected }, after: { isProtected } };
		await tell(ctx, tx, place, "prompt.protect-label", { label: name }, changed);
	});
}

/** Everybody gets again what the label points to. */
export async function endSplit(ctx: ServiceContext, input: EndSplit): Promise<void> {
	const { label: name, note } = input;
	await ctx.db.transaction(async (tx) => {
		const place = await holdKnown(ctx, tx, input);
		const { split } = place.label;
		if (!split) throw new AppError("CONFLICT", `The label ${name} is not split.`);
		await pointTo(tx, place, null, name);
		await closeSplit(tx, split.id);
		await noteMove(tx, place, name, { act: "unsplit", movedBy: requireUser(ctx).userId, note });
		await tell(ctx, tx, place, "prompt.unsplit-label", { label: name, version: split.version });
	});
}

/** The same by itself, and why; nothing where somebody ended it meanwhile. */
export async function rollBackSplit(
	ctx: ServiceContext,
	{ promptId, label: name, splitId, why }: { promptId: string; label: string; splitId: string; why: string },
): Promise<boolean> {
	return ctx.db.transaction(async (tx) => {
		const [prompt] = await tx
			.select({ id: prompts.id, name: prompts.name, latestVersion: prompts.latestVersion })
			.from(prompts)
			.where(eq(prompts.id, promptId))
			.for("update");
		const label = prompt ? await holdLabel(tx, promptId, name) : null;
		if (!prompt || label?.split?.id !== splitId) return false;
		const place = { prompt, label };
		await pointTo(tx, place, null, name);
		await closeSplit(tx, splitId);
		await noteMove(tx, place, name, { act: "rollback", movedBy: null, note: why });
		await tell(ctx, tx, place, "prompt.rollback-label", { label: name, version: label.split.version, why });
		return true;
	});
}

/** Nothing may follow it any more: neither an agent nor another prompt. */
export async function removeLabel(ctx: ServiceContext, input: RemoveLabel): Promise<void> {
	const { label: name, promptId } = input;
	await ctx.db.transaction(async (tx) => {
		const place = await holdKnown(ctx, tx, input);
		if (place.label.isProtected)
			throw new AppError("CONFLICT", "This label is protected: its protection is taken back first.");
		const agents = await tx.execute<{ id: string }>(followers(sql`${promptId}`, sql`${name}`));
		if (agents.length > 0) throw new AppError("CONFLICT", "Agents follow this label: give them another one first.");
		const [part] = await tx.execute<{ name: string }>(sql`
			select p.name from prompts p join prompt_versions v on v.prompt_id = p.id
			where (v.version = p.latest_version or exists (select from prompt_labels l where l.version_id = v.id))
				and v.includes @> ${JSON.stringify([{ promptId, label: name }])}::text::jsonb limit 1`);
		if (part) throw new AppError("CONFLICT", "Another prompt has this label within its text: change that first.");
		await tx.delete(promptLabels).where(eq(promptLabels.id, place.label.id));
		await tx.delete(promptGates).where(and(eq(promptGates.promptId, promptId), eq(promptGates.label, name)));
		await tx.update(prompts).set({ updatedAt: sql`now()` }).where(eq(prompts.id, promptId));
		await noteMove(tx, place, name, { act: "remove", movedBy: requireUser(ctx).userId, toVersion: null });
		await tell(
			ctx,
			tx,
			place,
			"prompt.remove-label",
			{ label: name },
			{ before: { version: place.label.version }, after: { version: null } },
		);
	});
}
