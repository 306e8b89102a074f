import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type LabelAct, promptLabelMoves, promptSplits, prompts, promptVersions, type SplitGuard } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import type { MoveLabel, SplitLabel } from "../contract";
import { unfilled } from "../contract/filled";
import { takenLabels } from "../contract/labels";
import type { PromptVariable, VariableValues } from "../contract/variables";
import { type Composable, compose, findVersion, variablesOf } from "./compose";
import { expectPassed } from "./gates";
import { followers } from "./labels";
import { type HeldPlace, holdPlace, pointTo, tell } from "./place";

/** What is to become of a label. */
export type Wish = {
	act: Extract<LabelAct, "move" | "split">;
	label: string;
	version: number;
	percent: number | null;
	guard: SplitGuard | null;
	note: string;
};

/** Points a label to a version, or proposes it where the label is protected. A split that it had ends. */
export const moveLabel = (ctx: ServiceContext, { promptId, basedOn, ...input }: MoveLabel): Promise<void> =>
	wish(ctx, promptId, basedOn, { ...input, act: "move", percent: null, guard: null });

/** Gives some people another version under the same label, or proposes it where the label is protected. */
export const splitLabel = (ctx: ServiceContext, { promptId, basedOn, ...input }: SplitLabel): Promise<void> =>
	wish(ctx, promptId, basedOn, { ...input, act: "split" });

async function wish(ctx: ServiceContext, promptId: string, basedOn: number, wanted: Wish): Promise<void> {
	if (takenLabels.includes(wanted.label))
		throw invalidField("label", `${wanted.label} is no name for a label: choose another one.`);
	await ctx.db.transaction(async (tx) => {
		const place = await holdPlace(ctx, tx, promptId, { label: wanted.label, basedOn });
		const { userId } = requireUser(ctx);
		await expectFits(tx, place, wanted, [requireUser(ctx)]);
		if (!place.label?.isProtected) return takeEffect(ctx, tx, place, wanted, { movedBy: userId });
		await expectPassed(tx, place, wanted.label, wanted.version);
		await tx
			.update(promptLabelMoves)
			.set({ state: "returned", reviewedAt: sql`now()`, reviewNote: "Another proposal took its place." })
			.where(
				and(
					eq(promptLabelMoves.promptId, promptId),
					eq(promptLabelMoves.label, wanted.label),
					eq(promptLabelMoves.state, "proposed"),
				),
			);
		await tx
			.insert(promptLabelMoves)
			.values({ ...moveOf(place, wanted), state: "proposed", movedBy: userId, basedOn: place.label.revision });
		await tx.update(prompts).set({ updatedAt: sql`now()` }).where(eq(prompts.id, promptId));
		await tell(ctx, tx, place, "prompt.propose-label", {
			label: wanted.label,
			act: wanted.act,
			version: wanted.version,
		});
	});
}

/** Throws where it can't be: everyone who wants it has to be able to read all that the version is put together of. */
export async function expectFits(
	tx: Tx,
	{ prompt, label }: HeldPlace,
	{ act, version, label: name }: Wish,
	people: readonly UserActor[],
): Promise<Composable> {
	const target = await findVersion(
		tx,
		and(eq(promptVersions.promptId, prompt.id), eq(promptVersions.version, version)),
	);
	if (!target) throw notFound("This version");
	if (act === "split" && !label)
		throw new AppError("CONFLICT", `There is no label ${name} yet: let it point to a version first.`);
	if (label?.versionId === target.id && (act === "split" || !label.split))
		throw new AppError("CONFLICT", `The label ${name} points to version ${version} already.`);
	for (const user of people) {
		const whole = await compose(tx, target, { user, instead: { promptId: prompt.id, label: name, version: target } });
		await expectFilled(tx, { promptId: prompt.id, name, variables: variablesOf(whole) });
	}
	return target;
}

/** What an agent's prompt leaves open, its own values fill. */
async function expectFilled(
	tx: Tx,
	{ promptId, name, variables }: { promptId: string; name: string; variables: PromptVariable[] },
): Promise<void> {
	if (unfilled(variables, {}).length === 0) return;
	const rows = await tx.execute<{ values: VariableValues }>(sql`select v.prompt_values as values
		from agents a join agent_versions v on v.agent_id = a.id and (v.id = a.published_version_id or v.version is null)
		where a.id in ${followers(sql`${promptId}`, sql`${name}`)}
			and v.prompt_label ->> 'promptId' = ${promptId}::text and v.prompt_label ->> 'label' = ${name}`);
	const open = [...new Set(rows.flatMap(({ values }) => unfilled(variables, values)))];
	if (open.length === 0) return;
	throw new AppError(
		"CONFLICT",
		`Agents follow this label, and this version leaves ${open.join(", ")} open for them: give ${open.length === 1 ? "it a default" : "them defaults"}, or values there.`,
	);
}

const moveOf = ({ prompt, label }: HeldPlace, { act, version, percent, guard, note, label: name }: Wish) => ({
	...{ promptId: prompt.id, label: name, act, percent, guard, note },
	fromVersion: label?.version ?? null,
	toVersion: version,
});

/** It is so from the next question on; a proposal that it was becomes what was done. */
export async function takeEffect(
	ctx: ServiceContext,
	tx: Tx,
	place: HeldPlace,
	wanted: Wish,
	by: { movedBy: string } | { moveId: string; reviewNote: string },
): Promise<void> {
	const { prompt, label } = place;
	const { act, label: name, version } = wanted;
	const [target] = await tx
		.select({ id: promptVersions.id })
		.from(promptVersions)
		.where(and(eq(promptVersions.promptId, prompt.id), eq(promptVersions.version, version)));
	if (!target) throw notFound("This version");
	const labelId = await pointTo(tx, place, act === "split" ? null : target.id, name);
	if (label?.split) await closeSplit(tx, label.split.id);
	if (act === "split" && label && wanted.percent !== null && wanted.guard)
		await tx.insert(promptSplits).values({
			labelId,
			...{ firstVersionId: label.versionId, secondVersionId: target.id, percent: wanted.percent, guard: wanted.guard },
			startedBy: requireUser(ctx).userId,
		});
	if ("moveId" in by)
		await tx
			.update(promptLabelMoves)
			.set({
				...{ state: "done", at: sql`now()`, reviewedAt: sql`now()`, reviewNote: by.reviewNote },
				...{ reviewedBy: requireUser(ctx).userId, fromVersion: label?.version ?? null },
			})
			.where(eq(promptLabelMoves.id, by.moveId));
	else await tx.insert(promptLabelMoves).values({ ...moveOf(place, wanted), state: "done", movedBy: by.movedBy });
	await tell(
		ctx,
		tx,
		place,
		act === "split" ? "prompt.split-label" : "prompt.move-label",
		{ label: name, ...(act === "split" ? { version, percent: wanted.percent } : {}) },
		act === "split" ? undefined : { before: { version: label?.version ?? null }, after: { version } },
	);
}

export const closeSplit = (tx: Tx, splitId: string) =>
	tx.update(promptSplits).set({ endedAt: sql`now()` }).where(eq(promptSplits.id, splitId));
