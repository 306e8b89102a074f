import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { datasets, experiments } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadRow } from "@/server/core/grants";
import { Scorers } from "../contract";

const row = { id: datasets.id, ownerId: datasets.ownerId };
export const readableBy = (user: UserActor): SQL => mayReadRow(user, "dataset", row);
export const mayRead = (ctx: ServiceContext): SQL => readableBy(requireUser(ctx));
export const mayManage = (ctx: ServiceContext): SQL<boolean> => mayManageRow(requireUser(ctx), "dataset", row);

/** One's own experiments and those that are shared, as long as one may read the dataset; of a query that joins it. */
export const mayReadExperiment = (ctx: ServiceContext): SQL =>
	sql`(${mayRead(ctx)} and (${experiments.userId} = ${requireUser(ctx).userId} or ${experiments.isShared}))`;

/** Holds the dataset until the transaction ends. Throws where the caller may not change it. */
export async function holdDataset(ctx: ServiceContext, tx: Tx, datasetId: string) {
	const [found] = await tx
		.select({
			id: datasets.id,
			name: datasets.name,
			description: datasets.description,
			version: datasets.version,
			scorers: datasets.scorers,
			lastOrdinal: datasets.lastOrdinal,
			mayManage: mayManage(ctx),
		})
		.from(datasets)
		.where(and(eq(datasets.id, datasetId), mayRead(ctx)))
		.for("update");
	if (!found) throw notFound("This dataset");
	if (!found.mayManage)
		throw new AppError("FORBIDDEN", "You may read this dataset, but not change it. Ask its owner to do it.");
	return { ...found, scorers: storedScorers(found.scorers) };
}
export type HeldDataset = Awaited<ReturnType<typeof holdDataset>>;

/** Throws where the caller may not read it. */
export async function expectReadable(ctx: ServiceContext, datasetId: string) {
	const [found] = await ctx.db.orm
		.select({ name: datasets.name, version: datasets.version, scorers: datasets.scorers })
		.from(datasets)
		.where(and(eq(datasets.id, datasetId), mayRead(ctx)));
	if (!found) throw notFound("This dataset");
	return { ...found, scorers: storedScorers(found.scorers) };
}

/** Those that a later edition wrote and this one can't read measure nothing. */
export function storedScorers(stored: unknown): Scorers {
	const read = Scorers.safeParse(stored);
	return read.success ? read.data : [];
}
