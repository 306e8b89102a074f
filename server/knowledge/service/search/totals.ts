import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { documents } from "@/db/schema";
import type { ScopedCollection } from "../../vectors/store";

type Totals = { version: number; passages: number; terms: number };

const mostKept = 5_000;
const known = new Map<string, Totals>();

/** How many passages the collections have, and how long one is in the mean. Counted anew when a collection has changed. */
export async function totalsOf(
	db: Database,
	collections: ScopedCollection[],
): Promise<{ passages: number; length: number }> {
	const stale = collections.filter(({ id, version }) => known.get(id)?.version !== version);
	if (stale.length > 0) await count(db, stale);
	const sum = (of: "passages" | "terms") =>
		collections.reduce((total, { id }) => total + (known.get(id)?.[of] ?? 0), 0);
	const passages = Math.max(1, sum("passages"));
	const totals = { passages, length: Math.max(1, sum("terms") / passages) };
	for (const oldest of known.keys()) {
		if (known.size <= mostKept) break;
		known.delete(oldest);
	}
	return totals;
}

async function count(db: Database, stale: ScopedCollection[]): Promise<void> {
	const ids = stale.map(({ id }) => id);
	const rows = await db.orm
		.select({
			id: documents.collectionId,
			passages: sql<number>`sum(${documents.chunkCount})::float8`,
			terms: sql<number>`sum(${documents.termCount})::float8`,
		})
		.from(documents)
		.where(and(inArray(documents.collectionId, ids), eq(documents.state, "ready"), isNull(documents.deletedAt)))
		.groupBy(documents.collectionId);
	const byId = new Map(rows.map((row) => [row.id, row]));
	for (const { id, version } of stale) {
		const row = byId.get(id);
		known.delete(id);
		known.set(id, { version, passages: row?.passages ?? 0, terms: row?.terms ?? 0 });
	}
}
