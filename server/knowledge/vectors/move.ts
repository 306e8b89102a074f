import { and, asc, eq, gt, inArray, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { chunkVectors, collections, documents, vectorIndexes } from "@/db/schema";
import { fromBytes } from "./exact/bytes";
import type { QdrantStore } from "./qdrant";
import type { Point } from "./store";

const pointsAtOnce = 1_000;

export type MoveProgress = { done: number; total: number; state: "filling" | "verifying" | "ready" };

/**
 * Brings every vector from PostgreSQL into the index beside it, from where the last move stopped, and then compares the two point
 * by point. Only then is the index searched. May run as often as one likes, and while documents come and go.
 */
export async function* moveVectors(db: Database, to: QdrantStore): AsyncGenerator<MoveProgress> {
	let { cursor, state } = await begin(db, to.collection);
	const total = await countReady(db, to.model);
	if (state === "ready") {
		yield { done: total, total, state };
		return;
	}
	let done = await countReady(db, to.model, cursor);
	for (;;) {
		const { points, last } = await pointsAfter(db, to.model, cursor);
		if (last === null) break;
		await to.put(db.orm, points);
		cursor = last;
		await db.orm
			.update(vectorIndexes)
			.set({ cursor, updatedAt: sql`now()` })
			.where(eq(vectorIndexes.name, to.collection));
		done += points.length;
		yield { done, total: Math.max(total, done), state: "filling" };
	}
	yield { done, total: Math.max(total, done), state: "verifying" };
	await compare(db, to);
	state = "ready";
	await db.orm.update(vectorIndexes).set({ state, updatedAt: sql`now()` }).where(eq(vectorIndexes.name, to.collection));
	yield { done, total: Math.max(total, done), state };
}

async function begin(db: Database, name: string) {
	await db.orm.insert(vectorIndexes).values({ name }).onConflictDoNothing();
	const [row] = await db.orm.select().from(vectorIndexes).where(eq(vectorIndexes.name, name));
	if (!row) throw new Error("The move was not written down");
	return row;
}

/** Of what can be found: what is being read in comes by itself, what was deleted is not wanted. */
const isReady = () =>
	inArray(
		chunkVectors.documentId,
		sql`(select ${documents.id} from ${documents} join ${collections} on ${collections.id} = ${documents.collectionId}
			where ${documents.state} = 'ready' and ${documents.deletedAt} is null and ${collections.deletedAt} is null)`,
	);

async function countReady(db: Database, model: string, until?: number): Promise<number> {
	const [row] = await db.orm
		.select({ count: sql<number>`count(*)::int` })
		.from(chunkVectors)
		.where(
			and(eq(chunkVectors.model, model), isReady(), until === undefined ? undefined : lte(chunkVectors.chunkId, until)),
		);
	return row?.count ?? 0;
}

async function pointsAfter(
	db: Database,
	model: string,
	cursor: number,
): Promise<{ points: Point[]; last: number | null }> {
	const points = await pointsWhere(
		db,
		and(
			gt(chunkVectors.chunkId, cursor),
			eq(chunkVectors.model, model),
			eq(documents.state, "ready"),
			isNull(documents.deletedAt),
		),
		pointsAtOnce,
	);
	return { points, last: points.at(-1)?.chunkId ?? null };
}

/** As many as are wanted of those that fit, in the order of their numbers. */
async function pointsWhere(db: Database, fits: SQL | undefined, most: number): Promise<Point[]> {
	const rows = await db.orm
		.select({
			chunkId: chunkVectors.chunkId,
			collectionNo: chunkVectors.collectionNo,
			documentNo: documents.no,
			vector: chunkVectors.vector,
		})
		.from(chunkVectors)
		.innerJoin(documents, eq(documents.id, chunkVectors.documentId))
		.where(fits)
		.orderBy(asc(chunkVectors.chunkId))
		.limit(most);
	return rows.map(({ vector, ...row }) => ({ ...row, vector: fromBytes(vector) }));
}

/** Both sides in the order of their numbers: what one lacks is brought, what stands for nothing any more is removed. */
async function compare(db: Database, to: QdrantStore): Promise<void> {
	for (let first: number | null = 0; first !== null; ) {
		const { ids, next } = await to.idsFrom(first, pointsAtOnce);
		const from: number = first - 1;
		const until = next === null ? Number.MAX_SAFE_INTEGER : next - 1;
		const there = new Set(ids);
		const wanted = await idsBetween(db, to.model, from, until);
		await to.removePoints(ids.filter((id) => !wanted.has(id)));
		const missing = [...wanted].filter((id) => !there.has(id));
		for (let at = 0; at < missing.length; at += pointsAtOnce)
			await to.put(
				db.orm,
				await pointsWhere(db, inArray(chunkVectors.chunkId, missing.slice(at, at + pointsAtOnce)), pointsAtOnce),
			);
		first = next;
	}
}

async function idsBetween(db: Database, model: string, after: number, until: number): Promise<Set<number>> {
	const rows = await db.orm
		.select({ id: chunkVectors.chunkId })
		.from(chunkVectors)
		.where(
			and(gt(chunkVectors.chunkId, after), lte(chunkVectors.chunkId, until), eq(chunkVectors.model, model), isReady()),
		);
	return new Set(rows.map(({ id }) => id));
}
