import { eq, sql } from "drizzle-orm";
import { roles as customRoles, factorPolicies } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { isBuiltInRole, roles } from "@/server/core/permissions";
import type { RolePolicy, SetRolePolicy } from "../contract";

/** Each role with whether it asks for a second factor, how many hold it by any way, and how many of them have none. */
export async function listPolicies(ctx: ServiceContext): Promise<RolePolicy[]> {
	const custom = await ctx.db.orm
		.select({ role: sql<string>`${customRoles.id}::text`, name: customRoles.name })
		.from(customRoles)
		.orderBy(customRoles.name);
	const required = new Set(
		(await ctx.db.orm.select({ role: factorPolicies.role }).from(factorPolicies)).map((one) => one.role),
	);
	const held = await ctx.db.sql<{ role: string; people: number; without: number }[]>`
		select role, count(*)::int as people, count(*) filter (where not has)::int as without from (
			select distinct u.id, held.role, (
				exists (select 1 from totp_factors where user_id = u.id and confirmed_at is not null)
				or exists (select 1 from passkeys where user_id = u.id)
			) as has
			from users u cross join lateral (
				select u.role union select role from role_assignments
				where holder_id = u.id or holder_id in (select group_id from group_members where user_id = u.id)
			) held
			where u.disabled_at is null
		) each_one group by role`;
	const counts = new Map(held.map((one) => [one.role, one]));
	return [...roles.map((role) => ({ role: role as string, name: role as string })), ...custom].map((one) => ({
		...one,
		isRequired: required.has(one.role),
		people: counts.get(one.role)?.people ?? 0,
		without: counts.get(one.role)?.without ?? 0,
	}));
}

/** Takes effect for open sessions too: who holds the role and has no factor may from now on only add one. */
export async function setPolicy(ctx: ServiceContext, input: SetRolePolicy): Promise<RolePolicy[]> {
	await ctx.db.transaction(async (tx) => {
		if (!isBuiltInRole(input.role)) {
			const [role] = await tx.select({ id: customRoles.id }).from(customRoles).where(eq(customRoles.id, input.role));
			if (!role) throw notFound("This role");
		}
		const [before] = await tx.select().from(factorPolicies).where(eq(factorPolicies.role, input.role));
		if ((before !== undefined) === input.isRequired) return;
		if (input.isRequired) await tx.insert(factorPolicies).values({ role: input.role }).onConflictDoNothing();
		else await tx.delete(factorPolicies).where(eq(factorPolicies.role, input.role));
		await audit(ctx, tx, {
			action: "factor.set-policy",
			resource: "role",
			resourceId: input.role,
			before: { isRequired: before !== undefined },
			after: { isRequired: input.isRequired },
		});
	});
	return listPolicies(ctx);
}
