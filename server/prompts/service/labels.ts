import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Reader, Tx } from "@/db/connection";
import {
	datasets,
	promptGates,
	promptLabelMoves,
	promptLabels,
	promptSplits,
	promptVersions,
	users,
} from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import {
	type Gate,
	type LabelMove,
	type ListLabelMoves,
	type OneLabel,
	type OnePrompt,
	type PromptLabel,
	type PromptLabels,
	SplitGuard,
} from "../contract";
import { expectReadable } from "./hold";
import { armsOf } from "./scores";

const movers = alias(users, "movers");
const reviewers = alias(users, "reviewers");

/** What was done to labels; whoever may change the prompt is told of what they may decide. */
const selectMoves = <More extends Record<string, SQL>>(ctx: ServiceContext, mayManage: boolean, more: More) => {
	const { userId } = requireUser(ctx);
	const moves = promptLabelMoves;
	return ctx.db.orm
		.select({
			id: moves.id,
			label: moves.label,
			act: moves.act,
			state: moves.state,
			fromVersion: moves.fromVersion,
			toVersion: moves.toVersion,
			percent: moves.percent,
			// One of an earlier edition says nothing of scores; the contract fills that in.
			guard: sql<LabelMove["guard"]>`${moves.guard}`,
			movedByName: movers.name,
			note: moves.note,
			reviewedByName: reviewers.name,
			reviewedAt: moves.reviewedAt,
			reviewNote: moves.reviewNote,
			mayReview: sql<boolean>`(${mayManage}::boolean and ${moves.state} = 'proposed' and ${moves.movedBy} is distinct from ${userId})`,
			at: moves.at,
			...more,
		})
		.from(moves)
		.leftJoin(movers, eq(movers.id, moves.movedBy))
		.leftJoin(reviewers, eq(reviewers.id, moves.reviewedBy));
};

export async function listMoves(
	ctx: ServiceContext,
	input: ListLabelMoves,
): Promise<{ rows: LabelMove[]; next: string | null }> {
	const { mayManage } = await expectReadable(ctx, input.promptId);
	const { label, state, at, id, promptId } = promptLabelMoves;
	const list = listQuery(input, { filter: { label, state, at }, sort: { at }, id });
	const rows = await selectMoves(ctx, mayManage, { key: list.key })
		.where(and(eq(promptId, input.promptId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getLabels(ctx: ServiceContext, { promptId }: OnePrompt): Promise<PromptLabels> {
	const { mayManage } = await expectReadable(ctx, promptId);
	const rows = await readLabels(ctx, eq(promptLabels.promptId, promptId));
	const proposals = await selectMoves(ctx, mayManage, {}).where(
		and(eq(promptLabelMoves.promptId, promptId), eq(promptLabelMoves.state, "proposed")),
	);
	return {
		labels: rows.map((row) => ({ ...row, proposal: proposals.find(({ label }) => label === row.name) ?? null })),
	};
}

export async function getLabel(ctx: ServiceContext, input: OneLabel): Promise<PromptLabel> {
	const { labels } = await getLabels(ctx, input);
	const found = labels.find(({ name }) => name === input.label);
	if (!found) throw notFound("This label");
	return found;
}

/** What stands in it changes with what runs cost and people say: it is worked out each time. */
export async function versionOfLabel(ctx: ServiceContext, input: OneLabel): Promise<Version> {
	const label = await getLabel(ctx, input);
	return { of: label, revision: label.revision };
}

/** Agents that follow the label, by what answers or by a draft. */
export const followers = (promptId: SQL, label: SQL) => sql`(select a.id from agents a
	where a.archived_at is null and exists (select from agent_versions v where v.agent_id = a.id
		and (v.id = a.published_version_id or v.version is null)
		and v.prompt_label ->> 'promptId' = ${promptId}::text and v.prompt_label ->> 'label' = ${label}))`;

async function readLabels(ctx: ServiceContext, where: SQL): Promise<Omit<PromptLabel, "proposal">[]> {
	const rows = await ctx.db.orm
		.select({
			id: promptLabels.id,
			name: promptLabels.name,
			version: promptVersions.version,
			isProtected: promptLabels.isProtected,
			revision: promptLabels.revision,
			agents: sql<number>`(select count(*)::int from ${followers(sql`${promptLabels.promptId}`, sql`${promptLabels.name}`)} f)`,
			updatedAt: promptLabels.updatedAt,
			startedByName: users.name,
			gate: {
				datasetId: promptGates.datasetId,
				datasetName: datasets.name,
				scorer: promptGates.scorer,
				least: promptGates.least,
				freshDays: promptGates.freshDays,
			},
			split: {
				id: promptSplits.id,
				percent: promptSplits.percent,
				guard: promptSplits.guard,
				startedAt: promptSplits.startedAt,
				firstVersionId: promptSplits.firstVersionId,
				secondVersionId: promptSplits.secondVersionId,
			},
		})
		.from(promptLabels)
		.innerJoin(promptVersions, eq(promptVersions.id, promptLabels.versionId))
		.leftJoin(promptSplits, and(eq(promptSplits.labelId, promptLabels.id), isNull(promptSplits.endedAt)))
		.leftJoin(users, eq(users.id, promptSplits.startedBy))
		.leftJoin(
			promptGates,
			and(eq(promptGates.promptId, promptLabels.promptId), eq(promptGates.label, promptLabels.name)),
		)
		.leftJoin(datasets, eq(datasets.id, promptGates.datasetId))
		.where(where)
		.orderBy(promptLabels.name)
		.limit(100);
	return Promise.all(
		rows.map(async ({ id: _, split, startedByName, gate: held, ...row }) => {
			const label = { ...row, gate: toGate(held) };
			if (!split) return { ...label, split: null };
			const { firstVersionId: __, secondVersionId: ___, ...facts } = split;
			const arms = await armsOf(ctx.db.orm, split);
			return { ...label, split: { ...facts, guard: SplitGuard.parse(facts.guard), startedByName, ...arms } };
		}),
	);
}

type GateRow = { [Name in keyof Gate]: Gate[Name] | null };
function toGate({ datasetId, datasetName, scorer, least, freshDays }: GateRow): Gate | null {
	if (datasetId === null || least === null || freshDays === null) return null;
	// Kept in single precision.
	return { datasetId, datasetName: datasetName ?? "", scorer, least: Math.round(least * 1e4) / 1e4, freshDays };
}

/** The label and its open split, held until the transaction ends; null where there is none. */
export async function holdLabel(tx: Tx, promptId: string, name: string) {
	const [found] = await tx
		.select({
			id: promptLabels.id,
			versionId: promptLabels.versionId,
			version: promptVersions.version,
			isProtected: promptLabels.isProtected,
			revision: promptLabels.revision,
		})
		.from(promptLabels)
		.innerJoin(promptVersions, eq(promptVersions.id, promptLabels.versionId))
		.where(and(eq(promptLabels.promptId, promptId), eq(promptLabels.name, name)))
		.for("update", { of: promptLabels });
	if (!found) return null;
	return { ...found, split: await openSplit(tx, found.id) };
}
export type HeldLabel = NonNullable<Awaited<ReturnType<typeof holdLabel>>>;

async function openSplit(tx: Reader, labelId: string) {
	const [split] = await tx
		.select({ id: promptSplits.id, version: promptVersions.version })
		.from(promptSplits)
		.innerJoin(promptVersions, eq(promptVersions.id, promptSplits.secondVersionId))
		.where(and(eq(promptSplits.labelId, labelId), isNull(promptSplits.endedAt)));
	return split ?? null;
}
