import { and, eq, inArray, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type GrantLevel, grants, type ResourceKind } from "@/db/schema";
import type { UserActor } from "./actor";
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
