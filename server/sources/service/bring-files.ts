import { and, asc, eq, isNull, ne, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documents, sourceItems, sourceRuns } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { maxFileBytes } from "@/server/knowledge/contract";
import { putSynced, storeBytes } from "@/server/knowledge/service";
import { kinds } from "../kinds";
import { type Content, FileProblem, type Outcome, SourceProblem, type Wanted } from "../kinds/kind";
import { endSync } from "./end-sync";
import { holdSync, reachOf, type Sync } from "./hold";

const filesAtOnce = 200;
/** A step ends after so long, in ms; the next goes on. */
const stepMs = 20_000;
/** After so many that the source did not answer for, one after the other, the rest is left for the next sync. */
const mostAway = 5;
/** What one sync brings at most; the next goes on. */
const mostBytes = 2 * 1024 * 1024 * 1024;
const longestMinutes = 60;

const tooLarge = "The file is larger than 25 MB. Split it, or leave it out by a pattern.";

/** Brings some of the files that are new or changed. Answers whether more are left. */
export async function bringFiles(ctx: ServiceContext, syncId: string): Promise<boolean> {
	const sync = await ctx.db.transaction((tx) => holdSync(tx, syncId));
	if (!sync) return false;
	if (await isSpent(ctx, syncId)) return false;
	const wanted = await waitingFiles(ctx, sync);
	if (wanted.length === 0) return false;
	const deadline = performance.now() + stepMs;
	let away = 0;
	let isOver = false;
	const take = async (file: Wanted, outcome: Outcome): Promise<boolean> => {
		away = outcome instanceof FileProblem && outcome.isAway ? away + 1 : 0;
		isOver = !(await takeFile(ctx, syncId, file, outcome));
		return !isOver && away < mostAway && performance.now() < deadline;
	};
	try {
		await kinds[sync.source.kind].read(reachOf(sync, ctx), wanted, take);
	} catch (error) {
		if (!(error instanceof SourceProblem)) throw error;
		await endSync(ctx, syncId, { state: "partial", reason: error.message });
		return false;
	}
	if (away >= mostAway) {
		const reason = "The source stopped answering. What it had answered by then is in; the next sync goes on.";
		await endSync(ctx, syncId, { state: "partial", reason });
		return false;
	}
	return !isOver;
}

async function isSpent(ctx: ServiceContext, syncId: string): Promise<boolean> {
	const [sync] = await ctx.db.orm
		.select({
			bytes: sourceRuns.bytes,
			isLate: sql<boolean>`${sourceRuns.createdAt} < now() - make_interval(mins => ${longestMinutes})`,
		})
		.from(sourceRuns)
		.where(eq(sourceRuns.id, syncId));
	if (!sync || (!sync.isLate && sync.bytes < mostBytes)) return false;
	const why = sync.isLate ? `It took an hour` : "It brought 2 GB";
	await endSync(ctx, syncId, { state: "partial", reason: `${why}, which is most for one sync. The next goes on.` });
	return true;
}

const waitingFiles = (ctx: ServiceContext, { source, syncId }: Sync): Promise<Wanted[]> =>
	ctx.db.orm
		.select({
			path: sourceItems.path,
			mark: sourceItems.seenMark,
			known: sql<string | null>`case when exists (
			select from ${documents} where ${documents.id} = ${sourceItems.documentId} and ${documents.deletedAt} is null)
			or ${sourceItems.isLeftOut} then ${sourceItems.mark} end`,
		})
		.from(sourceItems)
		.where(
			and(
				...[eq(sourceItems.sourceId, source.id), eq(sourceItems.seenIn, syncId)],
				or(isNull(sourceItems.triedIn), ne(sourceItems.triedIn, syncId)),
			),
		)
		.orderBy(asc(sourceItems.path))
		.limit(filesAtOnce);

