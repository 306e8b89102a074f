import { and, count, desc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { collections, documents, reindexDocuments, reindexes, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { Indexing, OneCollection, Reindex } from "../../contract";
import { embedders } from "../../embedding";
import { mayRead } from "../access";
import { isFound, isMissing } from "./building";

const historyLength = 20;

const columns = {
	no: reindexes.no,
	collectionId: reindexes.collectionId,
	state: reindexes.state,
	model: reindexes.model,
	dimension: reindexes.dimension,
	chunkSize: reindexes.chunkSize,
	chunkOverlap: reindexes.chunkOverlap,
	before: reindexes.before,
	reason: reindexes.reason,
	startedByName: users.name,
	startedAt: reindexes.startedAt,
	endedAt: reindexes.endedAt,
};
const list = (db: Reader) => db.select(columns).from(reindexes).innerJoin(users, eq(users.id, reindexes.startedBy));

export async function readReindex(db: Reader, no: number): Promise<Reindex> {
	const [row] = await list(db).where(eq(reindexes.no, no));
	if (!row) throw notFound("This index");
	return row;
}

/** The one that is being made. */
export async function findCurrent(db: Reader, collectionId: string): Promise<Reindex | null> {
	const [row] = await list(db).where(and(eq(reindexes.collectionId, collectionId), eq(reindexes.state, "building")));
	return row ?? null;
}

export async function getIndexing(ctx: ServiceContext, { collectionId }: OneCollection): Promise<Indexing> {
	const { orm } = ctx.db;
	const [live] = await orm
		.select({
			model: collections.model,
			dimension: collections.dimension,
			chunkSize: collections.chunkSize,
			chunkOverlap: collections.chunkOverlap,
		})
		.from(collections)
		.where(and(eq(collections.id, collectionId), mayRead(ctx)));
	if (!live) throw notFound("This collection");
	const [[totals], building, history] = await Promise.all([
		orm
			.select({ documents: count(), passages: sql<number>`coalesce(sum(${documents.chunkCount}), 0)::int` })
			.from(documents)
			.where(isFound(collectionId)),
		findCurrent(orm, collectionId),
		list(orm).where(eq(reindexes.collectionId, collectionId)).orderBy(desc(reindexes.startedAt)).limit(historyLength),
	]);
	return {
		live,
		documents: totals?.documents ?? 0,
		passages: totals?.passages ?? 0,
		models: embedders().map(({ model, dimension, isLocal, mostCharacters }) => ({
			...{ model, dimension, isLocal, mostCharacters },
		})),
		building: building && { ...building, ...(await progressOf(ctx, collectionId, building, totals?.passages ?? 0)) },
		history,
	};
}

/** Counted in passages of the index that is searched: how many the new one comes to is known at its end. */
async function progressOf(ctx: ServiceContext, collectionId: string, { no, startedAt }: Reindex, total: number) {
	const [[left], [made]] = await Promise.all([
		ctx.db.orm
			.select({ passages: sql<number>`coalesce(sum(${documents.chunkCount}), 0)::int` })
			.from(documents)
			.where(and(isFound(collectionId), isMissing(no))),
		ctx.db.orm
			.select({ passages: sql<number>`coalesce(sum(${reindexDocuments.chunkCount}), 0)::int` })
			.from(reindexDocuments)
			.where(and(eq(reindexDocuments.no, no), reindexDocuments.isDone)),
	]);
	const done = total - (left?.passages ?? 0);
	const passages = made?.passages ?? 0;
	const seconds = Math.max(1, (Date.now() - startedAt.getTime()) / 1000);
	return {
		...{ done, total, passages },
		perSecond: passages > 0 ? passages / seconds : null,
		secondsLeft: done > 0 ? Math.ceil((seconds / done) * (total - done)) : null,
	};
}
