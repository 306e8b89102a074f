import { and, eq, inArray, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { collections, documents, type GrantLevel, grants, mcpServers, type ResourceKind, threads } from "@/db/schema";
import type { UserActor } from "./actor";
import type { Access } from "./permissions";
import { everyone } from "./rights";

/** Whether a resource of the query's row is granted to one of these at one of these levels. */
const grantTo = (kind: ResourceKind, id: SQLWrapper, grantees: readonly string[], levels: GrantLevel[]): SQL<boolean> =>
	sql<boolean>`exists (select 1 from ${grants} where ${and(
		eq(grants.resourceKind, kind),
		sql`${grants.resourceId} = ${id}`,
		inArray(grants.grantee, [...grantees]),
		inArray(grants.level, levels),
	)})`;

/** Whether everyone with an account may read the resource. */
export const isShared = (kind: ResourceKind, id: SQLWrapper): SQL<boolean> =>
	grantTo(kind, id, [everyone], ["read", "manage"]);

/** Whether the person may read the resource: their own, and what is granted to them, their groups, their roles or all. */
export const mayReadRow = (user: UserActor, kind: ResourceKind, row: { id: SQLWrapper; ownerId: SQLWrapper }): SQL =>
	sql`(${row.ownerId} = ${user.userId} or ${grantTo(kind, row.id, user.grantees, ["read", "manage"])})`;

/** Whether the person may change it: its owner, who was given that right, and administrators where all may read it. */
export const mayManageRow = (
	user: UserActor,
	kind: ResourceKind,
	row: { id: SQLWrapper; ownerId: SQLWrapper },
): SQL<boolean> =>
	sql<boolean>`(coalesce(${row.ownerId} = ${user.userId}, false) or ${grantTo(kind, row.id, user.grantees, ["manage"])}${
		user.permissions.has("shares:manage") ? sql` or ${isShared(kind, row.id)}` : sql``
	})`;

const collection = { id: collections.id, ownerId: collections.ownerId };

/** Whether the collection of the row is the person's own, or theirs to manage: then nothing in it is kept from them. */
export const ownsCollection = (user: UserActor): SQL<boolean> =>
	sql<boolean>`(${collection.ownerId} = ${user.userId} or ${grantTo("collection", collection.id, user.grantees, ["manage"])})`;

/** Whether the document of the row was granted to the person by itself. */
export const isGrantedDocument = (user: UserActor): SQL<boolean> =>
	grantTo("document", documents.id, user.grantees, ["read", "manage"]);

/**
 * Whether the person may read a document, of a query that joins its collection: all of a collection that they may read but the
 * restricted ones, those granted to them by themselves, and everything where they look after it.
 */
export const mayReadDocumentRow = (user: UserActor): SQL =>
	sql`((${mayReadRow(user, "collection", collection)} and (not ${documents.isRestricted} or ${ownsCollection(user)}))
		or ${isGrantedDocument(user)})`;

/** Whether the person may read the chat of the row: their own, and what was shared with them. */
export const mayReadThread = (user: UserActor): SQL =>
	mayReadRow(user, "thread", { id: threads.id, ownerId: threads.userId });

const server = { id: mcpServers.id, ownerId: mcpServers.ownerId };

/** Whether the person may use the tools of the connected server of the row. */
export const mayUseServerRow = (user: UserActor): SQL => mayReadRow(user, "mcpServer", server);

/** Whether they may change it. One whose owner has left falls to administrators: somebody has to be able to disconnect it. */
export const mayManageServerRow = (user: UserActor): SQL<boolean> =>
	sql<boolean>`(${mayManageRow(user, "mcpServer", server)}${
		user.permissions.has("shares:manage")
			? sql` or not exists (select 1 from users u where u.id = mcp_servers.owner_id and u.disabled_at is null)`
			: sql``
	})`;

/** The question of `mayReadRow` for an agent, in hand-written SQL over `agents a` and `users u`, for who looks after many runs at once. */
export const mayAskAgent = sql<boolean>`(a.archived_at is null and (coalesce(a.created_by = u.id, false) or exists (
	select 1 from grants g where g.resource_kind = 'agent' and g.resource_id = a.id and (
		g.grantee in (${everyone}, u.id::text, u.role)
		or g.grantee in (select group_id::text from group_members where user_id = u.id)
		or g.grantee in (select role from role_assignments where holder_id = u.id
			or holder_id in (select group_id from group_members where user_id = u.id))))))`;

/** What a resource's form shows of its grants. */
export const accessOf = (kind: ResourceKind, id: SQLWrapper): SQL<Access> =>
	sql<Access>`case when ${isShared(kind, id)} then 'everyone' else 'private' end`;

/** Shares with everyone, or no more with everyone. What else was granted stays. */
export async function setAccess(tx: Reader, kind: ResourceKind, resourceId: string, access: Access): Promise<void> {
	switch (access) {
		case "private":
			await tx
				.delete(grants)
				.where(and(eq(grants.resourceKind, kind), eq(grants.resourceId, resourceId), eq(grants.grantee, everyone)));
			return;
		case "everyone":
			await tx
				.insert(grants)
				.values({ resourceKind: kind, resourceId, grantee: everyone, level: "read" })
				.onConflictDoNothing();
	}
}
