import { and, eq, type SQL, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { datasets, grants, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { accessOf, setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { ChangeDataset, CreateDataset, Dataset, ListDatasets, OneDataset } from "../contract";
import { holdDataset, mayManage, mayRead, storedScorers } from "./hold";

const select = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({
			id: datasets.id,
			name: datasets.name,
			description: datasets.description,
			version: datasets.version,
			items: sql<number>`(select count(*)::int from dataset_items i where i.dataset_id = ${datasets.id} and i.to_version is null)`,
			scorers: datasets.scorers,
			access: accessOf("dataset", datasets.id),
			ownerName: users.name,
			mayManage: mayManage(ctx),
			updatedAt: datasets.updatedAt,
			...more,
		})
		.from(datasets)
		.innerJoin(users, eq(users.id, datasets.ownerId));

/** One's own datasets, and those that are shared with one. */
export async function listDatasets(
	ctx: ServiceContext,
	input: ListDatasets,
): Promise<{ rows: Dataset[]; next: string | null }> {
	const { name, updatedAt, id } = datasets;
	const list = listQuery(input, { filter: { name, updatedAt }, sort: { updatedAt }, id });
	const rows = await select(ctx, { key: list.key })
		.where(and(mayRead(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map((row) => ({ ...row, scorers: storedScorers(row.scorers) })), next: page.next };
}

export async function getDataset(ctx: ServiceContext, { datasetId }: OneDataset): Promise<Dataset> {
	const [row] = await select(ctx, {}).where(and(eq(datasets.id, datasetId), mayRead(ctx)));
	if (!row) throw notFound("This dataset");
	return { ...row, scorers: storedScorers(row.scorers) };
}

export async function createDataset(ctx: ServiceContext, input: CreateDataset): Promise<Dataset> {
	const { userId } = requireUser(ctx);
	const { name, description, scorers, access } = input;
	const datasetId = await ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(datasets)
			.values({ ownerId: userId, name, description, scorers })
			.returning({ id: datasets.id });
		if (!row) throw new Error("the dataset was not stored");
		await setAccess(tx, "dataset", row.id, access);
		await audit(ctx, tx, {
			...{ action: "dataset.create", resource: "dataset", resourceId: row.id },
			detail: { access },
			after: { name, scorers: scorers.map(({ key }) => key) },
		});
		return row.id;
	});
	return getDataset(ctx, { datasetId });
}

/** Other scorers make another version: what was measured before was measured otherwise. */
export async function changeDataset(ctx: ServiceContext, input: ChangeDataset): Promise<Dataset> {
	const { datasetId, basedOn } = input;
	await ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		expectUnchanged("this dataset", basedOn, held.version);
		const { name = held.name, description = held.description, scorers = held.scorers } = input;
		const isMeasuredOtherwise = JSON.stringify(scorers) !== JSON.stringify(held.scorers);
		await tx
			.update(datasets)
			.set({ name, description, scorers, version: held.version + (isMeasuredOtherwise ? 1 : 0), updatedAt: sql`now()` })
			.where(eq(datasets.id, datasetId));
		await audit(ctx, tx, {
			...{ action: "dataset.change", resource: "dataset", resourceId: datasetId },
			before: { name: held.name, scorers: held.scorers.map(({ key }) => key) },
			after: { name, scorers: scorers.map(({ key }) => key) },
		});
	});
	return getDataset(ctx, { datasetId });
}

/** With its items and its experiments; never while a label's promotion asks for it. */
export async function removeDataset(ctx: ServiceContext, { datasetId }: OneDataset): Promise<void> {
	await ctx.db
		.transaction(async (tx) => {
			await holdDataset(ctx, tx, datasetId);
			await tx.delete(datasets).where(eq(datasets.id, datasetId));
			await tx.delete(grants).where(and(eq(grants.resourceKind, "dataset"), eq(grants.resourceId, datasetId)));
			await audit(ctx, tx, { action: "dataset.remove", resource: "dataset", resourceId: datasetId });
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23503" || databaseCode(error) === "23001")
				throw new AppError(
					"CONFLICT",
					"A prompt's label may move only by this dataset: whoever manages that prompt takes its gate away first.",
				);
			throw error;
		});
}
