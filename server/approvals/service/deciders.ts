import { and, eq, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { isPermission, ownPermissions, type Permission, roleMay, roles } from "@/server/core/permissions";
import { readUserActor, roleKeys } from "@/server/core/rights";

const isOwn = (permission: Permission) => (ownPermissions as readonly Permission[]).includes(permission);

/** Whether the person of the row holds it, by a built-in role or by one of the organisation's own. */
export function holds(permission: Permission): SQL | undefined {
	if (isOwn(permission)) return undefined;
	const builtIn = roles.filter((role) => roleMay(role, permission));
	return sql`exists (select 1 from (${roleKeys}) held where held.role in ${builtIn}
		or held.role in (select id::text from roles where ${permission} = any(permissions)))`;
}

/** Whether the person of the row is of one of these roles or groups. */
const isOneOf = (
	keys: readonly string[],
): SQL => sql`(exists (select 1 from (${roleKeys}) held where held.role in ${keys})
	or exists (select 1 from group_members where user_id = ${users.id} and group_id::text in ${keys}))`;

/** Others than the requester who may decide of such a call: they hold its right themselves, and are whom its rules name. */
export const mayDecideOf = (asked: {
	permission: Permission;
	requesterId: string;
	approvers: string[][];
	tool?: string;
}) => {
	const toRead = asked.tool ? rightToRead(asked.tool) : null;
	return and(
		isNull(users.disabledAt),
		ne(users.id, asked.requesterId),
		holds("approvals:decide"),
		holds(asked.permission),
		toRead ? holds(toRead) : undefined,
		...asked.approvers.map(isOneOf),
	);
};

export const countDeciders = (db: Reader, asked: Parameters<typeof mayDecideOf>[0]): Promise<number> =>
	db.$count(users, mayDecideOf(asked));

/** Whoever may not read prompts reads none in a call that waits either. */
const readRights: Record<string, Permission> = { prompts: "prompts:read" };

/** The right that it takes to see what such a call says, where there is one. */
export const rightToRead = (tool: string): Permission | null => readRights[tool.split(".")[0] ?? ""] ?? null;

/** Why this person may not decide of it; null where they may. Nobody lets another do what they may not do themselves. */
export function whyNotDecide(
	decider: UserActor,
	asked: { requesterId: string; needsSecond: boolean; permission: string; approvers: string[][]; tool: string },
): string | null {
	const isRequester = decider.userId === asked.requesterId;
	if (!isPermission(asked.permission)) return "There is no such right any more.";
	if (isRequester && asked.needsSecond) return "It was asked for in your name: somebody else has to decide.";
	if (!isRequester && !decider.permissions.has("approvals:decide")) return "This needs the right approvals:decide.";
	if (!decider.permissions.has(asked.permission))
		return `You don't hold ${asked.permission} yourself, which the call needs.`;
	const toRead = rightToRead(asked.tool);
	if (!isRequester && toRead && !decider.permissions.has(toRead))
		return `You don't hold ${toRead}, which it takes to see what the call says.`;
	if (!asked.approvers.every((keys) => keys.some((key) => decider.grantees.includes(key))))
		return "A rule names who approves this, and you are not among them.";
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
