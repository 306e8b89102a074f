import { and, count, eq, gt, isNull, ne, sql } from "drizzle-orm";
import { z } from "zod";
import { sessions, users } from "@/db/schema";
import { expectGoodPassword, hashPassword, leastCharacters, verifyPassword } from "@/server/auth/passwords";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { hasFactor } from "@/server/core/rights";
import { countLiveKeys } from "@/server/keys/service";
import { writeMail } from "@/server/mail/service";
import { endSessions } from "@/server/sessions/service";
import type { ChangePassword, PasswordView } from "../contract";
import { passwordChangedLetter } from "../letters";
import { endLinks } from "./links";

/** One's own sign-in is one's own to change: no key, agent or job does it for somebody. */
export function requirePerson({ actor }: ServiceContext): UserActor {
	if (actor.kind === "user") return actor;
	if (actor.kind === "anonymous") throw new AppError("UNAUTHENTICATED", "Sign in first.");
	throw new AppError("FORBIDDEN", "Only the person themselves may do this, signed in.");
}

const columns = { name: users.name, email: users.email, passwordHash: users.passwordHash, hasFactor };

export async function viewPassword(ctx: ServiceContext): Promise<PasswordView> {
	const { userId, sessionId } = requirePerson(ctx);
	const [user] = await ctx.db.orm.select(columns).from(users).where(eq(users.id, userId));
	if (!user) throw notFound("Your account");
	const [others] = await ctx.db.orm
		.select({ n: count() })
		.from(sessions)
		.where(
			and(
				eq(sessions.userId, userId),
				isNull(sessions.revokedAt),
				gt(sessions.expiresAt, sql`now()`),
				sessionId ? sql`${sessions.id} <> ${sessionId}` : undefined,
			),
		);
	return {
		hasPassword: user.passwordHash !== null,
		leastCharacters: user.hasFactor ? leastCharacters.withFactor : leastCharacters.alone,
		otherSessions: others?.n ?? 0,
		liveKeys: await countLiveKeys(ctx.db.orm, userId),
	};
}

const wrongField = (field: string, message: string) =>
	new AppError("INVALID_INPUT", message, {
		cause: new z.ZodError([{ code: "custom", path: [field], message, input: undefined }]),
	});

export async function changePassword(ctx: ServiceContext, input: ChangePassword): Promise<void> {
	const { userId, sessionId } = requirePerson(ctx);
	const fact = { action: "password.change", resource: "user", resourceId: userId };
	const [user] = await ctx.db.orm.select(columns).from(users).where(eq(users.id, userId));
	if (!user) throw notFound("Your account");
	const before = user.passwordHash;
	if (before === null) throw wrongField("current", "Your account has no password: choose one by mail, from sign-in.");
	if (!(await verifyPassword(before, input.current))) {
		await audit(ctx, ctx.db.orm, { ...fact, outcome: "denied", reason: "wrong password" });
		throw wrongField("current", "This is not your password.");
	}
	expectGoodPassword("next", input.next, user);
	if (input.next === input.current) throw wrongField("next", "This is the password that you have already.");
	const passwordHash = await hashPassword(input.next);
	await ctx.db.transaction(async (tx) => {
		const [changed] = await tx
			.update(users)
			.set({ passwordHash })
			.where(and(eq(users.id, userId), eq(users.passwordHash, before)))
			.returning({ email: users.email });
		if (!changed) throw new AppError("CONFLICT", "Your password was changed elsewhere just now. Sign in again.");
		const ended = input.endOtherSessions
			? await endSessions(ctx, tx, {
					userId,
					because: "password changed",
					...(sessionId ? { which: ne(sessions.id, sessionId) } : {}),
				})
			: 0;
		// Links that were sent before were for the old one.
		await endLinks(tx, userId, "password-reset");
		await writeMail(
			tx,
			passwordChangedLetter(
				{ userId, email: changed.email },
				{ how: "changed", liveKeys: await countLiveKeys(tx, userId) },
			),
		);
		await audit(ctx, tx, { ...fact, detail: { endedSessions: ended } });
	});
}
