import { randomUUID } from "node:crypto";
import { and, asc, eq, inArray, isNull } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import {
	agents,
	agentVersions,
	datasetItems,
	experimentResults,
	experiments,
	experimentVariants,
	promptLabels,
	promptVersions,
} from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireCause, requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { experimentMoved } from "@/server/jobs/events";
import { modelChoices } from "@/server/models/service";
import { expectGivablePrompt } from "@/server/prompts/service";
import { type ExperimentInFull, mostCells, mostVariants, type StartExperiment } from "../contract";
import { expectReadable } from "./hold";
import { getExperiment } from "./read";

type VariantRow = Omit<typeof experimentVariants.$inferInsert, "experimentId">;

/** Writes down who is to be asked what; a job starts a run for each answer, in turn. */
export async function startExperiment(ctx: ServiceContext, input: StartExperiment): Promise<ExperimentInFull> {
	const { actor } = ctx;
	if (actor.kind !== "user" && actor.kind !== "apiKey")
		throw new AppError("FORBIDDEN", "Only a person or their key can start an experiment.");
	if (!actorMay(actor, "runs:write"))
		throw new AppError("FORBIDDEN", "An experiment asks agents in your name, and you may not ask them.");
	const { userId, sessionId, keyId } = requireCause(ctx);
	const { datasetId, isShared } = input;
	const dataset = await expectReadable(ctx, datasetId);
	const experimentId = randomUUID();
	await ctx.db.transaction(async (tx) => {
		await expectModels(tx, input.models);
		for (const scorer of dataset.scorers)
			if (scorer.kind === "judge") await expectModels(tx, scorer.model === null ? [] : [scorer.model], true);
		const variants = await variantsOf(ctx, tx, input);
		const items = await tx
			.select({ id: datasetItems.id, ordinal: datasetItems.ordinal })
			.from(datasetItems)
			.where(and(eq(datasetItems.datasetId, datasetId), isNull(datasetItems.toVersion)))
			.orderBy(asc(datasetItems.ordinal));
		const total = items.length * variants.length;
		if (items.length === 0) throw new AppError("CONFLICT", "There is nothing in this dataset yet that could be asked.");
		if (dataset.scorers.length === 0)
			throw new AppError("CONFLICT", "This dataset has no scorers: say by what its answers are measured first.");
		if (total > mostCells)
			throw new AppError(
				"CONFLICT",
				`These would be ${total.toLocaleString("en")} answers; an experiment has at most ${mostCells.toLocaleString("en")}.`,
			);
		await tx.insert(experiments).values({
			...{ id: experimentId, datasetId, datasetVersion: dataset.version, userId, sessionId, keyId, isShared, total },
			...{ name: input.name || dataset.name, scorers: dataset.scorers },
		});
		const made = await tx
			.insert(experimentVariants)
			.values(variants.map((variant) => ({ ...variant, experimentId })))
			.returning({ id: experimentVariants.id });
		const cells = items.flatMap((item) =>
			made.map(({ id: variantId }) => ({ experimentId, variantId, itemRowId: item.id, ordinal: item.ordinal })),
		);
		for (let from = 0; from < cells.length; from += 500)
			await tx.insert(experimentResults).values(cells.slice(from, from + 500));
		await audit(ctx, tx, {
			...{ action: "experiment.start", resource: "experiment", resourceId: experimentId },
			detail: { datasetId, version: dataset.version, variants: variants.length, answers: total, isShared },
		});
		await emit(tx, experimentMoved.create({ userId }));
	});
	return getExperiment(ctx, { experimentId });
}

async function expectModels(tx: Tx, wanted: readonly string[], needsOne = false): Promise<void> {
	if (wanted.length === 0 && !needsOne) return;
	const { models: known, first } = await modelChoices(tx);
	if (!first)
		throw new AppError(
			"CONFLICT",
			"This installation has no chat model: only passages can be quoted. An administrator can set one.",
		);
	const unknown = wanted.find((name) => !known.includes(name));
	if (unknown)
		throw invalidField(
			"models",
			`There is no route or model ${unknown.slice(0, 80)} here. There is ${known.join(", ")}.`,
		);
}

/** Agents × prompts × models; each by what its agent has where none is named. */
async function variantsOf(ctx: ServiceContext, tx: Tx, input: StartExperiment): Promise<VariantRow[]> {
	const prompts = [...new Set(input.promptVersionIds)];
	const models: (string | null)[] = input.models.length === 0 ? [null] : [...new Set(input.models)];
	if (prompts.length > 0 && !actorMay(ctx.actor, "prompts:read"))
		throw new AppError("FORBIDDEN", "You may not read prompts.");
	const rows: VariantRow[] = [];
	for (const agentId of new Set(input.agentIds)) {
		const chosen = await chooseAgent(tx, requireUser(ctx), agentId);
		await expectAsked(tx, chosen);
		const { promptValues } = chosen;
		for (const promptVersionId of prompts)
			await expectGivablePrompt(ctx, tx, { promptVersionId, promptValues, mayLeaveOut: true });
		const own = chosen.promptLabel ? await versionAt(tx, chosen.promptLabel) : chosen.promptVersionId;
		for (const promptVersionId of prompts.length === 0 ? [own] : prompts)
			for (const model of models)
				rows.push({
					...{ ordinal: rows.length + 1, agentId, agentVersionId: chosen.agentVersionId, promptVersionId, model },
				});
	}
	if (rows.length > mostVariants)
		throw new AppError("CONFLICT", `These would be ${rows.length} variants; at most ${mostVariants} go side by side.`);
	return rows;
}

/** What an agent does with its tools is done: nothing is tried out on a whole dataset that has effects. */
async function expectAsked(
	tx: Tx,
	{ agentId, agentVersionId, graph }: Awaited<ReturnType<typeof chooseAgent>>,
): Promise<void> {
	const [found] = await tx
		.select({ name: agents.name, tools: agentVersions.tools })
		.from(agentVersions)
		.innerJoin(agents, eq(agents.id, agentId))
		.where(eq(agentVersions.id, agentVersionId));
	if (graph !== "assistant")
		throw invalidField("agentIds", `${found?.name} is no agent that answers questions: choose one that does.`);
	if (found && found.tools.length > 0)
		throw invalidField(
			"agentIds",
			`${found.name} has tools, and what it did with them would be done: choose one without.`,
		);
}

/** Where a label points as the experiment begins: all its answers are of that version. */
async function versionAt(tx: Tx, { promptId, label }: { promptId: string; label: string }): Promise<string | null> {
	const [found] = await tx
		.select({ id: promptVersions.id })
		.from(promptLabels)
		.innerJoin(promptVersions, eq(promptVersions.id, promptLabels.versionId))
		.where(and(eq(promptLabels.promptId, promptId), inArray(promptLabels.name, [label])));
	return found?.id ?? null;
}
