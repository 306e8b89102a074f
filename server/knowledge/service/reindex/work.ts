import { and, asc, eq } from "drizzle-orm";
import { documents, reindexes } from "@/db/schema";
import { findStanding } from "@/server/auth/service";
import { actorMay, type Cause, type Principal } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { EmbedderAway, embedderOf } from "../../embedding";
import { storeBeside } from "../../vectors";
import { StoreAway } from "../../vectors/store";
import { holdManaged, notifyCollection } from "../access";
import { type Building, findBuilding, isFound, isMissing, type Reading } from "./building";
import { failReindex } from "./end";
import { indexReading } from "./index-reading";

const listedAtOnce = 50;

/** `caughtUp`: everything that can be found is in the new index; `away`: a model or a store can't be reached, try again later. */
export type Worked = "more" | "caughtUp" | "away" | "over";

/** Brings documents into the index that is being made, one after the other, until this much time has passed. */
export async function workReindex(ctx: ServiceContext, indexNo: number, ms: number): Promise<Worked> {
	const until = performance.now() + ms;
	for (;;) {
		const index = await findBuilding(ctx.db.orm, indexNo);
		if (!index || !(await mayGoOn(ctx, index))) return clearUp(ctx, indexNo);
		const by = embedderOf(index);
		if (!by) {
			await failReindex(ctx, indexNo, `The embedding model ${index.model} is not set up any more.`);
			return "over";
		}
		const some = await listMissing(ctx, index);
		if (some.length === 0) return "caughtUp";
		for (const reading of some) {
			ctx.signal?.throwIfAborted();
			try {
				if ((await indexReading(ctx, index, by, reading)) === "away") return waitFor(ctx, index, "the vector index");
			} catch (error) {
				if (!(error instanceof EmbedderAway)) throw error;
				return waitFor(ctx, index, error.message);
			}
			await waitFor(ctx, index, null);
			if (performance.now() > until) return "more";
		}
	}
}

/** Whoever began it may have lost their rights since: then it ends. */
async function mayGoOn(ctx: ServiceContext, { no, collectionId }: Building): Promise<boolean> {
	try {
		await ctx.db.transaction((tx) => holdManaged(ctx, tx, collectionId));
		return true;
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		await failReindex(ctx, no, "Whoever began it may not change this collection any more.");
		return false;
	}
}

/** Why nobody goes on with it, where whoever caused it may not. */
export async function findRefusal(
	ctx: ServiceContext,
	cause: Cause,
): Promise<{ person: Principal | null; refusal: string | null }> {
	const { principal } = await findStanding(ctx.db, cause);
	if (principal && actorMay(principal, "knowledge:write")) return { person: principal, refusal: null };
	return { person: principal, refusal: "The account, session or key that began it was ended." };
}

/** What it waits for, for the page that follows it; null where it goes on. */
async function waitFor(ctx: ServiceContext, index: Building, what: string | null): Promise<"away"> {
	const reason = what && `It waits: ${what} can't be reached, or answers wrongly.`;
	await ctx.db.transaction(async (tx) => {
		if (reason !== index.reason) await tx.update(reindexes).set({ reason }).where(eq(reindexes.no, index.no));
		await notifyCollection(tx, index.collectionId);
	});
	index.reason = reason;
	return "away";
}

/** A step that was under way when it ended may have brought something there after it was cleared. */
async function clearUp(ctx: ServiceContext, indexNo: number): Promise<"over" | "away"> {
	const [row] = await ctx.db.orm.select().from(reindexes).where(eq(reindexes.no, indexNo));
	if (!row || (row.state !== "cancelled" && row.state !== "failed")) return "over";
	try {
		await storeBeside(row)?.removeIndex(ctx.db.orm, indexNo);
		return "over";
	} catch (error) {
		if (!(error instanceof StoreAway)) throw error;
		return "away";
	}
}

const listMissing = (ctx: ServiceContext, { no, collectionId }: Building): Promise<Reading[]> =>
	ctx.db.orm
		.select({ id: documents.id, no: documents.no, attempt: documents.attempt })
		.from(documents)
		.where(and(isFound(collectionId), isMissing(no)))
		.orderBy(asc(documents.no))
		.limit(listedAtOnce);
