import { and, desc, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import {
	datasets,
	experimentResults,
	experiments,
	experimentVariants,
	promptGates,
	promptLabelMoves,
	promptVersions,
} from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import type { RemoveGate, SetGate } from "../contract";
import { type HeldPlace, holdPlace, pointTo, tell } from "./place";

async function holdProtected(ctx: ServiceContext, tx: Tx, input: RemoveGate): Promise<HeldPlace> {
	const place = await holdPlace(ctx, tx, input.promptId, input);
	if (!place.label) throw notFound("This label");
	return place;
}

const ofLabel = ({ prompt }: HeldPlace, label: string) =>
	and(eq(promptGates.promptId, prompt.id), eq(promptGates.label, label));

/** Who could change a gate by themselves would need none. */
function expectMayLoosen(ctx: ServiceContext): void {
	if (!actorMay(ctx.actor, "approvals:manage"))
		throw new AppError("FORBIDDEN", "What a promotion asks for is changed by who sets what waits for approval.");
}

/** From now on the label moves only to versions that reached the score. */
export async function setGate(ctx: ServiceContext, input: SetGate): Promise<void> {
	const { label: name, datasetId, scorer, least, freshDays } = input;
	const user = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const place = await holdProtected(ctx, tx, input);
		const [dataset] = actorMay(ctx.actor, "evaluations:read")
			? await tx
					.select({ scorers: datasets.scorers })
					.from(datasets)
					.where(
						and(
							eq(datasets.id, datasetId),
							mayReadRow(user, "dataset", { id: datasets.id, ownerId: datasets.ownerId }),
						),
					)
			: [];
		if (!dataset) throw notFound("This dataset");
		if (!place.label?.isProtected)
			throw new AppError("CONFLICT", "Protect this label first: then a second person reviews what passes its gate.");
		if (scorer !== null && !dataset.scorers.some(({ key }) => key === scorer))
			throw invalidField("scorer", "The dataset has no scorer of this key.");
		const [before] = await tx.select().from(promptGates).where(ofLabel(place, name)).for("update");
		if (before) expectMayLoosen(ctx);
		const set = { datasetId, scorer, least, freshDays, setBy: user.userId };
		await tx
			.insert(promptGates)
			.values({ promptId: place.prompt.id, label: name, ...set })
			.onConflictDoUpdate({
				target: [promptGates.promptId, promptGates.label],
				set: { ...set, updatedAt: sql`now()` },
			});
		await pointTo(tx, place, null, name);
		await tell(ctx, tx, place, "prompt.set-gate", { label: name }, { before: told(before), after: told(set) });
	});
}

const told = (gate: Pick<SetGate, "datasetId" | "scorer" | "least" | "freshDays"> | undefined) =>
	gate
		? { datasetId: gate.datasetId, scorer: gate.scorer, least: gate.least, freshDays: gate.freshDays }
		: { datasetId: null };

export async function removeGate(ctx: ServiceContext, input: RemoveGate): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const place = await holdProtected(ctx, tx, input);
		const [before] = await tx.delete(promptGates).where(ofLabel(place, input.label)).returning();
		if (!before) throw new AppError("CONFLICT", "This label asks for nothing.");
		expectMayLoosen(ctx);
		await pointTo(tx, place, null, input.label);
		await tell(
			ctx,
			tx,
			place,
			"prompt.remove-gate",
			{ label: input.label },
			{ before: told(before), after: told(undefined) },
		);
	});
}

/**
 * Throws with what lacks where the version has not shown on the dataset, as it is now, that it reaches the score: by the newest
 * experiment that asked it and came to its end. A version that the label pointed to before is let back without: going back is
 * no promotion.
 */
