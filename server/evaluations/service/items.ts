import { randomUUID } from "node:crypto";
import { and, desc, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { datasetItems, datasets, runs, threads, users } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { mayReadThread } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import {
	type AddItem,
	type AddRun,
	type ChangeItem,
	type DatasetItem,
	type ItemHistory,
	type ListItems,
	mostItems,
	type OneItem,
} from "../contract";
import { expectReadable, type HeldDataset, holdDataset } from "./hold";

const columns = {
	id: datasetItems.itemId,
	ordinal: datasetItems.ordinal,
	input: datasetItems.input,
	expected: datasetItems.expected,
	notes: datasetItems.notes,
	tags: datasetItems.tags,
	sourceRunId: datasetItems.sourceRunId,
	fromVersion: datasetItems.fromVersion,
	changedByName: users.name,
	createdAt: datasetItems.createdAt,
};
const select = <More extends Record<string, SQL | typeof datasetItems.toVersion>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, ...more })
		.from(datasetItems)
		.leftJoin(users, eq(users.id, datasetItems.changedBy));

const isCurrent = (datasetId: string) => and(eq(datasetItems.datasetId, datasetId), isNull(datasetItems.toVersion));

/** Its items as they are now, in their order. */
export async function listItems(
	ctx: ServiceContext,
	input: ListItems,
): Promise<{ rows: DatasetItem[]; next: string | null }> {
	await expectReadable(ctx, input.datasetId);
	const { filter: asked, ...others } = input;
	const { tag, ...filter } = asked ?? {};
	const { ordinal, itemId } = datasetItems;
	// Not a column, but the cursor holds for it too.
	const narrowed = { ...others, filter, tag: tag?.eq };
	const list = listQuery(narrowed, { filter: { input: datasetItems.input }, sort: { ordinal }, id: itemId });
	const hasTag =
		tag?.eq === undefined ? undefined : sql`${datasetItems.tags} @> ${JSON.stringify([tag.eq])}::text::jsonb`;
	const rows = await select(ctx, { key: list.key })
		.where(and(isCurrent(input.datasetId), hasTag, list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

async function readItem(ctx: ServiceContext, datasetId: string, itemId: string): Promise<DatasetItem> {
	const [row] = await select(ctx, {}).where(and(isCurrent(datasetId), eq(datasetItems.itemId, itemId)));
	if (!row) throw notFound("This item");
	return row;
}

/** As it was in earlier versions, also of an item that is gone. */
export async function getItemHistory(ctx: ServiceContext, { datasetId, itemId }: OneItem): Promise<ItemHistory> {
	await expectReadable(ctx, datasetId);
	const states = await select(ctx, { toVersion: datasetItems.toVersion })
		.where(and(eq(datasetItems.datasetId, datasetId), eq(datasetItems.itemId, itemId)))
		.orderBy(desc(datasetItems.fromVersion))
		.limit(100);
	if (states.length === 0) throw notFound("This item");
	return { states };
}

type Words = Pick<AddItem, "input" | "expected" | "notes" | "tags">;
export type NewItem = Words & { sourceRunId?: string };

/** Adds them at the end, as the dataset's next version. Answers their ids. */
export async function insertItems(
	ctx: ServiceContext,
	tx: Tx,
	held: HeldDataset,
	items: readonly NewItem[],
): Promise<string[]> {
	const { userId } = requireUser(ctx);
	const there = await tx.$count(datasetItems, isCurrent(held.id));
	if (there + items.length > mostItems)
		throw new AppError(
			"CONFLICT",
			`A dataset has at most ${mostItems.toLocaleString("en")} items: begin another one for what is more.`,
		);
	const rows = items.map(({ input, expected, notes, tags, sourceRunId }, at) => ({
		...{ itemId: randomUUID(), datasetId: held.id, ordinal: held.lastOrdinal + at + 1, fromVersion: held.version + 1 },
		...{ input, expected, notes, tags: [...new Set(tags)], sourceRunId: sourceRunId ?? null, changedBy: userId },
	}));
	for (let from = 0; from < rows.length; from += 500)
		await tx.insert(datasetItems).values(rows.slice(from, from + 500));
	await tx
		.update(datasets)
		.set({ version: held.version + 1, lastOrdinal: held.lastOrdinal + items.length, updatedAt: sql`now()` })
		.where(eq(datasets.id, held.id));
	return rows.map(({ itemId }) => itemId);
}

/** Nothing of what an item says goes into the audit: it may be words of a chat or a document. */
export async function addItem(ctx: ServiceContext, { datasetId, ...words }: AddItem): Promise<DatasetItem> {
	const itemId = await ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		const [id = ""] = await insertItems(ctx, tx, held, [words]);
		await audit(ctx, tx, {
			...{ action: "dataset.add-item", resource: "dataset", resourceId: datasetId },
			detail: { itemId: id, version: held.version + 1 },
		});
		return id;
	});
	return readItem(ctx, datasetId, itemId);
}

/** The answer of a run that the caller may read, their own or a shared one, and what it was asked. */
export async function addRun(ctx: ServiceContext, input: AddRun): Promise<DatasetItem> {
	const { datasetId, runId, notes, tags } = input;
	const itemId = await ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		const [run] = actorMay(ctx.actor, "runs:read")
			? await tx
					.select({ question: runs.question, answer: runs.answer, state: runs.state })
					.from(runs)
					.innerJoin(threads, eq(threads.id, runs.threadId))
					.where(and(eq(runs.id, runId), mayReadThread(requireUser(ctx))))
			: [];
		if (!run) throw notFound("This run");
		if (run.answer === null || run.state !== "succeeded")
			throw new AppError("CONFLICT", "There is no whole answer yet that could be an example.");
		const [there] = await tx
			.select({ id: datasetItems.itemId })
			.from(datasetItems)
			.where(and(isCurrent(datasetId), eq(datasetItems.sourceRunId, runId)));
		if (there) throw new AppError("CONFLICT", "This answer is in the dataset already.");
		const expected = (input.expected ?? run.answer).slice(0, 20_000);
		const item = { input: run.question, expected, notes, tags, sourceRunId: runId };
		const [id = ""] = await insertItems(ctx, tx, held, [item]);
		await audit(ctx, tx, {
			...{ action: "dataset.add-run", resource: "dataset", resourceId: datasetId, runId },
			detail: { itemId: id, version: held.version + 1 },
		});
		return id;
	});
	return readItem(ctx, datasetId, itemId);
}

