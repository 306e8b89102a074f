import { and, desc, eq, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { collections, sourceItems, sourceRuns, sources, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { getCollection, isCollectionThere, mayManageCollection } from "@/server/knowledge/service";
import type { ListProblems, ListSources, ListSyncs, OneSource, Source, SourceProblem, SyncRun } from "../contract";

/** Whoever manages a collection sees where it comes from; nobody else does. */
const isTheirs = (ctx: ServiceContext) => and(isCollectionThere(ctx), mayManageCollection(ctx));

const run = {
	id: sourceRuns.id,
	state: sourceRuns.state,
	askedByName: sql<string | null>`(select name from users where users.id = ${sourceRuns.askedBy})`,
	found: sourceRuns.found,
	added: sourceRuns.added,
	changed: sourceRuns.changed,
	removed: sourceRuns.removed,
	unchanged: sourceRuns.unchanged,
	failed: sourceRuns.failed,
	skipped: sourceRuns.skipped,
	reason: sourceRuns.reason,
	createdAt: sourceRuns.createdAt,
	endedAt: sourceRuns.endedAt,
};

const select = <More extends Record<string, SQL>>(
	ctx: ServiceContext,
	db: Reader,
	where: SQL | undefined,
	more: More,
) =>
	db
		.select({
			source: sources,
			ownerName: users.name,
			documentCount: sql<number>`(select count(*)::int from documents
				where documents.source_id = ${sources.id} and documents.deleted_at is null)`,
			problemCount: sql<number>`(select count(*)::int from source_items
				where source_items.source_id = ${sources.id} and source_items.problem is not null)`,
			...more,
		})
		.from(sources)
		.innerJoin(collections, eq(collections.id, sources.collectionId))
		.innerJoin(users, eq(users.id, sources.ownerId))
		.where(and(isTheirs(ctx), where));
type Row = Omit<Awaited<ReturnType<typeof select<{ key: SQL }>>>[number], "key">;

/** The last sync of each of these sources. */
async function lastRuns(db: Reader, ids: string[]): Promise<Map<string, SyncRun>> {
	if (ids.length === 0) return new Map();
	const rows = await db
		.selectDistinctOn([sourceRuns.sourceId], { sourceId: sourceRuns.sourceId, run })
		.from(sourceRuns)
		.where(inArray(sourceRuns.sourceId, ids))
		.orderBy(sourceRuns.sourceId, desc(sourceRuns.createdAt));
	return new Map(rows.map((row) => [row.sourceId, row.run]));
}

function toSource({ source, ...counted }: Row, lastRun: SyncRun | undefined): Source {
	const { settings, sealedSecret, secretVersion: _, ownerId: __, updatedAt: ___, nextAt, ...facts } = source;
	return {
		...facts,
		...settings,
		...counted,
		hasSecret: sealedSecret !== null,
		nextAt: source.isPaused ? null : nextAt,
		lastRun: lastRun ?? null,
	};
}

export async function listSources(
	ctx: ServiceContext,
	input: ListSources,
): Promise<{ rows: Source[]; next: string | null }> {
	await getCollection(ctx, { collectionId: input.collectionId });
	const list = listQuery(input, { filter: {}, sort: { createdAt: sources.createdAt }, id: sources.id });
	const isIn = and(eq(sources.collectionId, input.collectionId), list.where);
	const rows = await select(ctx, ctx.db.orm, isIn, { key: list.key })
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const last = await lastRuns(
		ctx.db.orm,
		rows.map(({ source }) => source.id),
	);
	return list.page(rows.map(({ key, ...row }) => ({ ...toSource(row, last.get(row.source.id)), key })));
}

export async function getSource(
	ctx: ServiceContext,
	{ sourceId }: OneSource,
	db: Reader = ctx.db.orm,
): Promise<Source> {
	const [row] = await select(ctx, db, eq(sources.id, sourceId), {});
	if (!row) throw notFound("This source");
	return toSource(row, (await lastRuns(db, [sourceId])).get(sourceId));
}

export async function listSyncs(
	ctx: ServiceContext,
	input: ListSyncs,
): Promise<{ rows: SyncRun[]; next: string | null }> {
	await getSource(ctx, { sourceId: input.sourceId });
	const list = listQuery(input, { filter: {}, sort: { createdAt: sourceRuns.createdAt }, id: sourceRuns.id });
	const rows = await ctx.db.orm
		.select({ ...run, key: list.key })
		.from(sourceRuns)
		.where(and(eq(sourceRuns.sourceId, input.sourceId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

/** The files that could not be taken, with what to do. */
export async function listProblems(
	ctx: ServiceContext,
	input: ListProblems,
): Promise<{ rows: SourceProblem[]; next: string | null }> {
	await getSource(ctx, { sourceId: input.sourceId });
	const { path } = sourceItems;
	const list = listQuery({ ...input, sort: input.sort ?? "path" }, { filter: {}, sort: { path }, id: path });
	const rows = await ctx.db.orm
		.select({ id: path, path, problem: sql<string>`${sourceItems.problem}`, key: list.key })
		.from(sourceItems)
		.where(and(eq(sourceItems.sourceId, input.sourceId), isNotNull(sourceItems.problem), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: page.rows.map(({ id: _, ...row }) => row), next: page.next };
}
