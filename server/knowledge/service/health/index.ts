import { and, asc, count, desc, eq, isNull, lt, type SQL, sql } from "drizzle-orm";
import { agentVersions, collections, documents, documentUses, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import type { OneCollection } from "../../contract";
import { type CollectionHealth, staleAfterDays, unansweredForDays, unfoundAfterDays } from "../../contract/health";
import { mayManage, mayRead } from "../access";

const most = 20;

/** The collection, where the caller manages it: then nothing in it is kept from them. */
export async function expectManaged(ctx: ServiceContext, collectionId: string): Promise<{ version: number }> {
	const [found] = await ctx.db.orm
		.select({ version: collections.version })
		.from(collections)
		.where(and(eq(collections.id, collectionId), mayRead(ctx), mayManage(ctx)));
	if (!found) throw notFound("This collection");
	return found;
}

/** How a collection stands, and what is to be done about it. */
export async function getHealth(ctx: ServiceContext, { collectionId }: OneCollection): Promise<CollectionHealth> {
	await expectManaged(ctx, collectionId);
	const isIn = and(eq(documents.collectionId, collectionId), isNull(documents.deletedAt));
	const isReady = and(isIn, eq(documents.state, "ready"));
	const [states, stale, unfound, unanswered] = await Promise.all([
		ctx.db.orm
			.select({ state: documents.state, count: count() })
			.from(documents)
			.where(isIn)
			.groupBy(documents.state)
			.orderBy(asc(documents.state)),
		some(ctx, and(isReady, lt(freshAt, daysAgo(staleAfterDays)))),
		some(ctx, and(isReady, lt(documents.createdAt, daysAgo(unfoundAfterDays)), isNull(documentUses.foundAt))),
		listUnanswered(ctx, collectionId),
	]);
	return { states, stale, unfound, unanswered };
}

const daysAgo = (days: number) => sql`now() - make_interval(days => ${days})`;

/** When it last came in, or its source was last looked at and still had it so. */
const freshAt = sql<Date>`greatest(coalesce(${documents.readyAt}, ${documents.createdAt}), (
	select max(r.ended_at) from source_runs r
	where r.source_id = ${documents.sourceId} and r.state in ('done', 'partial')))`.mapWith(documents.createdAt);

/** The oldest of these, and how many there are. */
async function some(ctx: ServiceContext, where: SQL | undefined) {
	const [rows, [all]] = await Promise.all([
		ctx.db.orm
			.select({ id: documents.id, name: documents.name, at: freshAt })
			.from(documents)
			.leftJoin(documentUses, eq(documentUses.documentId, documents.id))
			.where(where)
			.orderBy(asc(documents.createdAt), asc(documents.id))
			.limit(most),
		ctx.db.orm
			.select({ count: count() })
			.from(documents)
			.leftJoin(documentUses, eq(documentUses.documentId, documents.id))
			.where(where),
	]);
	return { count: all?.count ?? 0, rows };
}

/** The caller's own questions that this collection could have answered and nothing did. Nobody reads those of others. */
function listUnanswered(ctx: ServiceContext, collectionId: string) {
	const { userId } = requireUser(ctx);
	const looksIn = (column: typeof agentVersions.collectionIds | typeof runs.collectionIds) =>
		sql`(${column} is null or jsonb_typeof(${column}) = 'null' or ${column} ? ${collectionId})`;
	return ctx.db.orm
		.select({ runId: runs.id, threadId: runs.threadId, question: runs.question, at: runs.createdAt })
		.from(runs)
		.innerJoin(agentVersions, eq(agentVersions.id, runs.agentVersionId))
		.where(
			and(
				...[eq(runs.userId, userId), sql`${runs.createdAt} > ${daysAgo(unansweredForDays)}`],
				sql`${runs.result} @> '{"abstained": true}'::jsonb`,
				...[looksIn(agentVersions.collectionIds), looksIn(runs.collectionIds)],
			),
		)
		.orderBy(desc(runs.createdAt))
		.limit(most);
}
