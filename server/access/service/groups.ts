import { and, eq, inArray, sql } from "drizzle-orm";
import { databaseCode, type Reader, type Tx } from "@/db/connection";
import { grants, groupMembers, groups, roleAssignments, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type {
	ChangeMembers,
	CreateGroup,
	Group,
	ListGroups,
	ListMembers,
	Member,
	OneGroup,
	UpdateGroup,
} from "../contract";
import { changeRights, permissionsOfGroup, refuseBeyond, refuseUnreachable } from "./rules";

const nameKey = sql<string>`lower(${groups.name})`;

// In a query of one table drizzle leaves its name out, and inside these another table has an `id` too: so it is written out.
const select = (db: Reader, key = sql<string>`''`) =>
	db
		.select({
			id: groups.id,
			name: groups.name,
			description: groups.description,
			memberCount: sql<number>`(select count(*)::int from group_members m where m.group_id = groups.id)`,
			roles: sql<Group["roles"]>`coalesce((
				select json_agg(json_build_object('key', a.role, 'name', coalesce(r.name, a.role)) order by coalesce(r.name, a.role))
				from role_assignments a left join roles r on r.id::text = a.role where a.holder_id = groups.id), '[]')`,
			grantCount: sql<number>`(select count(*)::int from grants g where g.grantee = groups.id::text)`,
			createdAt: groups.createdAt,
			key,
		})
		.from(groups);

export async function listGroups(
	ctx: ServiceContext,
	input: ListGroups,
): Promise<{ rows: Group[]; next: string | null }> {
	const { name, createdAt } = groups;
	const list = listQuery(input, { filter: { name, createdAt }, sort: { createdAt, name: nameKey }, id: groups.id });
	const rows = await select(ctx.db.orm, list.key)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

async function findOne(db: Reader, groupId: string): Promise<Group> {
	const [row] = await select(db).where(eq(groups.id, groupId));
	if (!row) throw notFound("This group");
	const { key: _, ...group } = row;
	return group;
}

export const getGroup = (ctx: ServiceContext, { groupId }: OneGroup): Promise<Group> => findOne(ctx.db.orm, groupId);

export async function listMembers(
	ctx: ServiceContext,
	input: ListMembers,
): Promise<{ rows: Member[]; next: string | null }> {
	await findOne(ctx.db.orm, input.groupId);
	const { createdAt: since } = groupMembers;
	const isDisabled = sql<boolean>`(${users.disabledAt} is not null)`;
	const list = listQuery(input, {
		filter: { name: users.name, email: sql`lower(${users.email})`, isDisabled, since },
		sort: { since, name: sql`lower(${users.name})` },
		id: users.id,
	});
	const rows = await ctx.db.orm
		.select({ id: users.id, name: users.name, email: users.email, isDisabled, since, key: list.key })
		.from(groupMembers)
		.innerJoin(users, eq(users.id, groupMembers.userId))
		.where(and(eq(groupMembers.groupId, input.groupId), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

const nameTaken = (name: string) => (error: unknown) => {
	if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is a group named ${name} already.`);
	throw error;
};

export async function createGroup(ctx: ServiceContext, input: CreateGroup): Promise<Group> {
	return ctx.db
		.transaction(async (tx) => {
			const [row] = await tx.insert(groups).values(input).returning({ id: groups.id });
			if (!row) throw new Error("the group was not stored");
			await audit(ctx, tx, { action: "group.create", resource: "group", resourceId: row.id, after: input });
			return findOne(tx, row.id);
		})
		.catch(nameTaken(input.name));
}

export async function updateGroup(ctx: ServiceContext, { groupId, ...change }: UpdateGroup): Promise<Group> {
	return ctx.db
		.transaction(async (tx) => {
			const { name, description } = await findOne(tx, groupId);
			const set = { name: change.name ?? name, description: change.description ?? description };
			await tx.update(groups).set(set).where(eq(groups.id, groupId));
			const fact = { action: "group.update", resource: "group", resourceId: groupId };
			await audit(ctx, tx, { ...fact, before: { name, description }, after: set });
			return findOne(tx, groupId);
		})
		.catch(nameTaken(change.name ?? ""));
}

/** Its members lose what they had through it, with their next call. */
export async function removeGroup(ctx: ServiceContext, { groupId }: OneGroup): Promise<void> {
	const fact = { action: "group.remove", resource: "group", resourceId: groupId };
	await changeRights(ctx, fact, async (tx, granter) => {
		const { name, roles: held, memberCount, grantCount } = await findOne(tx, groupId);
		refuseBeyond(granter, await permissionsOfGroup(tx, groupId), `The group ${name}`);
		await tx.delete(roleAssignments).where(eq(roleAssignments.holderId, groupId));
		await tx.delete(grants).where(eq(grants.grantee, groupId));
		await tx.delete(groups).where(eq(groups.id, groupId));
		await audit(ctx, tx, {
			...fact,
			before: { name, roles: held.map((role) => role.name) },
			detail: { members: memberCount, grants: grantCount },
		});
	});
}

/** Who comes in gets what the group has: its roles and what is shared with it. */
export async function addMembers(ctx: ServiceContext, { groupId, userIds }: ChangeMembers): Promise<Group> {
	const fact = { action: "group.add-members", resource: "group", resourceId: groupId };
	return changeRights(ctx, fact, async (tx, granter) => {
		const { name } = await findOne(tx, groupId);
		refuseBeyond(granter, await permissionsOfGroup(tx, groupId), `The group ${name}`);
		await refuseUnreachable(tx, granter, groupId, `The group ${name}`);
		await expectPeople(tx, userIds);
		await tx
			.insert(groupMembers)
			.values(userIds.map((userId) => ({ groupId, userId })))
			.onConflictDoNothing();
		await audit(ctx, tx, { ...fact, detail: { userIds } });
		return findOne(tx, groupId);
	});
}

/** What is shared with the group does not count here: who has no more business in it can always be taken out. */
export async function removeMembers(ctx: ServiceContext, { groupId, userIds }: ChangeMembers): Promise<Group> {
	const fact = { action: "group.remove-members", resource: "group", resourceId: groupId };
	return changeRights(ctx, fact, async (tx, granter) => {
		const { name } = await findOne(tx, groupId);
		refuseBeyond(granter, await permissionsOfGroup(tx, groupId), `The group ${name}`);
		await expectPeople(tx, userIds);
		await tx.delete(groupMembers).where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.userId, userIds)));
		await audit(ctx, tx, { ...fact, detail: { userIds } });
		return findOne(tx, groupId);
	});
}

async function expectPeople(tx: Tx, userIds: string[]): Promise<void> {
	const rows = await tx.select({ id: users.id }).from(users).where(inArray(users.id, userIds));
	if (rows.length < new Set(userIds).size) throw notFound("This account");
}
