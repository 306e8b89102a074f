import { and, eq, exists, isNotNull, isNull, or, sql } from "drizzle-orm";
import { documents, sourceItems, sourceRuns } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { kinds } from "../kinds";
import { type Listing, SourceProblem } from "../kinds/kind";
import { endSync } from "./end-sync";
import { holdSync, reachOf, type Sync } from "./hold";

const rowsAtOnce = 500;
/** From so many files on, a source that is suddenly empty is taken for one that is not there. */
const manyFiles = 10;

/** Writes down what the source has now. Answers whether there is anything more to do. */
export async function listFiles(ctx: ServiceContext, syncId: string): Promise<boolean> {
	const sync = await ctx.db.transaction((tx) => holdSync(tx, syncId));
	if (!sync) return false;
	const { source } = sync;
	let listing: Listing;
	try {
		listing = await kinds[source.kind].list(reachOf(sync, ctx));
	} catch (error) {
		if (!(error instanceof SourceProblem)) throw error;
		await endSync(ctx, syncId, { state: "failed", reason: error.message });
		return false;
	}
	const { files, skipped } = listing;
	const known = await ctx.db.orm.$count(
		sourceItems,
		and(eq(sourceItems.sourceId, source.id), isNotNull(sourceItems.documentId)),
	);
	if (files.length === 0 && known >= manyFiles) {
		const reason = `Nothing was found, where ${known} files were before: nothing was removed. Look whether all of it is there. Where it is to be empty, delete this source with its documents.`;
		await endSync(ctx, syncId, { state: "failed", reason });
		return false;
	}
	for (let from = 0; from < files.length; from += rowsAtOnce)
		await note(ctx, sync, files.slice(from, from + rowsAtOnce));
	return ctx.db.transaction(async (tx) => {
		if (!(await holdSync(tx, syncId))) return false;
		const isAlive = exists(
			tx
				.select({ id: documents.id })
				.from(documents)
				.where(and(eq(documents.id, sourceItems.documentId), isNull(documents.deletedAt))),
		);
		const same = await tx
			.update(sourceItems)
			.set({ triedIn: syncId, problem: null })
			.where(
				and(
					...[eq(sourceItems.sourceId, source.id), eq(sourceItems.seenIn, syncId)],
					...[eq(sourceItems.mark, sourceItems.seenMark), or(eq(sourceItems.isLeftOut, true), isAlive)],
				),
			)
			.returning({ path: sourceItems.path });
		const facts = { found: files.length, skipped, unchanged: same.length, reason: listing.incomplete };
		await tx
			.update(sourceRuns)
			.set({ ...facts, beatAt: sql`now()` })
			.where(eq(sourceRuns.id, syncId));
		return true;
	});
}

async function note(ctx: ServiceContext, { source, syncId }: Sync, files: Listing["files"]): Promise<void> {
	await ctx.db.orm
		.insert(sourceItems)
		.values(files.map(({ path, mark }) => ({ sourceId: source.id, path, seenIn: syncId, seenMark: mark })))
		.onConflictDoUpdate({
			target: [sourceItems.sourceId, sourceItems.path],
			set: { seenIn: sql`excluded.seen_in`, seenMark: sql`excluded.seen_mark` },
		});
	await ctx.db.orm.update(sourceRuns).set({ beatAt: sql`now()` }).where(eq(sourceRuns.id, syncId));
}