export async function expectPassed(tx: Tx, place: HeldPlace, name: string, version: number): Promise<void> {
	if (!place.label?.isProtected) return;
	const [gate] = await tx
		.select({
			datasetId: promptGates.datasetId,
			datasetName: datasets.name,
			datasetVersion: datasets.version,
			scorer: promptGates.scorer,
			least: promptGates.least,
			freshDays: promptGates.freshDays,
		})
		.from(promptGates)
		.innerJoin(datasets, eq(datasets.id, promptGates.datasetId))
		.where(ofLabel(place, name));
	if (!gate || (await hadIt(tx, place, name, version))) return;
	const [newest] = await tx
		.select({
			id: experiments.id,
			datasetVersion: experiments.datasetVersion,
			isFresh: sql<boolean>`${experiments.endedAt} > now() - make_interval(days => ${gate.freshDays})`,
		})
		.from(experiments)
		.innerJoin(experimentVariants, eq(experimentVariants.experimentId, experiments.id))
		.innerJoin(promptVersions, eq(promptVersions.id, experimentVariants.promptVersionId))
		.where(
			and(
				eq(experiments.datasetId, gate.datasetId),
				eq(experiments.state, "ended"),
				eq(promptVersions.promptId, place.prompt.id),
				eq(promptVersions.version, version),
			),
		)
		.orderBy(desc(experiments.endedAt))
		.limit(1);
	const wanted = `${points(gate.least)} of 100${gate.scorer ? ` by ${gate.scorer}` : ""} on the dataset ${gate.datasetName}`;
	if (!newest) throw lacking(`version ${version} has no finished experiment on it`, wanted);
	if (newest.datasetVersion !== gate.datasetVersion)
		throw lacking(
			`its newest experiment asked version ${newest.datasetVersion} of it, and it has changed to ${gate.datasetVersion} since`,
			wanted,
		);
	if (!newest.isFresh) throw lacking(`its newest experiment is older than ${gate.freshDays} days`, wanted);
	const score = await scoreIn(tx, newest.id, { promptId: place.prompt.id, version, scorer: gate.scorer });
	if (score === null) throw lacking("its newest experiment has answers that were given up, or none that count", wanted);
	// Scores are kept in single precision.
	if (score < gate.least - 1e-6) throw lacking(`version ${version} reached ${points(score)}`, wanted);
}

const points = (score: number): string => (score * 100).toFixed(1).replace(/\.0$/, "");
const lacking = (what: string, wanted: string) =>
	new AppError("CONFLICT", `This label asks for ${wanted}: ${what}. Run an experiment with this version there.`);

async function hadIt(tx: Tx, { prompt }: HeldPlace, label: string, version: number): Promise<boolean> {
	const { promptId, label: name, state, act, toVersion, fromVersion } = promptLabelMoves;
	const [found] = await tx
		.select({ id: promptLabelMoves.id })
		.from(promptLabelMoves)
		.where(
			and(
				eq(promptId, prompt.id),
				eq(name, label),
				eq(state, "done"),
				// What a split tried was not what the label pointed to.
				sql`((${act} = 'move' and ${toVersion} = ${version}) or ${fromVersion} = ${version})`,
			),
		)
		.limit(1);
	return found !== undefined;
}

/** The least that any variant with the version came to, what failed as 0; null where something was given up, or nothing counts. */
async function scoreIn(
	tx: Tx,
	experimentId: string,
	{ promptId, version, scorer }: { promptId: string; version: number; scorer: string | null },
): Promise<number | null> {
	const rows = await tx
		.select({
			variantId: experimentResults.variantId,
			state: experimentResults.state,
			score: experimentResults.score,
			scores: experimentResults.scores,
		})
		.from(experimentResults)
		.innerJoin(experimentVariants, eq(experimentVariants.id, experimentResults.variantId))
		.innerJoin(promptVersions, eq(promptVersions.id, experimentVariants.promptVersionId))
		.where(
			and(
				eq(experimentResults.experimentId, experimentId),
				eq(promptVersions.promptId, promptId),
				eq(promptVersions.version, version),
			),
		);
	if (rows.some(({ state }) => state !== "done" && state !== "failed")) return null;
	const means = [...Map.groupBy(rows, ({ variantId }) => variantId).values()].map((own) => {
		const counted = own.flatMap(({ state, score, scores }) => {
			if (state === "failed") return [0];
			const one = scorer === null ? score : (scores.find((each) => each.scorer === scorer)?.score ?? null);
			return one === null ? [] : [one];
		});
		return counted.length === 0 ? null : counted.reduce((sum, one) => sum + one, 0) / counted.length;
	});
	if (means.length === 0 || means.some((one) => one === null)) return null;
	return Math.min(...means.map((one) => one ?? 0));
}
