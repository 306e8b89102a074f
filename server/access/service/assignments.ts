import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { groupMembers, groups, roleAssignments, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import type { ChangeAssignment } from "../contract";
import { changeRights, type Granter, holdRole, refuseUnreachable } from "./rules";

const factOf = ({ holder }: ChangeAssignment, action: string) => ({
	action,
	resource: holder.kind,
	resourceId: holder.id,
});

/** A role beside a person's first one, or for all in a group. */
export async function assignRole(ctx: ServiceContext, input: ChangeAssignment): Promise<void> {
	const { holder } = input;
	const fact = factOf(input, `${holder.kind}.assign-role`);
	await changeRights(ctx, fact, async (tx, granter) => {
		if (input.role === "owner")
			throw new AppError("CONFLICT", "Owners are made one by one: set it as the person's first role.");
		await holdHolder(tx, holder);
		const role = await holdRole(tx, granter, input.role);
		if (await isGranterAmong(tx, granter, holder))
			await refuseUnreachable(tx, granter, role.key, `The role ${role.name}`);
		const row = { holderId: holder.id, holderKind: holder.kind, role: input.role };
		await tx.insert(roleAssignments).values(row).onConflictDoNothing();
		await audit(ctx, tx, { ...fact, detail: { role: role.key, roleName: role.name } });
	});
}

export async function unassignRole(ctx: ServiceContext, input: ChangeAssignment): Promise<void> {
	const { holder } = input;
	const fact = factOf(input, `${holder.kind}.unassign-role`);
	await changeRights(ctx, fact, async (tx, granter) => {
		await holdHolder(tx, holder);
		const role = await holdRole(tx, granter, input.role);
		await tx
			.delete(roleAssignments)
			.where(and(eq(roleAssignments.holderId, holder.id), eq(roleAssignments.role, input.role)));
		await audit(ctx, tx, { ...fact, detail: { role: role.key, roleName: role.name } });
	});
}

async function holdHolder(tx: Tx, { kind, id }: ChangeAssignment["holder"]): Promise<void> {
	const [found] =
		kind === "user"
			? await tx.select({ id: users.id }).from(users).where(eq(users.id, id))
			: await tx.select({ id: groups.id }).from(groups).where(eq(groups.id, id));
	if (!found) throw notFound(kind === "user" ? "This account" : "This group");
}

/** What is shared with a role is for whoever is given it, by others: nobody lets themselves in. */
async function isGranterAmong(tx: Tx, { user }: Granter, { id }: ChangeAssignment["holder"]): Promise<boolean> {
	if (!user) return false;
	if (id === user.userId) return true;
	const [member] = await tx
		.select({ userId: groupMembers.userId })
		.from(groupMembers)
		.where(and(eq(groupMembers.groupId, id), eq(groupMembers.userId, user.userId)));
	return member !== undefined;
}
