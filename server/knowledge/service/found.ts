import { inArray, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { documents, documentUses } from "@/db/schema";
import { log } from "@/server/core/log";

/** So long searches gather what they found before it is written, in ms: no search writes by itself. */
const togetherMs = 15_000;
const mostWaiting = 1_000;

type Waiting = { counts: Map<string, number>; timer: NodeJS.Timeout | null };
const waiting = new WeakMap<Database, Waiting>();

/** Remembers that a search found these documents. A process that dies forgets its last seconds, which nobody misses. */
export function noteFound(db: Database, documentIds: Iterable<string>): void {
	const mine = waiting.get(db) ?? { counts: new Map<string, number>(), timer: null };
	waiting.set(db, mine);
	for (const id of new Set(documentIds)) mine.counts.set(id, (mine.counts.get(id) ?? 0) + 1);
	if (mine.counts.size === 0) return;
	if (mine.counts.size >= mostWaiting) void writeFound(db);
	else mine.timer ??= setTimeout(() => void writeFound(db), togetherMs).unref();
}

/** Writes what has gathered, one row a document. */
export async function writeFound(db: Database): Promise<void> {
	const mine = waiting.get(db);
	if (!mine) return;
	waiting.delete(db);
	if (mine.timer) clearTimeout(mine.timer);
	// Always in the same order, so that two processes never wait for each other.
	const counts = [...mine.counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
	try {
		await db.transaction(async (tx) => {
			const ids = counts.map(([id]) => id);
			const there = await tx.select({ id: documents.id }).from(documents).where(inArray(documents.id, ids));
			const known = new Set(there.map(({ id }) => id));
			const rows = counts.flatMap(([documentId, foundCount]) =>
				known.has(documentId) ? [{ documentId, foundCount }] : [],
			);
			if (rows.length === 0) return;
			await tx
				.insert(documentUses)
				.values(rows.map((row) => ({ ...row, foundAt: sql`now()` })))
				.onConflictDoUpdate({
					target: documentUses.documentId,
					set: { foundCount: sql`${documentUses.foundCount} + excluded.found_count`, foundAt: sql`now()` },
				});
		});
	} catch (error) {
		log.warn({ err: error }, "which documents were found could not be written down");
	}
}
