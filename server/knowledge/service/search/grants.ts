import { type SQL, sql } from "drizzle-orm";
import { collections, documents, grants } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { isBuiltInRole } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import type { Passage } from "../../contract";

/** The right by which somebody reads a document: their own collection, or what was granted. */
type Right = { kind: "own" | "collection" | "document"; grantee?: string; name?: string | null };

/** By what the person reads the document of the row, of a query that joins its collection; null where they may not. */
export const rightTo = ({ userId, grantees }: UserActor): SQL<Right | null> =>
	sql<Right | null>`case when ${collections.ownerId} = ${userId} then json_build_object('kind', 'own') else (
		select json_build_object('kind', resource_kind, 'grantee', grantee, 'name', coalesce(
			(select name from groups where id::text = grantee), (select name from roles where id::text = grantee)))
		from ${grants} where grantee = any(${sql.param([...grantees])}::text[]) and (
			(resource_kind = 'collection' and resource_id = ${collections.id} and (level = 'manage' or not ${documents.isRestricted}))
			or (resource_kind = 'document' and resource_id = ${documents.id})
		) order by resource_kind, grantee = ${everyone} desc, grantee limit 1) end`;

export function toGrant({ kind, grantee = "", name = null }: Right, { userId }: UserActor): Passage["grant"] {
	return kind === "own" ? { on: "ownership", to: "" } : { on: kind, to: nameOf(grantee, name, userId) };
}

function nameOf(grantee: string, name: string | null, userId: string): string {
	if (grantee === everyone) return "everyone with an account";
	if (grantee === userId) return "you";
	return isBuiltInRole(grantee) ? `the role ${grantee}` : (name ?? "a group or role of yours");
}
