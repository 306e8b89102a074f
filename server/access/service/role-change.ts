import { eq, or, sql } from "drizzle-orm";
import { roles, users } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { isPermission, type Permission } from "@/server/core/permissions";
import { permissionsOf, rightsColumns, roleKeys } from "@/server/core/rights";
import type { CompareRole, RoleChange } from "../contract";

const mostPeople = 100;

/** Who would gain or lose what if the role had these rights instead. Nothing is saved. */
export async function compareRole(ctx: ServiceContext, input: CompareRole): Promise<RoleChange> {
	const roleId = input.role;
	const wanted = new Set<Permission>(input.permissions);
	const [role] = await ctx.db.orm.select().from(roles).where(eq(roles.id, roleId));
	if (!role) throw notFound("This role");
	const before = new Set(role.permissions.filter(isPermission));
	const added = [...wanted].filter((one) => !before.has(one));
	const removed = [...before].filter((one) => !wanted.has(one));
	const holders = await ctx.db.orm
		.select({
			...rightsColumns,
			isDisabled: sql<boolean>`${users.disabledAt} is not null`,
			/** Of all their custom roles but this one. */
			others: sql<string[]>`array(select distinct unnest(r.permissions) from roles r
				where r.id <> ${roleId} and r.id::text in (${roleKeys}))`,
		})
		.from(users)
		.where(or(eq(users.role, roleId), holdsExtra(roleId)))
		.orderBy(users.name, users.id);
	const changed = holders.flatMap(({ userId, name, isDisabled, others, ...row }) => {
		const without = permissionsOf(row.roleKeys, others);
		const gains = added.filter((one) => !without.has(one));
		const loses = removed.filter((one) => !without.has(one));
		return gains.length + loses.length > 0 ? [{ id: userId, name, isDisabled, gains, loses }] : [];
	});
	return {
		added,
		removed,
		refused: [...before, ...added].filter((one) => !actorMay(ctx.actor, one)),
		holderCount: holders.length,
		gainCount: changed.filter(({ gains }) => gains.length > 0).length,
		loseCount: changed.filter(({ loses }) => loses.length > 0).length,
		people: changed.slice(0, mostPeople),
	};
}

const holdsExtra = (roleId: string) => sql`exists (
	select 1 from role_assignments a where a.role = ${roleId} and (
		a.holder_id = ${users.id} or a.holder_id in (select group_id from group_members where user_id = ${users.id})))`;
