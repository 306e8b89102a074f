import { and, count, desc, eq, gt, inArray, isNull, ne, sql } from "drizzle-orm";
import { collections, documents, workers } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { CollectionChange, Document, OneCollection } from "../contract";
import { mayReadDocument } from "./access";
import { getCollection } from "./collections";
import { progressOf, readableDocuments, toDocument } from "./document-row";

/** Changes that come within this time are told together. */
const togetherMs = 250;
/** Without news we look all the same: rights may have been taken away, or a word lost. */
const lookMs = 15_000;
/** Most documents told at once; the page reads the others as it scrolls. */
const most = 500;

/** The collection as it stands, then what changes in it, until the caller is gone or may not read it any more. */
export async function* watchCollection(
	ctx: ServiceContext,
	{ collectionId }: OneCollection,
): AsyncGenerator<{ id: string; data: CollectionChange }> {
	const bell = new Bell();
	const stop = () => bell.ring();
	ctx.signal?.addEventListener("abort", stop, { once: true });
	// Before the first look, so that nothing falls between the two.
	const unlisten = await ctx.db.listen(
		"knowledge",
		(payload) => {
			if (payload === collectionId) bell.ring();
		},
		() => bell.ring(),
	);
	try {
		const told = new Map<string, string>();
		for (let isFirst = true; !ctx.signal?.aborted; isFirst = false) {
			bell.quiet();
			const change = await look(ctx, collectionId, told);
			if (isFirst || change.documents.length > 0 || change.removedIds.length > 0)
				yield { id: String(Date.now()), data: change };
			await bell.heard(lookMs, togetherMs);
		}
	} finally {
		ctx.signal?.removeEventListener("abort", stop);
		unlisten();
	}
}

/** Something happened: however often it rang, whoever waits wakes once. */
class Bell {
	private rang = false;
	private wake: (() => void) | null = null;

	ring(): void {
		this.rang = true;
		this.wake?.();
	}

	quiet(): void {
		this.rang = false;
	}

	async heard(longestMs: number, restMs: number): Promise<void> {
		await new Promise<void>((resolve) => setTimeout(resolve, restMs));
		if (this.rang) return;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, longestMs);
			this.wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.wake = null;
	}
}

/** What differs from what was told before. A transaction may commit later than it began: recent ones are looked at again. */
async function look(ctx: ServiceContext, collectionId: string, told: Map<string, string>): Promise<CollectionChange> {
	await getCollection(ctx, { collectionId });
	const isIn = eq(documents.collectionId, collectionId);
	const recent = told.size > 0 ? gt(documents.updatedAt, sql`now() - interval '1 minute'`) : undefined;
	const [rows, removed, totals] = await Promise.all([
		readableDocuments(ctx.db.orm, ctx, isIn, recent).orderBy(desc(documents.updatedAt)).limit(most),
		ctx.db.orm
			.select({ id: documents.id })
			.from(documents)
			.innerJoin(collections, eq(collections.id, documents.collectionId))
			.where(
				and(
					isIn,
					gt(documents.updatedAt, sql`now() - interval '1 minute'`),
					sql`not coalesce((${mayReadDocument(ctx)}), false)`,
				),
			)
			.limit(most),
		countStates(ctx, collectionId),
	]);
	const changed = rows.map(toDocument).filter((document) => told.get(document.id) !== fingerprint(document));
	for (const document of changed) told.set(document.id, fingerprint(document));
	const removedIds = removed.flatMap(({ id }) => (told.delete(id) ? [id] : []));
	return { documents: changed, removedIds, total: totals };
}

const fingerprint = ({ state, progress, name, updatedAt }: Document) =>
	`${state} ${progress} ${updatedAt.getTime()} ${name}`;

async function countStates(ctx: ServiceContext, collectionId: string): Promise<CollectionChange["total"]> {
	const rows = await ctx.db.orm
		.select({
			state: documents.state,
			count: count(),
			done: sql<number>`sum(${documents.done})::int`,
			total: sql<number>`sum(${documents.total})::int`,
		})
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(and(eq(documents.collectionId, collectionId), mayReadDocument(ctx)))
		.groupBy(documents.state);
	const all = rows.reduce((sum, row) => sum + row.count, 0);
	const of = (state: string) => rows.find((row) => row.state === state)?.count ?? 0;
	const progress = rows.reduce((sum, row) => sum + row.count * progressOf(row.state, row.done, row.total), 0);
	const queued = of("queued");
	return {
		all,
		ready: of("ready"),
		failed: of("failed"),
		paused: of("paused"),
		cancelled: of("cancelled"),
		queued,
		progress: all > 0 ? progress / all : 1,
		waitsFor: queued > 0 ? await whyQueued(ctx, collectionId) : null,
	};
}

/** Why documents wait their turn, in a sentence for whoever waits. */
async function whyQueued(ctx: ServiceContext, collectionId: string): Promise<string> {
	const isWorking = inArray(documents.state, ["parsing", "chunking", "embedding", "indexing"]);
	const [[alive], [own], [others]] = await Promise.all([
		ctx.db.orm.select({ count: count() }).from(workers).where(gt(workers.beatAt, sql`now() - interval '30 seconds'`)),
		ctx.db.orm
			.select({ count: count() })
			.from(documents)
			.where(and(eq(documents.collectionId, collectionId), isWorking, isNull(documents.deletedAt))),
		ctx.db.orm
			.select({ count: count() })
			.from(documents)
			.where(and(ne(documents.collectionId, collectionId), isWorking, isNull(documents.deletedAt))),
	]);
	if (!env().INNGEST_BASE_URL && alive?.count === 0)
		return "No worker is running, so nothing is read. Whoever runs this installation sees more on the Jobs page.";
	if ((own?.count ?? 0) > 0) return "Two documents of one person are read at a time; the others follow.";
	return (others?.count ?? 0) > 0
		? "Documents of other collections are read first; these follow."
		: "They are about to be taken up.";
}
