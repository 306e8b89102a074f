import { isNull, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, collections, prompts } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { mayManageRow, mayReadRow } from "@/server/core/grants";
import type { Permission } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import type { ResourceKind } from "../contract";

type Columns = { table: SQL; id: SQLWrapper; ownerId: SQLWrapper; name: SQLWrapper; isThere: SQL };

/** What can be shared row by row: where it is kept, and what is gone of it. */
const kinds: Record<ResourceKind, Columns> = {
	collection: {
		table: sql`${collections}`,
		id: collections.id,
		ownerId: collections.ownerId,
		name: collections.name,
		isThere: isNull(collections.deletedAt),
	},
	agent: {
		table: sql`${agents}`,
		id: agents.id,
		ownerId: agents.createdBy,
		name: agents.name,
		isThere: isNull(agents.archivedAt),
	},
	prompt: {
		table: sql`${prompts}`,
		id: prompts.id,
		ownerId: prompts.ownerId,
		name: prompts.name,
		isThere: sql`true`,
	},
};
export const resourceKinds: readonly ResourceKind[] = ["collection", "agent", "prompt"];

/** The right to change resources of a kind at all, whichever. */
export const writeOf = {
	collection: "knowledge:write",
	agent: "agents:write",
	prompt: "prompts:write",
} as const satisfies Record<ResourceKind, Permission>;

export type ResourceRow = {
	id: string;
	name: string;
	ownerId: string | null;
	isRead: boolean;
	isManaged: boolean;
	/** Whether somebody else who looks on may read it too. */
	isNamed: boolean;
};

/** The resources of a kind that fit, with what the person may do with each. */
export async function readResources(
	db: Reader,
	kind: ResourceKind,
	user: UserActor,
	{ only, limit, namedFor = user }: { only?: string; limit: number; namedFor?: UserActor },
): Promise<ResourceRow[]> {
	const { table, id, ownerId, name, isThere } = kinds[kind];
	const row = { id, ownerId };
	const readBy = (one: UserActor) => sql`coalesce(${mayReadRow(one, kind, row)}, false)`;
	const isRead = readBy(user);
	const rows = await db.execute<ResourceRow>(sql`
		select ${id} as id, ${name} as name, ${ownerId} as "ownerId", ${isRead} as "isRead",
			(${isRead} and ${mayManageRow(user, kind, row)}) as "isManaged", ${readBy(namedFor)} as "isNamed"
		from ${table} where ${isThere} and ${only ? sql`${id} = ${only}` : isRead}
		order by lower(${name}), ${id} limit ${limit}`);
	return [...rows];
}

export async function countReadable(db: Reader, kind: ResourceKind, user: UserActor): Promise<number> {
	const { table, id, ownerId, isThere } = kinds[kind];
	const [row] = await db.execute<{ n: number }>(
		sql`select count(*)::int as n from ${table} where ${isThere} and ${mayReadRow(user, kind, { id, ownerId })}`,
	);
	return row?.n ?? 0;
}

/** How many shared things the grantee reaches that the person can't open, or not that far. */
export async function countBeyond(db: Reader, user: UserActor, grantee: string): Promise<number> {
	const each = resourceKinds.map((kind) => {
		const { table, id, ownerId, isThere } = kinds[kind];
		const row = { id, ownerId };
		return sql`select count(*) as n from grants g join ${table} on ${id} = g.resource_id
			where g.resource_kind = ${kind} and g.grantee = ${grantee} and ${isThere}
				and not coalesce(case g.level when 'manage' then ${mayManageRow(user, kind, row)}
					else ${mayReadRow(user, kind, row)} end, false)`;
	});
	const rows = await db.execute<{ n: number }>(
		sql`select sum(n)::int as n from (${sql.join(each, sql` union all `)}) as each`,
	);
	return rows[0]?.n ?? 0;
}

/** What stands in `grants.grantee`, with its name and what tells it from others of that name; parts to be joined by `grantee`. */
export const namedGrantees = sql`(
	select ${everyone} as grantee, 'everyone' as kind, 'Everyone with an account' as name, '' as detail, false as gone
	union all select id::text, 'user', name, email, disabled_at is not null from users
	union all select g.id::text, 'group', g.name,
		(select count(*) from group_members m where m.group_id = g.id) || ' in it', false from groups g
	union all select id::text, 'role', name, 'custom role', false from roles
)`;
