import { and, asc, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { factorGuesses, identities, passkeys, recoveryCodes, totpFactors, users } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { hasFactor, needsFactor, readUserActor } from "@/server/core/rights";
import type { MyFactors } from "../contract";
import { noticeOfFactor } from "./notice";
import { columns } from "./passkeys";
import { countRecoveryCodes, makeRecoveryCodes } from "./recovery";

export async function getMyFactors(ctx: ServiceContext): Promise<Omit<MyFactors, "provider">> {
	const { userId } = requireUser(ctx);
	const { orm } = ctx.db;
	const [user] = await orm
		.select({ isRequired: needsFactor, hasPassword: sql<boolean>`${users.passwordHash} is not null` })
		.from(users)
		.where(eq(users.id, userId));
	if (!user) throw notFound("Your account");
	const [totp] = await orm
		.select({ since: totpFactors.confirmedAt })
		.from(totpFactors)
		.where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
	return {
		...user,
		totpSince: totp?.since ?? null,
		passkeys: await orm
			.select(columns)
			.from(passkeys)
			.where(eq(passkeys.userId, userId))
			.orderBy(asc(passkeys.createdAt)),
		recoveryCodesLeft: await countRecoveryCodes(orm, userId),
		identities: await orm
			.select({
				issuer: identities.issuer,
				subject: identities.subject,
				email: identities.email,
				createdAt: identities.createdAt,
				lastUsedAt: identities.lastUsedAt,
			})
			.from(identities)
			.where(eq(identities.userId, userId))
			.orderBy(desc(identities.createdAt)),
	};
}

/** Ten new codes; the older ones end. */
export async function renewRecoveryCodes(ctx: ServiceContext): Promise<{ recoveryCodes: string[] }> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		const [user] = await tx.select({ has: hasFactor }).from(users).where(eq(users.id, userId)).for("update");
		if (!user?.has) throw new AppError("CONFLICT", "Recovery codes stand in for a second factor: add one first.");
		const codes = await makeRecoveryCodes(tx, userId);
		await audit(ctx, tx, { action: "factor.renew-codes", resource: "user", resourceId: userId });
		await noticeOfFactor(
			ctx,
			tx,
			userId,
			"New recovery codes were made for your account. The older ones no longer work.",
		);
		return { recoveryCodes: codes };
	});
}

export async function removeTotp(ctx: ServiceContext): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
		const [gone] = await tx
			.delete(totpFactors)
			.where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)))
			.returning({ userId: totpFactors.userId });
		if (!gone) throw notFound("Your app for codes");
		await afterRemoval(tx, userId);
		await audit(ctx, tx, { action: "factor.remove", resource: "user", resourceId: userId, detail: { factor: "totp" } });
		await noticeOfFactor(ctx, tx, userId, "The app for sign-in codes was removed from your account.");
	});
}

export async function removePasskey(ctx: ServiceContext, input: { passkeyId: string }): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
		const [gone] = await tx
			.delete(passkeys)
			.where(and(eq(passkeys.id, input.passkeyId), eq(passkeys.userId, userId)))
			.returning({ name: passkeys.name });
		if (!gone) throw notFound("This passkey");
		await afterRemoval(tx, userId);
		await audit(ctx, tx, {
			action: "factor.remove",
			resource: "user",
			resourceId: userId,
			detail: { factor: "passkey", passkeyId: input.passkeyId, name: gone.name },
		});
		await noticeOfFactor(ctx, tx, userId, `The passkey "${gone.name}" was removed from your account.`);
	});
}

/** The last factor stays where a role asks for one; where it may go, codes that stand in for it go too. */
async function afterRemoval(tx: Reader, userId: string): Promise<void> {
	const [left] = await tx.select({ has: hasFactor, needs: needsFactor }).from(users).where(eq(users.id, userId));
	if (left?.has) return;
	if (left?.needs)
		throw new AppError("CONFLICT", "Your role asks for a second factor: add another one, then remove this.");
	await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
}

/** For who lost everything: they sign in with their password and enrol anew. Nobody does it to somebody with more rights. */
export async function resetFactors(ctx: ServiceContext, input: { userId: string }): Promise<void> {
	const target = await readUserActor(ctx.db.orm, input.userId);
	if (!target) throw notFound("This account");
	if (![...target.permissions].every((one) => actorMay(ctx.actor, one)))
		throw new AppError("FORBIDDEN", "This person may do more than you: somebody with their rights has to do it.");
	await ctx.db.transaction(async (tx) => {
		const gone = [
			...(await tx
				.delete(totpFactors)
				.where(eq(totpFactors.userId, input.userId))
				.returning({ id: totpFactors.userId })),
			...(await tx.delete(passkeys).where(eq(passkeys.userId, input.userId)).returning({ id: passkeys.id })),
		];
		await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, input.userId));
		await tx.delete(factorGuesses).where(eq(factorGuesses.userId, input.userId));
		await audit(ctx, tx, {
			action: "factor.reset",
			resource: "user",
			resourceId: input.userId,
			detail: { removed: gone.length },
		});
		await noticeOfFactor(ctx, tx, input.userId, "An administrator removed all second factors from your account.");
	});
}
