import { asc, eq, inArray, sql } from "drizzle-orm";
import { databaseCode, type Reader } from "@/db/connection";
import { factorPolicies, grants, roleAssignments, roles, users } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, notFound } from "@/server/core/errors";
import { listRows } from "@/server/core/list-rows";
import {
	roles as builtIn,
	isBuiltInRole,
	isPermission,
	permissionsOfRole,
	roleDescriptions,
} from "@/server/core/permissions";
import type { CreateRole, ListRoles, OneRole, RemoveRole, Role, RoleWithHolders, UpdateRole } from "../contract";
import { changeRights, refuseBeyond } from "./rules";

/** With the built-in ones no more than one page of a list, so that forms can offer all of them. */
const mostRoles = 190;
const mostHolders = 200;

export async function listRoles(ctx: ServiceContext, input: ListRoles): Promise<{ rows: Role[]; next: string | null }> {
	return listRows(await readRoles(ctx, ctx.db.orm), input, {
		list: "roles",
		filter: { name: ({ name }) => name, isBuiltIn: ({ isBuiltIn }) => isBuiltIn, mayGive: ({ mayGive }) => mayGive },
		sort: { name: ({ name }) => name.toLowerCase() },
		id: ({ key }) => key,
	});
}

async function readRoles(ctx: ServiceContext, db: Reader): Promise<Role[]> {
	const custom = await db
		.select()
		.from(roles)
		.orderBy(asc(sql`lower(${roles.name})`));
	const counts = await countHolders(db);
	const none = { userCount: 0, groupCount: 0 };
	const mayGive = (permissions: Role["permissions"]) => permissions.every((one) => actorMay(ctx.actor, one));
	return [
		...builtIn.map((key) => ({
			key,
			name: key,
			description: roleDescriptions[key],
			permissions: permissionsOfRole(key),
			isBuiltIn: true,
			version: 0,
			...(counts.get(key) ?? none),
			mayGive: mayGive(permissionsOfRole(key)),
			updatedAt: null,
		})),
		...custom.map(({ id, name, description, version, updatedAt, ...role }) => {
			const permissions = role.permissions.filter(isPermission);
			const held = counts.get(id) ?? none;
			return {
				...{ key: id, name, description, permissions, isBuiltIn: false, version },
				...{ ...held, mayGive: mayGive(permissions), updatedAt },
			};
		}),
	];
}

async function countHolders(db: Reader): Promise<Map<string, { userCount: number; groupCount: number }>> {
	const rows = await db.execute<{ role: string; users: number; groups: number }>(sql`
		select role, count(*) filter (where kind = 'user')::int as users, count(*) filter (where kind = 'group')::int as groups
		from (select role, 'user' as kind, id from users
			union select role, holder_kind, holder_id from role_assignments) as held
		group by role`);
	return new Map(rows.map((row) => [row.role, { userCount: row.users, groupCount: row.groups }]));
}

async function findOne(ctx: ServiceContext, db: Reader, key: string): Promise<Role> {
	const role = (await readRoles(ctx, db)).find((one) => one.key === key);
	if (!role) throw notFound("This role");
	return role;
}

export async function getRole(ctx: ServiceContext, { role: key }: OneRole): Promise<RoleWithHolders> {
	const role = await findOne(ctx, ctx.db.orm, key);
	const holders = await ctx.db.orm.execute<RoleWithHolders["holders"][number]>(sql`
		select 'user' as kind, id, name, 'first' as how from users where role = ${key}
		union all select 'user', u.id, u.name, 'extra' from role_assignments a join users u on u.id = a.holder_id
			where a.role = ${key} and a.holder_kind = 'user' and u.role <> ${key}
		union all select 'group', g.id, g.name, 'extra' from role_assignments a join groups g on g.id = a.holder_id
			where a.role = ${key} and a.holder_kind = 'group'
		order by 1, 3, 2 limit ${mostHolders}`);
	return { role, holders: [...holders] };
}

const nameTaken = (name: string) => (error: unknown) => {
	if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is a role named ${name} already.`);
	throw error;
};

function refuseBuiltInName(name: string): void {
	if (isBuiltInRole(name.toLowerCase())) throw new AppError("CONFLICT", `There is a role named ${name} already.`);
}

export async function createRole(ctx: ServiceContext, input: CreateRole): Promise<Role> {
	refuseBuiltInName(input.name);
	const fact = { action: "role.create", resource: "role" };
	return changeRights(ctx, fact, async (tx, granter) => {
		refuseBeyond(granter, input.permissions, "This role");
		if ((await tx.$count(roles)) >= mostRoles)
			throw new AppError("CONFLICT", `There are ${mostRoles} roles already: remove one that nobody uses.`);
		const [row] = await tx.insert(roles).values(input).returning({ id: roles.id });
		if (!row) throw new Error("the role was not stored");
		await audit(ctx, tx, { ...fact, resourceId: row.id, after: input });
		return findOne(ctx, tx, row.id);
	}).catch(nameTaken(input.name));
}

/** Whoever holds the role has its new rights with their next call. */
export async function updateRole(ctx: ServiceContext, { role: roleId, version, ...change }: UpdateRole): Promise<Role> {
	refuseBuiltInName(change.name);
	const fact = { action: "role.update", resource: "role", resourceId: roleId };
	return changeRights(ctx, fact, async (tx, granter) => {
		const [before] = await tx.select().from(roles).where(eq(roles.id, roleId));
		if (!before) throw notFound("This role");
		expectUnchanged("this role", version, before.version);
		refuseBeyond(granter, [...before.permissions.filter(isPermission), ...change.permissions], "This role");
		await tx
			.update(roles)
			.set({ ...change, version: version + 1, updatedAt: sql`now()` })
			.where(eq(roles.id, roleId));
		const { name, description, permissions } = before;
		await audit(ctx, tx, { ...fact, before: { name, description, permissions }, after: change });
		return findOne(ctx, tx, roleId);
	}).catch(nameTaken(change.name));
}

/** Only what nobody holds. What was shared with it reached nobody, and goes with it, as does what it asked for. */
export async function removeRole(ctx: ServiceContext, { role: roleId }: RemoveRole): Promise<void> {
	const fact = { action: "role.remove", resource: "role", resourceId: roleId };
	await changeRights(ctx, fact, async (tx, granter) => {
		const role = await findOne(ctx, tx, roleId);
		refuseBeyond(granter, role.permissions, `The role ${role.name}`);
		const [held] = await tx.select({ id: users.id }).from(users).where(eq(users.role, roleId)).limit(1);
		const [given] = await tx.select().from(roleAssignments).where(eq(roleAssignments.role, roleId)).limit(1);
		if (held || given)
			throw new AppError("CONFLICT", `The role ${role.name} is in use: take it from whoever holds it first.`);
		await tx.delete(grants).where(inArray(grants.grantee, [roleId]));
		await tx.delete(factorPolicies).where(eq(factorPolicies.role, roleId));
		await tx.delete(roles).where(eq(roles.id, roleId));
		const { name, permissions } = role;
		await audit(ctx, tx, { ...fact, before: { name, permissions } });
	});
}
