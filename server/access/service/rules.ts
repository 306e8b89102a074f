import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { groups, roles, users } from "@/db/schema";
import { type Actor, actorMay, actorUser, type Principal, type UserActor } from "@/server/core/actor";
import type { AuditFact } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { auditDenial } from "@/server/core/denials";
import { AppError, notFound } from "@/server/core/errors";
import { isBuiltInRole, isPermission, type Permission, permissionsOfRole } from "@/server/core/permissions";
import { readUserActor } from "@/server/core/rights";
import { countBeyond } from "./resources";

/** Who changes rights, with what they hold at this moment. `user` is null for our own start command. */
export type Granter = { may: (permission: Permission) => boolean; user: UserActor | null };
type Fact = Pick<AuditFact, "action" | "resource" | "resourceId">;

/** More was asked for than the caller holds. */
class BeyondRights extends AppError {
	/** `reason` is for the audit, where no name stands outside what can be erased. */
	constructor(message: string, reason = message) {
		super("FORBIDDEN", message, { reason, isAudited: true });
	}
}

/**
 * A change of who may what. All of them wait for each other, so that what was checked still holds when it is written: two
 * owners can't step down at once, no role grows while it is given. A refusal for lack of rights is written down too.
 */
export async function changeRights<T>(
	ctx: ServiceContext,
	fact: Fact,
	work: (tx: Tx, granter: Granter) => Promise<T>,
): Promise<T> {
	try {
		return await ctx.db.transaction(async (tx) => {
			await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('rights', 0))`);
			return work(tx, await readGranter(ctx.actor, tx));
		});
	} catch (error) {
		if (error instanceof BeyondRights) await auditDenial(ctx, { ...fact, reason: error.reason ?? error.message });
		throw error;
	}
}

/** The caller's rights as they are now, not as they were when the call came in. */
async function readGranter(actor: Actor, tx: Tx): Promise<Granter> {
	const known = actorUser(actor);
	if (!known) {
		// Our own start command makes the demo's people, but no owner.
		const isOurs = actor.kind === "job";
		return { may: (permission) => isOurs && permission !== "owners:write", user: null };
	}
	const user = await readUserActor(tx, known.userId, isNull(users.disabledAt));
	if (!user) throw new AppError("UNAUTHENTICATED", "Your session has ended. Sign in again.");
	const now = withUser(actor, user);
	return { may: (permission) => actorMay(now, permission), user };
}

/** The same chain over the person as they are now. */
function withUser(actor: Actor, user: UserActor): Actor {
	const principal = (one: Principal): Principal => (one.kind === "user" ? user : { ...one, owner: user });
	switch (actor.kind) {
		case "user":
		case "apiKey":
			return principal(actor);
		case "agent":
			return { ...actor, onBehalfOf: principal(actor.onBehalfOf) };
		case "job":
			return { ...actor, onBehalfOf: actor.onBehalfOf && principal(actor.onBehalfOf) };
		case "anonymous":
			return actor;
	}
}

/** Nobody gives or takes what they don't hold themselves. */
export function refuseBeyond(granter: Granter, permissions: Iterable<Permission>, what: string): void {
	const lacking = [...permissions].filter((permission) => !granter.may(permission));
	if (lacking.length === 0) return;
	const more = lacking.length > 3 ? ` and ${lacking.length - 3} more` : "";
	const beyond = `has rights that you don't hold yourself: ${lacking.slice(0, 3).join(", ")}${more}.`;
	throw new BeyondRights(`${what} ${beyond}`, `It ${beyond}`);
}

export type KnownRole = { key: string; name: string; permissions: Permission[] };

/** A role by its key. A custom one may list what this version no longer knows. */
export async function findRole(tx: Tx, key: string): Promise<KnownRole> {
	if (isBuiltInRole(key)) return { key, name: key, permissions: permissionsOfRole(key) };
	const [role] = await tx.select().from(roles).where(eq(roles.id, key));
	if (!role) throw notFound("This role");
	return { key, name: role.name, permissions: role.permissions.filter(isPermission) };
}

/** What a group's roles give. */
export async function permissionsOfGroup(tx: Tx, groupId: string): Promise<Set<Permission>> {
	const rows = await tx.execute<{ role: string }>(sql`select role from role_assignments where holder_id = ${groupId}`);
	const held = await Promise.all(rows.map(({ role }) => findRole(tx, role)));
	return new Set(held.flatMap(({ permissions }) => permissions));
}

/** A group that one may bring people into. */
export async function holdGroup(tx: Tx, granter: Granter, groupId: string): Promise<void> {
	const [group] = await tx.select({ name: groups.name }).from(groups).where(eq(groups.id, groupId));
	if (!group) throw notFound("This group");
	refuseBeyond(granter, await permissionsOfGroup(tx, groupId), `The group ${group.name}`);
	await refuseUnreachable(tx, granter, groupId, `The group ${group.name}`);
}

/** Somebody with more rights than oneself is not to be changed. Answers with what they hold. */
export async function holdPerson(tx: Tx, granter: Granter, userId: string): Promise<UserActor> {
	const person = await readUserActor(tx, userId);
	if (!person) throw notFound("This account");
	if (person.permissions.has("owners:write") && !granter.may("owners:write"))
		throw new BeyondRights("Only an owner may make or change an owner.");
	refuseBeyond(granter, person.permissions, person.name);
	return person;
}

/** A role that one may give or take. Only an owner makes or changes an owner. */
export async function holdRole(tx: Tx, granter: Granter, key: string): Promise<KnownRole> {
	const role = await findRole(tx, key);
	if (role.permissions.includes("owners:write") && !granter.may("owners:write"))
		throw new BeyondRights("Only an owner may make or change an owner.");
	refuseBeyond(granter, role.permissions, `The role ${role.name}`);
	return role;
}

/** Through a group or a role nobody brings anyone to a collection, agent or prompt that they can't open themselves. */
export async function refuseUnreachable(tx: Tx, granter: Granter, grantee: string, what: string): Promise<void> {
	const { user } = granter;
	if (!user) return;
	const n = await countBeyond(tx, user, grantee);
	if (n === 0) return;
	const reach = `reaches ${n} shared ${n === 1 ? "thing" : "things"} that you can't open yourself`;
	throw new BeyondRights(`${what} ${reach}. Ask who shared them, or take them from it first.`, `It ${reach}`);
}

/** There is always an owner who can sign in. Call after the change, inside `changeRights`. */
export async function keepAnOwner(tx: Tx): Promise<void> {
	const [left] = await tx
		.select({ id: users.id })
		.from(users)
		.where(and(eq(users.role, "owner"), isNull(users.disabledAt)))
		.limit(1);
	if (!left) throw new AppError("CONFLICT", "This is the last owner: make another one first.");
}
