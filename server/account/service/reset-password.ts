import { and, count, eq, gt, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { accountLinks, resetRequests, users } from "@/db/schema";
import { changeRights, holdPerson } from "@/server/access/service";
import { expectGoodPassword, hashPassword, leastCharacters } from "@/server/auth/passwords";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { requiredProvider } from "@/server/core/provider";
import { hasFactor, readUserActor } from "@/server/core/rights";
import { emit } from "@/server/jobs/emit";
import { resetAsked } from "@/server/jobs/events";
import { countLiveKeys } from "@/server/keys/service";
import { writeMail } from "@/server/mail/service";
import { endSessions } from "@/server/sessions/service";
import type { ForgotPassword, LookAtLink, ResetDone, ResetPassword, ResetView, StartReset } from "../contract";
import { passwordChangedLetter, resetLetter } from "../letters";
import { endLinks, linkGone, makeLink, takeLink, works } from "./links";

const validMinutes = 30;
/** Mails in an hour that strangers can make us send to one person. */
const mostAnHour = 3;

/**
 * Notes that somebody wants a new password for an address, and no more: that it is looked up later, by a job, is why the answer
 * and its time tell nothing about accounts.
 */
export async function askReset(ctx: ServiceContext, { email }: ForgotPassword): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [request] = await tx.insert(resetRequests).values({ email }).returning({ id: resetRequests.id });
		if (!request) throw new Error("the request was not stored");
		await emit(tx, resetAsked.create({ requestId: request.id }));
		await audit(ctx, tx, { action: "password.ask-reset", resource: "reset-request", resourceId: request.id });
	});
}

/** Sends the link, where there is such an account and it has not been sent too many. The request goes with it. */
export async function answerReset(
	ctx: ServiceContext,
	{ requestId }: { requestId: string },
): Promise<"sent" | "nobody" | "too many" | "done already"> {
	return ctx.db.transaction(async (tx) => {
		const [request] = await tx
			.delete(resetRequests)
			.where(eq(resetRequests.id, requestId))
			.returning({ email: resetRequests.email });
		if (!request) return "done already";
		const [user] = await tx
			.select({ userId: users.id, email: users.email })
			.from(users)
			.where(and(eq(sql`lower(${users.email})`, request.email.toLowerCase()), isNull(users.disabledAt)))
			// Of several requests for one person each sees what the others sent.
			.for("update");
		// Whose provider signs them in has no password here, and must not get one.
		if (!user || requiredProvider(user.email)) return "nobody";
		if ((await sentLately(tx, user.userId)) >= mostAnHour) return "too many";
		await sendReset(tx, user, false);
		await audit(ctx, tx, { action: "password.send-reset", resource: "user", resourceId: user.userId });
		return "sent";
	});
}

async function sentLately(tx: Tx, userId: string): Promise<number> {
	const [row] = await tx
		.select({ n: count() })
		.from(accountLinks)
		.where(
			and(
				eq(accountLinks.userId, userId),
				eq(accountLinks.kind, "password-reset"),
				gt(accountLinks.createdAt, sql`now() - interval '1 hour'`),
			),
		);
	return row?.n ?? 0;
}

async function sendReset(tx: Tx, user: { userId: string; email: string }, byAdministrator: boolean): Promise<void> {
	const link = await makeLink(tx, { kind: "password-reset", userId: user.userId, minutes: validMinutes });
	await writeMail(tx, resetLetter(user, link, byAdministrator));
}

/** An administrator lets somebody choose a new password; what it will be, or the link, they don't see. */
export async function startReset(ctx: ServiceContext, { userId }: StartReset): Promise<void> {
	const fact = { action: "password.start-reset", resource: "user", resourceId: userId };
	await changeRights(ctx, fact, async (tx, granter) => {
		await holdPerson(tx, granter, userId);
		const [user] = await tx
			.select({ userId: users.id, email: users.email, disabledAt: users.disabledAt })
			.from(users)
			.where(eq(users.id, userId));
		if (!user) throw notFound("This account");
		const elsewhere = requiredProvider(user.email);
		if (elsewhere) throw new AppError("CONFLICT", `People with this mail domain sign in with ${elsewhere}.`);
		if (user.disabledAt) throw new AppError("CONFLICT", "This account is disabled: enable it first.");
		await sendReset(tx, user, true);
		await audit(ctx, tx, fact);
	});
}

/** Whether the link works, and how long its password must be. Looking uses nothing up. */
export async function lookAtReset(ctx: ServiceContext, { token }: LookAtLink): Promise<ResetView> {
	const found = await findReset(ctx, token);
	if (!found) return { reset: null };
	const least = found.hasFactor ? leastCharacters.withFactor : leastCharacters.alone;
	return { reset: { leastCharacters: least, expiresAt: found.expiresAt } };
}

async function findReset(ctx: ServiceContext, token: string) {
	const [found] = await ctx.db.orm
		.select({ name: users.name, email: users.email, hasFactor, expiresAt: accountLinks.expiresAt })
		.from(accountLinks)
		.innerJoin(users, eq(users.id, accountLinks.userId))
		.where(and(works("password-reset", token), isNull(users.disabledAt)));
	return found ?? null;
}

/**
 * Sets the new password and signs everybody out who is in with the old one. It opens no session: whoever has the mail signs in like
 * everybody else, with the second factor that they have. Keys of programs stay, as what they run would stop; how many there are is told.
 */
export async function resetPassword(ctx: ServiceContext, { token, password }: ResetPassword): Promise<ResetDone> {
	const found = await findReset(ctx, token);
	if (!found || requiredProvider(found.email)) throw linkGone();
	expectGoodPassword("password", password, found);
	const passwordHash = await hashPassword(password);
	return ctx.db.transaction(async (tx) => {
		const { userId } = await takeLink(tx, "password-reset", { token, from: ctx.origin.address });
		const [user] = await tx
			.update(users)
			.set({ passwordHash })
			.where(and(eq(users.id, userId), isNull(users.disabledAt)))
			.returning({ email: users.email });
		const actor = await readUserActor(tx, userId);
		if (!user || !actor) throw linkGone();
		const ended = await endSessions({ ...ctx, actor }, tx, { userId, because: "password reset", tokens: true });
		await endLinks(tx, userId);
		const liveKeys = await countLiveKeys(tx, userId);
		await writeMail(tx, passwordChangedLetter({ userId, email: user.email }, { how: "reset", liveKeys }));
		await audit({ ...ctx, actor }, tx, {
			action: "password.reset",
			resource: "user",
			resourceId: userId,
			detail: { endedSessions: ended, liveKeys },
		});
		return { liveKeys };
	});
}
