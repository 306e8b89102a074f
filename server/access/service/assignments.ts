import { and, eq } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { groupMembers, groups, roleAssignments, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { ChangeAssignment } from "../contract";
import { changeRights, type Granter, holdRole, refuseUnreachable } from "./rules";

/** A role beside a person's first one, or for all in a group. */
export async function assignRole(ctx: ServiceContext, { role: key, holderId }: ChangeAssignment): Promise<void> {
	const kind = await kindOf(ctx.db.orm, holderId);
	const fact = { action: `${kind}.assign-role`, resource: kind, resourceId: holderId };
	await changeRights(ctx, fact, async (tx, granter) => {
		if (key === "owner")
			throw new AppError("CONFLICT", "Owners are made one by one: set it as the person's first role.");
		await kindOf(tx, holderId);
		const role = await holdRole(tx, granter, key);
		if (await isGranterAmong(tx, granter, holderId)) await refuseUnreachable(tx, granter, key, `The role ${role.name}`);
		await tx.insert(roleAssignments).values({ holderId, holderKind: kind, role: key }).onConflictDoNothing();
		await audit(ctx, tx, { ...fact, detail: { role: key, roleName: role.name } });
	});
}

export async function unassignRole(ctx: ServiceContext, { role: key, holderId }: ChangeAssignment): Promise<void> {
	const kind = await kindOf(ctx.db.orm, holderId);
	const fact = { action: `${kind}.unassign-role`, resource: kind, resourceId: holderId };
	await changeRights(ctx, fact, async (tx, granter) => {
		const role = await holdRole(tx, granter, key);
		await tx.delete(roleAssignments).where(and(eq(roleAssignments.holderId, holderId), eq(roleAssignments.role, key)));
		await audit(ctx, tx, { ...fact, detail: { role: key, roleName: role.name } });
	});
}

async function kindOf(db: Reader, id: string): Promise<"user" | "group"> {
	const [user] = await db.select({ id: users.id }).from(users).where(eq(users.id, id));
	if (user) return "user";
	const [group] = await db.select({ id: groups.id }).from(groups).where(eq(groups.id, id));
	if (group) return "group";
	throw notFound("This account or group");
}

/** What is shared with a role is for whoever is given it, by others: nobody lets themselves in. */
async function isGranterAmong(tx: Tx, { user }: Granter, holderId: string): Promise<boolean> {
	if (!user) return false;
	if (holderId === user.userId) return true;
	const [member] = await tx
		.select({ userId: groupMembers.userId })
		.from(groupMembers)
		.where(and(eq(groupMembers.groupId, holderId), eq(groupMembers.userId, user.userId)));
	return member !== undefined;
}
