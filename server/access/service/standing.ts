import { eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { users } from "@/db/schema";
import { notFound } from "@/server/core/errors";
import {
	isBuiltInRole,
	isPermission,
	ownPermissions,
	type Permission,
	permissions,
	permissionsOfRole,
} from "@/server/core/permissions";
import type { Source, Standing } from "../contract";

type Holding = { role: string; name: string; how: "first" | "extra" | "group"; groupId: string; groupName: string };
type Held = { source: Source; permissions: ReadonlySet<Permission> };
/** A person with each of their roles apart, so that it can be told by which way they hold a right. */
export type Person = Omit<Standing, "rights"> & { held: Held[] };

/** Reads it the long way, by each way apart; a property test holds it to what `readUserActor` works out at once. */
export async function readPerson(db: Reader, userId: string): Promise<Person> {
	const [user] = await db
		.select({ id: users.id, name: users.name, isDisabled: sql<boolean>`${users.disabledAt} is not null` })
		.from(users)
		.where(eq(users.id, userId));
	if (!user) throw notFound("This account");
	const groups = await db.execute<{ id: string; name: string }>(sql`
		select g.id, g.name from group_members m join groups g on g.id = m.group_id
		where m.user_id = ${userId} order by lower(g.name)`);
	const holdings = await db.execute<Holding & { permissions: string[] | null }>(sql`
		select h.role, coalesce(r.name, h.role) as name, h.how, h."groupId", h."groupName", r.permissions from (
			select role, 'first' as how, null::uuid as "groupId", null as "groupName", 0 as place from users where id = ${userId}
			union all select role, 'extra', null, null, 1 from role_assignments where holder_id = ${userId}
			union all select a.role, 'group', g.id, g.name, 2 from group_members m join groups g on g.id = m.group_id
				join role_assignments a on a.holder_id = g.id where m.user_id = ${userId}
		) as h left join roles r on r.id::text = h.role
		order by h.place, lower(coalesce(h."groupName", '')), lower(coalesce(r.name, h.role))`);
	const held = holdings.map(({ role, name, how, groupId, groupName, permissions: custom }) => ({
		source: { how, role: { key: role, name }, group: how === "group" ? { id: groupId, name: groupName } : null },
		permissions: new Set(isBuiltInRole(role) ? permissionsOfRole(role) : (custom ?? []).filter(isPermission)),
	}));
	return { ...user, groups: [...groups], roles: held.map(({ source }) => source), held };
}

/** The ways by which a person holds a right; none where they don't. */
export function waysTo({ held }: Person, permission: Permission): Source[] {
	const isOwn = (ownPermissions as readonly Permission[]).includes(permission);
	const account: Source[] = isOwn ? [{ how: "account", role: null, group: null }] : [];
	return [...account, ...held.filter((one) => one.permissions.has(permission)).map(({ source }) => source)];
}

export function toStanding(person: Person): Standing {
	const { held: _, ...facts } = person;
	const rights = permissions
		.map((permission) => ({ permission, through: waysTo(person, permission) }))
		.filter(({ through }) => through.length > 0);
	return { ...facts, rights: person.isDisabled ? [] : rights };
}

/** A way, in words. */
export function sayWay({ how, role, group }: Source): string {
	switch (how) {
		case "account":
			return "everyone with an account";
		case "first":
			return `the role ${role?.name}`;
		case "extra":
			return `the extra role ${role?.name}`;
		case "group":
			return `the role ${role?.name} of the group ${group?.name}`;
	}
}
