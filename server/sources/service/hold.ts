import { eq } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { sourceRuns, sources } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { holdManagedCollection } from "@/server/knowledge/service";
import { type SourceRow, secretOf } from "../place";
import { getSource } from "./read";

/** Holds a source, whose collection the caller manages, until the transaction ends. */
export async function holdSource(ctx: ServiceContext, tx: Tx, sourceId: string): Promise<SourceRow> {
	const { collectionId } = await getSource(ctx, { sourceId }, tx);
	await holdManagedCollection(ctx, tx, collectionId, "no key update");
	const [row] = await tx.select().from(sources).where(eq(sources.id, sourceId)).for("update");
	if (!row) throw notFound("This source");
	return row;
}

/** A sync and its source; null where it is over, or the source is gone. */
export type Sync = { source: SourceRow; syncId: string };

export async function holdSync(tx: Tx, syncId: string): Promise<Sync | null> {
	const [held] = await tx
		.select({ source: sources, state: sourceRuns.state })
		.from(sourceRuns)
		.innerJoin(sources, eq(sources.id, sourceRuns.sourceId))
		.where(eq(sourceRuns.id, syncId))
		.for("update", { of: sourceRuns });
	return held?.state === "running" ? { source: held.source, syncId } : null;
}

/** What it takes to reach a sync's source. */
export const reachOf = ({ source, syncId }: Sync, { signal }: ServiceContext) => ({
	...{ source, syncId, secret: secretOf(source), signal },
});
