import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { agents, agentVersions, collections, documents } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadDocumentRow, mayReadRow } from "@/server/core/grants";

const row = { id: collections.id, ownerId: collections.ownerId };

/** The collections that the caller may find things in: the person's own, and those granted to them in any way. */
export const mayRead = (ctx: ServiceContext): SQL | undefined => and(isThere(ctx), readsWhole(ctx));

/** An agent looks in its own collections only, whoever it works for: what was taken from it is at once out of its sight. */
const isAgents = ({ actor }: ServiceContext): SQL | undefined =>
	actor.kind === "agent"
		? sql`exists (select 1 from ${agents} join ${agentVersions} on ${agentVersions.id} = ${agents.publishedVersionId}
			where ${agents.id} = ${actor.agentId} and (${agentVersions.collectionIds} is null
				or jsonb_typeof(${agentVersions.collectionIds}) = 'null' or ${agentVersions.collectionIds} ? ${collections.id}::text))`
		: undefined;

/** Whether the person may change the collection of the row. */
export const mayManage = (ctx: ServiceContext): SQL<boolean> => mayManageRow(requireUser(ctx), "collection", row);

/** The documents that the caller may find and open, of a query that joins their collections. */
export const mayReadDocument = (ctx: ServiceContext): SQL | undefined =>
	and(isNull(documents.deletedAt), isThere(ctx), mayReadDocumentRow(requireUser(ctx)));

/** Whether the collection of the row is not deleted, and one that the agent at work may look in. */
export const isThere = (ctx: ServiceContext): SQL | undefined => and(isNull(collections.deletedAt), isAgents(ctx));

/** Whether the caller may read the collection of the row as a whole. */
export const readsWhole = (ctx: ServiceContext): SQL => mayReadRow(requireUser(ctx), "collection", row);

/**
 * Holds the collection until the transaction ends, before anything in it: `share` for what goes into it, `no key update` for what
 * raises its version too. Throws where the person may not change it.
 */
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
