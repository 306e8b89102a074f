import { isNull, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, collections, datasets, documents, mcpServers, prompts, threads } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import {
	mayManageRow,
	mayManageServerRow,
	mayReadDocumentRow,
	mayReadRow,
	mayUseServerRow,
} from "@/server/core/grants";
import type { Permission } from "@/server/core/permissions";
import { everyone } from "@/server/core/rights";
import type { SharedKind } from "../contract";

type Columns = {
	table: SQL;
	id: SQLWrapper;
	ownerId: SQLWrapper;
	name: SQLWrapper;
	isThere: SQL;
	isRead: (user: UserActor) => SQL;
	isManaged: (user: UserActor) => SQL;
};

/** Read and managed by its owner and by whom it is granted to. */
const byItself = (kind: SharedKind, id: SQLWrapper, ownerId: SQLWrapper) => ({
	id,
	ownerId,
	isRead: (user: UserActor) => mayReadRow(user, kind, { id, ownerId }),
	isManaged: (user: UserActor) => mayManageRow(user, kind, { id, ownerId }),
});

/** What can be shared row by row: where it is kept, and what is gone of it. */
const kinds: Record<SharedKind, Columns> = {
	collection: {
		table: sql`${collections}`,
		...byItself("collection", collections.id, collections.ownerId),
		name: collections.name,
		isThere: isNull(collections.deletedAt),
	},
	document: {
		table: sql`(${documents} join ${collections} on ${collections.id} = ${documents.collectionId})`,
		id: documents.id,
		ownerId: collections.ownerId,
		name: documents.name,
		isThere: sql`${documents.deletedAt} is null and ${collections.deletedAt} is null`,
		isRead: mayReadDocumentRow,
		// Whoever manages the collection manages what is in it.
		isManaged: (user) => mayManageRow(user, "collection", { id: collections.id, ownerId: collections.ownerId }),
	},
	agent: {
		table: sql`${agents}`,
		...byItself("agent", agents.id, agents.createdBy),
		name: agents.name,
		isThere: isNull(agents.archivedAt),
	},
	prompt: {
		table: sql`${prompts}`,
		...byItself("prompt", prompts.id, prompts.ownerId),
		name: prompts.name,
		isThere: sql`true`,
	},
	dataset: {
		table: sql`${datasets}`,
		...byItself("dataset", datasets.id, datasets.ownerId),
		name: datasets.name,
		isThere: sql`true`,
	},
	mcpServer: {
		table: sql`${mcpServers}`,
		id: mcpServers.id,
		ownerId: mcpServers.ownerId,
		name: mcpServers.name,
		isThere: sql`true`,
		isRead: (user) => sql`(${mayUseServerRow(user)} or ${mayManageServerRow(user)})`,
		isManaged: mayManageServerRow,
	},
	thread: {
		table: sql`${threads}`,
		...byItself("thread", threads.id, threads.userId),
		name: threads.title,
		isThere: sql`not ${threads.isCall}`,
	},
};
export const sharedKinds: readonly SharedKind[] = [
	"collection",
	"document",
	"agent",
	"prompt",
	"dataset",
	"mcpServer",
	"thread",
];

/** The right to change resources of a kind at all, whichever. */
export const writeOf = {
	collection: "knowledge:write",
	document: "knowledge:write",
	agent: "agents:write",
	prompt: "prompts:write",
	dataset: "evaluations:write",
	mcpServer: "mcp-servers:manage",
	thread: "threads:write",
} as const satisfies Record<SharedKind, Permission>;

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
	kind: SharedKind,
	user: UserActor,
	{ only, limit, namedFor = user }: { only?: string; limit: number; namedFor?: UserActor },
): Promise<ResourceRow[]> {
	const { table, id, ownerId, name, isThere, ...rights } = kinds[kind];
	const readBy = (one: UserActor) => sql`coalesce(${rights.isRead(one)}, false)`;
	const isRead = readBy(user);
	const rows = await db.execute<ResourceRow>(sql`
		select ${id} as id, ${name} as name, ${ownerId} as "ownerId", ${isRead} as "isRead",
			(${isRead} and ${rights.isManaged(user)}) as "isManaged", ${readBy(namedFor)} as "isNamed"
		from ${table} where ${isThere} and ${only ? sql`${id} = ${only}` : isRead}
		order by lower(${name}), ${id} limit ${limit}`);
	return [...rows];
}

export async function countReadable(db: Reader, kind: SharedKind, user: UserActor): Promise<number> {
	const { table, isThere, isRead } = kinds[kind];
	const [row] = await db.execute<{ n: number }>(
		sql`select count(*)::int as n from ${table} where ${isThere} and ${isRead(user)}`,
	);
	return row?.n ?? 0;
}

/** How many shared things the grantee reaches that the person can't open, or not that far. */
export async function countBeyond(db: Reader, user: UserActor, grantee: string): Promise<number> {
	const each = sharedKinds.map((kind) => {
		const { table, id, isThere, isRead, isManaged } = kinds[kind];
		return sql`select count(*) as n from grants g join ${table} on ${id} = g.resource_id
			where g.resource_kind = ${kind} and g.grantee = ${grantee} and ${isThere}
				and not coalesce(case g.level when 'manage' then ${isManaged(user)}
					else ${isRead(user)} end, false)`;
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
