import { eq, inArray, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { groups, invitations, roleAssignments, roles, users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Invitation, ListInvitations } from "../contract";

type State = Invitation["state"];
const state = sql<State>`case when ${invitations.acceptedAt} is not null then 'accepted'
	when ${invitations.revokedAt} is not null then 'revoked'
	when ${invitations.expiresAt} <= now() then 'expired' else 'open' end`;

const columns = {
	id: invitations.id,
	email: invitations.email,
	roles: sql<
		Invitation["roles"]
	>`(select coalesce(json_agg(json_build_object('id', key, 'name', coalesce(${roles.name}, key)) order by n), '[]')
		from unnest(${invitations.roles}) with ordinality as given(key, n) left join ${roles} on ${roles.id}::text = key)`,
	groups: sql<
		Invitation["groups"]
	>`(select coalesce(json_agg(json_build_object('id', ${groups.id}, 'name', ${groups.name}) order by ${groups.name}), '[]')
		from ${groups} where ${groups.id} = any(${invitations.groupIds}))`,
	invitedBy: users.name,
	state,
	hadAccount: sql<boolean>`${invitations.tokenHash} is null and ${invitations.acceptedAt} is null`,
	timesSent: invitations.timesSent,
	createdAt: invitations.createdAt,
	sentAt: invitations.sentAt,
	expiresAt: invitations.expiresAt,
	acceptedAt: invitations.acceptedAt,
};
const select = (db: Reader, key = sql<string>`''`) =>
	db
		.select({ ...columns, key })
		.from(invitations)
		.leftJoin(users, eq(users.id, invitations.invitedBy));

/** Newest first. */
export async function listInvitations(
	ctx: ServiceContext,
	input: ListInvitations,
): Promise<{ rows: Invitation[]; next: string | null }> {
	const { createdAt } = invitations;
	const list = listQuery(input, {
		filter: { state, email: sql`lower(${invitations.email})`, createdAt },
		sort: { createdAt },
		id: invitations.id,
	});
	const rows = await select(ctx.db.orm, list.key)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function findInvitation(db: Reader, invitationId: string): Promise<Invitation> {
	const [row] = await select(db).where(eq(invitations.id, invitationId));
	if (!row) throw notFound("This invitation");
	const { key: _, ...invitation } = row;
	return invitation;
}

/** Keys of the roles that come with the groups. */
export async function rolesOfGroups(db: Reader, groupIds: string[]): Promise<string[]> {
	if (groupIds.length === 0) return [];
	const rows = await db
		.selectDistinct({ role: roleAssignments.role })
		.from(roleAssignments)
		.where(inArray(roleAssignments.holderId, groupIds));
	return rows.map(({ role }) => role);
}