/** Takes one file, in one transaction with what is counted. False where the sync is over. */
async function takeFile(ctx: ServiceContext, syncId: string, file: Wanted, outcome: Outcome): Promise<boolean> {
	if (outcome instanceof FileProblem) return noteProblem(ctx, syncId, file, outcome.message);
	if (outcome === null) return ctx.db.transaction((tx) => settle(tx, syncId, file, { unchanged: 1 }, {}));
	if (outcome.bytes.length > maxFileBytes) return noteProblem(ctx, syncId, file, tooLarge);
	if (outcome.bytes.length === 0)
		return noteProblem(ctx, syncId, file, "The file is empty. Look whether it is the right one.");
	const stored = await storeBytes(outcome.bytes);
	try {
		return await ctx.db.transaction((tx) => put(ctx, tx, syncId, { file, outcome, stored }));
	} catch (error) {
		// Somebody's right was taken away meanwhile: that is true of all files.
		if (error instanceof AppError && (error.code === "FORBIDDEN" || error.code === "NOT_FOUND"))
			throw new SourceProblem(
				"Whoever this source works for may not change the collection any more. Whoever takes it over saves it once: it works for them then.",
			);
		if (error instanceof AppError && error.code !== "INTERNAL") return noteProblem(ctx, syncId, file, error.message);
		throw error;
	}
}

type Taken = { file: Wanted; outcome: Content; stored: { sha256: string; size: number } };

async function put(ctx: ServiceContext, tx: Tx, syncId: string, { file, outcome, stored }: Taken): Promise<boolean> {
	const sync = await holdSync(tx, syncId);
	if (!sync) return false;
	const { source } = sync;
	const item = await holdItem(tx, source.id, file.path);
	if (!item || item.triedIn === syncId) return true;
	const { mark } = outcome;
	if (item.isLeftOut && item.sha256 === stored.sha256) return settle(tx, syncId, file, { unchanged: 1 }, { mark });
	const place = {
		collectionId: source.collectionId,
		sourceId: source.id,
		documentId: item.documentId,
		isShared: item.isShared,
	};
	const put = await putSynced(ctx, tx, place, {
		...stored,
		name: outcome.name ?? file.path,
		mediaType: outcome.mediaType,
		source: kinds[source.kind].tell(source, file.path),
	});
	// Bytes that the collection had from elsewhere are new to this source all the same.
	const counted = put.outcome === "unchanged" && item.documentId === null ? "added" : put.outcome;
	const taken = { mark, sha256: stored.sha256, documentId: put.documentId, isLeftOut: false };
	return settle(tx, syncId, file, { [counted]: 1, bytes: stored.size }, taken);
}

export async function holdItem(tx: Tx, sourceId: string, path: string) {
	const other = sql<boolean>`exists (select from source_items other where other.source_id = ${sourceItems.sourceId}
		and other.document_id = ${sourceItems.documentId} and other.path <> ${sourceItems.path})`;
	const [item] = await tx
		.select({
			...{ triedIn: sourceItems.triedIn, sha256: sourceItems.sha256, isLeftOut: sourceItems.isLeftOut },
			...{ documentId: sourceItems.documentId, isShared: other },
		})
		.from(sourceItems)
		.where(and(eq(sourceItems.sourceId, sourceId), eq(sourceItems.path, path)))
		.for("update");
	return item ?? null;
}

type Counted = Partial<Record<"added" | "changed" | "unchanged" | "failed" | "bytes", number>>;

async function settle(
	tx: Tx,
	syncId: string,
	{ path }: Wanted,
	counted: Counted,
	item: Partial<typeof sourceItems.$inferInsert>,
): Promise<boolean> {
	const sync = await holdSync(tx, syncId);
	if (!sync) return false;
	const isIt = and(eq(sourceItems.sourceId, sync.source.id), eq(sourceItems.path, path));
	await tx
		.update(sourceItems)
		.set({ problem: null, ...item, triedIn: syncId })
		.where(isIt);
	const more = Object.entries(counted).map(([name, by]) => {
		const column = sourceRuns[name as keyof Counted];
		return [name, sql`${column} + ${by}`];
	});
	await tx
		.update(sourceRuns)
		.set({ ...Object.fromEntries(more), beatAt: sql`now()` })
		.where(eq(sourceRuns.id, syncId));
	return true;
}

/** The other files go on; this one is tried again with the next sync. */
const noteProblem = (ctx: ServiceContext, syncId: string, file: Wanted, problem: string): Promise<boolean> =>
	ctx.db.transaction((tx) => settle(tx, syncId, file, { failed: 1 }, { problem, mark: null }));
