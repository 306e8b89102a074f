import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { roles, users } from "@/db/schema";
import type { UserActor } from "./actor";
import { isBuiltInRole, isPermission, ownPermissions, type Permission, permissionsOfRole } from "./permissions";

/** Grants to it reach everyone with an account. */
export const everyone = "everyone";

/** Beside a row of `users`: the groups that they are in, and the keys of all their roles. */
const groupIds = sql`select group_id from group_members where user_id = ${users.id}`;
export const roleKeys = sql`select ${users.role} as role union select role from role_assignments
	where holder_id = ${users.id} or holder_id in (${groupIds})`;

/** Columns beside a row of `users`, from which `toUserActor` works out what the person may do at this moment. */
export const rightsColumns = {
	userId: users.id,
	name: users.name,
	role: users.role,
	groupIds: sql<string[]>`array(${groupIds})`,
	roleKeys: sql<string[]>`array(${roleKeys})`,
	custom: sql<string[]>`array(select distinct unnest(permissions) from roles where id::text in (${roleKeys}))`,
};
/** Whether the person of the row has a second factor. */
export const hasFactor = sql<boolean>`(exists (select 1 from totp_factors where user_id = ${users.id} and confirmed_at is not null)
	or exists (select 1 from passkeys where user_id = ${users.id}))`;
/** Whether one of their roles asks for one. */
export const needsFactor = sql<boolean>`exists (select 1 from factor_policies where role in (${roleKeys}))`;

export type RightsRow = {
	userId: string;
	name: string;
	role: string;
	groupIds: string[];
	roleKeys: string[];
	custom: string[];
};

/** What roles give together: the built-in ones by name, and what the custom ones among them list. */
export function permissionsOf(roleKeys: readonly string[], custom: readonly string[]): Set<Permission> {
	return new Set([
		...ownPermissions,
		...roleKeys.filter(isBuiltInRole).flatMap(permissionsOfRole),
		// A role may list what this version no longer knows.
		...custom.filter(isPermission),
	]);
}

/** The same for roles that nobody may hold yet. A role that is gone gives nothing. */
export async function readRolePermissions(db: Reader, roleKeys: readonly string[]): Promise<Set<Permission>> {
	const ids = roleKeys.filter((key) => !isBuiltInRole(key));
	if (ids.length === 0) return permissionsOf(roleKeys, []);
	const rows = await db
		.select({ permissions: roles.permissions })
		.from(roles)
		.where(inArray(sql`${roles.id}::text`, ids));
	return permissionsOf(
		roleKeys,
		rows.flatMap((row) => row.permissions),
	);
}

/** `scopes` of a session leave no more of the rights than they name; null leaves all. */
export function toUserActor(
	row: RightsRow & { scopes?: readonly string[] | null },
	session: Pick<UserActor, "sessionId" | "provedAt" | "mustEnrol" | "program">,
): UserActor {
	const all = permissionsOf(row.roleKeys, row.custom);
	return {
		kind: "user",
		userId: row.userId,
		name: row.name,
		role: row.role,
		permissions: row.scopes ? new Set(row.scopes.filter(isPermission).filter((one) => all.has(one))) : all,
		grantees: [everyone, row.userId, ...row.groupIds, ...row.roleKeys],
		...session,
	};
}

/** A person with the rights of this moment, without a session; null where there is no such account. */
export async function readUserActor(db: Reader, userId: string, only?: SQL): Promise<UserActor | null> {
	const [row] = await db
		.select(rightsColumns)
		.from(users)
		.where(and(eq(users.id, userId), only));
	return row ? toUserActor(row, { sessionId: null, provedAt: null }) : null;
}
