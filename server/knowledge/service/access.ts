import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agents, collections } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadRow } from "@/server/core/grants";

const row = { id: collections.id, ownerId: collections.ownerId };

/** The collections that the caller may find things in: the person's own, and those granted to them in any way. */
export const mayRead = (ctx: ServiceContext): SQL | undefined =>
	and(isNull(collections.deletedAt), mayReadRow(requireUser(ctx), "collection", row), isAgents(ctx));

/** An agent looks in its own collections only, whoever it works for. */
const isAgents = ({ actor }: ServiceContext): SQL | undefined =>
	actor.kind === "agent"
		? sql`exists (select 1 from ${agents} where ${agents.id} = ${actor.agentId} and (${agents.collectionIds} is null
			or jsonb_typeof(${agents.collectionIds}) = 'null' or ${agents.collectionIds} ? ${collections.id}::text))`
		: undefined;

/** Whether the person may change the collection of the row. */
export const mayManage = (ctx: ServiceContext): SQL<boolean> => mayManageRow(requireUser(ctx), "collection", row);

export type Visible = { id: string; no: number; version: number };

/** What a search by this person may look through, with the version of each as it is now. */
export async function visibleCollections(ctx: ServiceContext, only?: string[]): Promise<Visible[]> {
	return ctx.db.orm
		.select({ id: collections.id, no: collections.no, version: collections.version })
		.from(collections)
		.where(and(mayRead(ctx), only ? inArray(collections.id, only) : undefined));
}

/** Holds the collection until the transaction ends: `share` for what goes into it. Throws where the person may not change it. */
export async function holdManaged(
	ctx: ServiceContext,
	tx: Tx,
	collectionId: string,
	lock: "share" | "no key update" = "share",
): Promise<{ name: string; description: string; revision: number }> {
	const [found] = await tx
		.select({
			name: collections.name,
			description: collections.description,
			revision: collections.revision,
			mayManage: mayManage(ctx),
		})
		.from(collections)
		.where(and(eq(collections.id, collectionId), mayRead(ctx)))
		.for(lock);
	if (!found) throw notFound("This collection");
	if (!found.mayManage)
		throw new AppError("FORBIDDEN", "You may read this collection, but not change it. Ask its owner to do it.");
	return { name: found.name, description: found.description, revision: found.revision };
}

/** Tells the pages that follow the collection, once the transaction is through. */
export async function notifyCollection(tx: Reader, collectionId: string): Promise<void> {
	await tx.execute(sql`select pg_notify('knowledge', ${collectionId})`);
}

/** What can be found in the collection is about to change: caches of the old must not be used. */
export async function raiseVersion(tx: Reader, collectionId: string): Promise<void> {
	await tx
		.update(collections)
		.set({ version: sql`${collections.version} + 1` })
		.where(eq(collections.id, collectionId));
}