/** As it was stays for the experiments that had it. */
export async function changeItem(ctx: ServiceContext, input: ChangeItem): Promise<DatasetItem> {
	const { datasetId, itemId, basedOn, ...words } = input;
	await ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		expectUnchanged("this dataset", basedOn, held.version);
		const before = await closeItem(tx, held, itemId);
		const { userId } = requireUser(ctx);
		const version = await nextVersion(tx, held);
		await tx.insert(datasetItems).values({
			...{ itemId, datasetId, ordinal: before.ordinal, fromVersion: version, sourceRunId: before.sourceRunId },
			...{ ...words, tags: [...new Set(words.tags)], changedBy: userId },
		});
		const changed = (["input", "expected", "notes", "tags"] as const).filter(
			(name) => JSON.stringify(before[name]) !== JSON.stringify(words[name]),
		);
		await audit(ctx, tx, {
			...{ action: "dataset.change-item", resource: "dataset", resourceId: datasetId },
			detail: { itemId, version, changed },
		});
	});
	return readItem(ctx, datasetId, itemId);
}

export async function removeItem(ctx: ServiceContext, { datasetId, itemId }: OneItem): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		await closeItem(tx, held, itemId);
		const version = await nextVersion(tx, held);
		await audit(ctx, tx, {
			...{ action: "dataset.remove-item", resource: "dataset", resourceId: datasetId },
			detail: { itemId, version },
		});
	});
}

async function closeItem(tx: Tx, held: HeldDataset, itemId: string) {
	const [before] = await tx
		.update(datasetItems)
		.set({ toVersion: held.version + 1 })
		.where(and(isCurrent(held.id), eq(datasetItems.itemId, itemId)))
		.returning();
	if (!before) throw notFound("This item");
	return before;
}

async function nextVersion(tx: Tx, held: HeldDataset): Promise<number> {
	await tx
		.update(datasets)
		.set({ version: held.version + 1, updatedAt: sql`now()` })
		.where(eq(datasets.id, held.id));
	return held.version + 1;
}
