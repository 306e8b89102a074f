import { and, count, eq } from "drizzle-orm";
import { identities, passkeys, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { provider, requiredProvider } from "@/server/core/provider";
import { openIntent } from "./intents";
import { noticeOfFactor } from "./notice";

/** For the next minutes this session may go to the provider: to link who it is there, or to prove again who it is. */
export async function startAtProvider(ctx: ServiceContext, purpose: "link" | "prove at provider"): Promise<void> {
	const { sessionId } = requireUser(ctx);
	if (!provider()) throw new AppError("CONFLICT", "No OpenID Connect provider is configured.");
	await openIntent(ctx.db.orm, sessionId, purpose, String(Math.floor(Date.now() / 1000)));
}

/** Takes a link away, as long as there is another way in. */
export async function unlinkIdentity(ctx: ServiceContext, input: { issuer: string; subject: string }): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [user] = await tx
			.select({ email: users.email, hash: users.passwordHash })
			.from(users)
			.where(eq(users.id, userId))
			.for("update");
		const [gone] = await tx
			.delete(identities)
			.where(
				and(eq(identities.issuer, input.issuer), eq(identities.subject, input.subject), eq(identities.userId, userId)),
			)
			.returning({ userId: identities.userId });
		if (!user || !gone) throw notFound("This link");
		const [links] = await tx.select({ n: count() }).from(identities).where(eq(identities.userId, userId));
		const [keys] = await tx.select({ n: count() }).from(passkeys).where(eq(passkeys.userId, userId));
		const mayElse = !requiredProvider(user.email) && (user.hash !== null || (keys?.n ?? 0) > 0);
		if ((links?.n ?? 0) === 0 && !mayElse)
			throw new AppError("CONFLICT", "This is your only way to sign in: add a password or a passkey first.");
		await audit(ctx, tx, {
			action: "identity.unlink",
			resource: "user",
			resourceId: userId,
			detail: { issuer: input.issuer },
		});
		await noticeOfFactor(
			ctx,
			tx,
			userId,
			"A way to sign in by your organisation's provider was removed from your account.",
		);
	});
}
