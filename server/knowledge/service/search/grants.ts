import { sql } from "drizzle-orm";
import { collections, documents, grants } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { isBuiltInRole } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import type { Passage } from "../../contract";

type Row = {
	id: string;
	isOwn: boolean;
	kind: "collection" | "document" | null;
	grantee: string | null;
	name: string | null;
};

/** By what the caller may read each of these documents; those that they may not are left out. */
export async function grantsOf(ctx: ServiceContext, documentIds: string[]): Promise<Map<string, Passage["grant"]>> {
	if (documentIds.length === 0) return new Map();
	const { userId, grantees } = requireUser(ctx);
	const rows = await ctx.db.orm.execute<Row>(sql`
		select d.id, c.owner_id = ${userId} as "isOwn", g.resource_kind as kind, g.grantee,
			coalesce((select name from groups where id::text = g.grantee), (select name from roles where id::text = g.grantee)) as name
		from ${documents} d join ${collections} c on c.id = d.collection_id
		left join lateral (
			select resource_kind, grantee from ${grants} where grantee = any(${sql.param([...grantees])}::text[]) and (
				(resource_kind = 'collection' and resource_id = c.id and (level = 'manage' or not d.is_restricted))
				or (resource_kind = 'document' and resource_id = d.id)
			) order by resource_kind, grantee = ${everyone} desc, grantee limit 1
		) g on true
		where d.id = any(${sql.param(documentIds)}::uuid[])`);
	const found = new Map<string, Passage["grant"]>();
	for (const { id, isOwn, kind, grantee, name } of rows) {
		if (isOwn) found.set(id, { on: "ownership", to: "" });
		else if (kind && grantee) found.set(id, { on: kind, to: nameOf(grantee, name, userId) });
	}
	return found;
}

function nameOf(grantee: string, name: string | null, userId: string): string {
	if (grantee === everyone) return "everyone with an account";
	if (grantee === userId) return "you";
	return isBuiltInRole(grantee) ? `the role ${grantee}` : (name ?? "a group or role of yours");
}
