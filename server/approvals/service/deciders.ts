import { and, eq, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { isPermission, ownPermissions, type Permission, roleMay, roles } from "@/server/core/permissions";
import { readUserActor, roleKeys } from "@/server/core/rights";

const isOwn = (permission: Permission) => (ownPermissions as readonly Permission[]).includes(permission);

/** Whether the person of the row holds it, by a built-in role or by one of the organisation's own. */
function holds(permission: Permission): SQL | undefined {
	if (isOwn(permission)) return undefined;
	const builtIn = roles.filter((role) => roleMay(role, permission));
	return sql`exists (select 1 from (${roleKeys}) held where held.role in ${builtIn}
		or held.role in (select id::text from roles where ${permission} = any(permissions)))`;
}

/** How many others than the requester may decide of such a call: they hold its right themselves. */
export const countDeciders = (db: Reader, permission: Permission, requesterId: string): Promise<number> =>
	db.$count(
		users,
		and(isNull(users.disabledAt), ne(users.id, requesterId), holds("approvals:decide"), holds(permission)),
	);

/** Why this person may not decide of it; null where they may. Nobody lets another do what they may not do themselves. */
export function whyNotDecide(
	decider: UserActor,
	asked: { requesterId: string; needsSecond: boolean; permission: string },
): string | null {
	const isRequester = decider.userId === asked.requesterId;
	if (!isPermission(asked.permission)) return "There is no such right any more.";
	if (isRequester && asked.needsSecond) return "It was asked for in your name: somebody else has to decide.";
	if (!isRequester && !decider.permissions.has("approvals:decide")) return "This needs the right approvals:decide.";
	if (!decider.permissions.has(asked.permission))
		return `You don't hold ${asked.permission} yourself, which the call needs.`;
	return null;
}

/** A person with the rights of this moment; null where the account is gone or disabled. */
export const personNow = (db: Reader, userId: string): Promise<UserActor | null> =>
	readUserActor(db, userId, isNull(users.disabledAt));

export async function nameOf(db: Reader, userId: string | null): Promise<string> {
	if (userId === null) return "Somebody";
	const [user] = await db.select({ name: users.name }).from(users).where(eq(users.id, userId));
	return user?.name ?? "Somebody";
}
