import { and, eq, isNull, sql } from "drizzle-orm";
import { collections, grants, mails, roleAssignments, threads, triggers, users } from "@/db/schema";
import { eraseEntries, eraseWords, formerWords, refuseWhenHeld, sealWaiting } from "@/server/audit/service";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { emit } from "@/server/jobs/emit";
import { collectionRemoved, userErased } from "@/server/jobs/events";
import { removeThreads } from "@/server/threads/service";
import { eraseTraces } from "@/server/traces/service";
import type { EraseUser } from "@/server/users/contract";
import { setUserDisabled } from "@/server/users/service";

const threadsAtOnce = 20;
export const erasedName = "Erased person";

/**
 * Takes a person out: at once nobody can sign in as them and nothing names them in the list of people; a job then removes what
 * was theirs alone and empties the audit of their name. Documents and agents that others use stay, without the name.
 */
export async function eraseUser(ctx: ServiceContext, { userId }: EraseUser): Promise<void> {
	const person = and(eq(users.id, userId), isNull(users.erasedAt));
	const [found] = await ctx.db.orm.select({ role: users.role }).from(users).where(person);
	if (!found) throw notFound("This account");
	if (found.role === "owner" && !actorMay(ctx.actor, "owners:write"))
		throw new AppError("FORBIDDEN", "Only an owner may erase an owner.");
	await refuseWhenHeld(ctx.db.orm, userId);
	// Ends their sessions, keys and runs like any disabling, and refuses the last owner.
	await setUserDisabled(ctx, { userId, isDisabled: true });
	await sealWaiting(ctx.db);
	await ctx.db.transaction(async (tx) => {
		const [row] = await tx.select({ email: users.email, name: users.name }).from(users).where(person).for("update");
		if (!row) throw notFound("This account");
		await refuseWhenHeld(tx, userId);
		const email = `erased-${userId}@erased.invalid`;
		const nobody = { name: erasedName, email, role: "viewer", passwordHash: "erased" };
		await tx
			.update(users)
			.set({ ...nobody, disabledAt: sql`now()`, erasedAt: sql`now()` })
			.where(eq(users.id, userId));
		await tx.delete(mails).where(eq(sql`lower(${mails.recipient})`, row.email.toLowerCase()));
		await tx.delete(grants).where(eq(grants.grantee, userId));
		await tx.delete(triggers).where(eq(triggers.ownerId, userId));
		await tx.delete(roleAssignments).where(eq(roleAssignments.holderId, userId));
		// Their names and addresses are known here for the last time.
		await eraseWords(tx, userId, [row.email, row.name, ...(await formerWords(tx, userId))]);
		await audit(ctx, tx, { action: "user.erase", resource: "user", resourceId: userId });
		await emit(tx, userErased.create({ userId }));
	});
}

/** Some of their conversations with all that was asked and answered; answers how many there were. */
export async function removeConversations(ctx: ServiceContext, userId: string): Promise<number> {
	return ctx.db.transaction(async (tx) => {
		const some = await tx
			.select({ id: threads.id })
			.from(threads)
			.where(eq(threads.userId, userId))
			.limit(threadsAtOnce);
		if (some.length === 0) return 0;
		const ids = some.map(({ id }) => id);
		await removeThreads(tx, ids);
		return ids.length;
	});
}

/** Collections that nobody else could see, and every row that a deleted account would take with it. */
export async function removePrivateThings(ctx: ServiceContext, userId: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const own = await tx
			.update(collections)
			.set({ deletedAt: sql`now()` })
			.where(
				sql`${collections.ownerId} = ${userId} and ${collections.deletedAt} is null and not exists (
					select from ${grants} where ${grants.resourceKind} = 'collection' and ${grants.resourceId} = ${collections.id})`,
			)
			.returning({ id: collections.id });
		for (const { id } of own) await emit(tx, collectionRemoved.create({ collectionId: id }));
		const tables = await tx.execute<{ name: string; column: string }>(sql`
			select c.conrelid::regclass::text as name, a.attname as column from pg_constraint c
			join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
			where c.confrelid = 'users'::regclass and c.confdeltype = 'c'`);
		for (const { name, column } of tables)
			await tx.execute(sql`delete from ${sql.identifier(name)} where ${sql.identifier(column)} = ${userId}`);
	});
}

/** Some traces that are left of them, such as of the playground; answers how many there were. */
export const removeTraces = (ctx: ServiceContext, userId: string): Promise<number> => eraseTraces(ctx, userId);

/** Some of the entries that name them; answers how many there were. */
export const emptyEntries = (ctx: ServiceContext, userId: string): Promise<number> => eraseEntries(ctx.db.orm, userId);

export async function noteErased(ctx: ServiceContext, userId: string, detail: Record<string, number>): Promise<void> {
	await audit(ctx, ctx.db.orm, { action: "user.erased", resource: "user", resourceId: userId, detail });
}
