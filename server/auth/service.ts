import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { oauthClients, type SessionProof, sessions, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { requiredProvider } from "@/server/core/provider";
import { hasFactor, needsFactor, readUserActor, rightsColumns, toUserActor } from "@/server/core/rights";
import type { FactorKind, PasskeyAssertion } from "@/server/factors/contract";
import { askForPasskey, checkCode, factorsOf, hasIntent, verifyPasskey } from "@/server/factors/service";
import { writeMail } from "@/server/mail/service";
import { beginGuess } from "./guesses";
import { suspiciousSignInLetter } from "./letters";
import { hashPassword, isOutdated, verifyPassword } from "./passwords";
import { chargeStep, endStep, findStep, openStep, type Step, setChallenge, takeChallenge } from "./steps";

export { findStanding, refusalTexts } from "./principal";

const sessionDays = 30;
const idleDays = 7;

/** An account to which a sign-in leads; without a session where a second factor has yet to be shown. */
export type SignedIn = { userId: string; name: string; sessionId: string | null; factors: FactorKind[] };
type How = {
	provedWith: SessionProof;
	kind?: "console" | "program";
	/** Of a program that the person let in: what for, and when they had last proved who they are. */
	program?: { clientId: string; scopes: string[]; resource: string; provedAt: Date };
};

const deny = (ctx: ServiceContext, userId: string | null, reason: string) =>
	audit(ctx, ctx.db.orm, { action: "session.open", resource: "user", resourceId: userId, outcome: "denied", reason });

/**
 * The right password opens a session, or asks for the second factor that the account has; a program sends its code along.
 * Null for a wrong password or code, an unknown or a disabled account, which look alike.
 */
export async function signIn(
	ctx: ServiceContext,
	input: { email: string; password: string; code?: string | undefined },
	kind: "console" | "program" = "console",
): Promise<SignedIn | null> {
	const email = input.email.trim().toLowerCase();
	const elsewhere = requiredProvider(email);
	if (elsewhere) {
		await deny(ctx, null, "the provider signs this domain in");
		throw new AppError("FORBIDDEN", `People with this mail domain sign in with ${elsewhere}.`);
	}
	const guess = await beginGuess(ctx, email);
	const [user] = await ctx.db.orm
		.select({
			id: users.id,
			name: users.name,
			email: users.email,
			passwordHash: users.passwordHash,
			disabledAt: users.disabledAt,
		})
		.from(users)
		.where(eq(sql`lower(${users.email})`, email));
	const isRight = await verifyPassword(user?.passwordHash ?? null, input.password);
	if (!user || !isRight || user.disabledAt) {
		await deny(
			ctx,
			user?.id ?? null,
			!user ? "unknown account" : user.disabledAt ? "disabled account" : "wrong password",
		);
		return null;
	}
	await guess.forgive();
	await renewHash(ctx, { ...user, password: input.password });
	if (guess.isSuspicious)
		await ctx.db.transaction((tx) => writeMail(tx, suspiciousSignInLetter(user, ctx.origin.address)));
	const factors = await factorsOf(ctx.db.orm, user.id);
	if (factors.length === 0) return openSession(ctx, user.id, { provedWith: "password", kind });
	if (input.code === undefined) return { userId: user.id, name: user.name, sessionId: null, factors };
	if (!(await checkCode(ctx, user.id, input.code))) {
		await deny(ctx, user.id, "wrong code");
		return null;
	}
	return openSession(ctx, user.id, { provedWith: "password and factor", kind });
}

/** A hash that was made at yesterday's cost is made anew, as only now is there the password to do it. */
async function renewHash(
	{ db }: ServiceContext,
	{ id, passwordHash, password }: { id: string; passwordHash: string | null; password: string },
): Promise<void> {
	if (passwordHash === null || !isOutdated(passwordHash)) return;
	const renewed = await hashPassword(password);
	await db.orm
		.update(users)
		.set({ passwordHash: renewed })
		.where(and(eq(users.id, id), eq(users.passwordHash, passwordHash)));
}

/** The one place where sessions begin. Null for an account that is gone, disabled, or has to come by the provider. */
export async function openSession(ctx: ServiceContext, userId: string, how: How): Promise<SignedIn | null> {
	const [user] = await ctx.db.orm
		.select({ ...rightsColumns, email: users.email, disabledAt: users.disabledAt })
		.from(users)
		.where(eq(users.id, userId));
	const isByProvider = how.provedWith.startsWith("provider");
	if (!user || user.disabledAt || (!isByProvider && requiredProvider(user.email))) {
		await deny(ctx, userId, user && !user.disabledAt ? "the provider signs this domain in" : "disabled account");
		return null;
	}
	const actor = toUserActor(user, { sessionId: null, provedAt: null });
	return ctx.db.transaction(async (tx) => {
		const [session] = await tx
			.insert(sessions)
			.values({
				userId,
				...how.program,
				kind: how.kind ?? "console",
				provedWith: how.provedWith,
				expiresAt: sql`now() + make_interval(days => ${sessionDays})`,
				address: ctx.origin.address,
				userAgent: ctx.origin.userAgent,
			})
			.returning({ id: sessions.id });
		if (!session) throw new Error("the session was not stored");
		await audit({ ...ctx, actor }, tx, {
			action: "session.open",
			resource: "session",
			resourceId: session.id,
			detail: {
				with: how.provedWith,
				...(how.program ? { clientId: how.program.clientId, scopes: how.program.scopes } : {}),
			},
		});
		return { userId, name: user.name, sessionId: session.id, factors: [] };
	});
}

/** The second factor of a sign-in that is half-way in this browser, or a passkey alone. Null where it is not right. */
export async function finishStep(
	ctx: ServiceContext,
	cookie: string,
	proof: { code: string } | { passkey: PasskeyAssertion },
): Promise<SignedIn | null> {
	const step = await chargeStep(ctx.db, cookie);
	if (!step)
		throw new AppError("UNAUTHENTICATED", "This sign-in took too long, or had too many wrong codes. Begin anew.");
	const userId =
		"code" in proof ? await byCode(ctx, step, proof.code) : await byPasskey(ctx, step, cookie, proof.passkey);
	if (!userId) {
		await deny(ctx, step.userId, "code" in proof ? "wrong code" : "wrong passkey");
		return null;
	}
	if (!(await endStep(ctx.db, cookie))) return null;
	return openSession(ctx, userId, { provedWith: step.provedWith ? `${step.provedWith} and factor` : "passkey" });
}

/** Only after a password or the provider: a code alone says nothing. */
const byCode = async (ctx: ServiceContext, { userId }: Step, code: string): Promise<string | null> =>
	userId && (await checkCode(ctx, userId, code)) ? userId : null;

async function byPasskey(ctx: ServiceContext, step: Step, cookie: string, assertion: PasskeyAssertion) {
	const challenge = await takeChallenge(ctx.db, cookie);
	return challenge ? verifyPasskey(ctx, { assertion, challenge, userId: step.userId }) : null;
}

/** What the browser needs to sign in with a passkey, and the cookie of the sign-in that it belongs to. */
export async function askPasskey(
	ctx: ServiceContext,
	cookie: string | undefined,
): Promise<{ options: Record<string, unknown>; cookie: string }> {
	const step = cookie ? await findStep(ctx.db, cookie) : null;
	const { options, challenge } = await askForPasskey(ctx, step?.userId ?? null);
	const own = step && cookie ? cookie : await openStep(ctx.db, { userId: null, provedWith: null });
	await setChallenge(ctx.db, own, challenge);
	return { options, cookie: own };
}

export async function signOut(ctx: ServiceContext, sessionId: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [ended] = await tx
			.update(sessions)
			.set({ revokedAt: sql`now()`, revokedBecause: "signed out" })
			.where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
			.returning({ id: sessions.id });
		if (ended) await audit(ctx, tx, { action: "session.close", resource: "session", resourceId: sessionId });
	});
}

/** Whether the session of the row, beside its person's, has neither ended nor been left unused for too long. */
export const isAlive = sql`${sessions.revokedAt} is null and ${users.disabledAt} is null and ${sessions.expiresAt} > now()
	and ${sessions.lastSeenAt} > now() - make_interval(days => ${idleDays})`;

/** Clocks of those who check a token may differ from ours by so much. */
const skewSeconds = 30;
/** What an access token says of itself; times in seconds. `resource` is the address that it is good for; null for all of ours. */
export type TokenFacts = {
	userId: string;
	version: number;
	startsAt: number;
	endsAt: number;
	resource: string | null;
};

/** Whom a session stands for now: null once it or the access token for it ended, or its account was disabled. */
export async function findSessionActor(db: Database, sessionId: string, token?: TokenFacts): Promise<UserActor | null> {
	const [row] = await db.orm
		.select({
			...rightsColumns,
			provedAt: sessions.provedAt,
			scopes: sessions.scopes,
			clientId: sessions.clientId,
			clientName: oauthClients.name,
			// A provider that asked for a factor of its own has done what the role asks for.
			mustEnrol: sql<boolean>`${needsFactor} and not ${hasFactor} and ${sessions.provedWith} <> 'provider with factor'`,
			stale: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 minute'`,
		})
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.leftJoin(oauthClients, eq(oauthClients.id, sessions.clientId))
		.where(and(eq(sessions.id, sessionId), isAlive, token && isTokenOf(token)));
	if (!row) return null;
	const { clientId, clientName } = row;
	const program = clientId && clientName !== null ? { program: { clientId, name: clientName } } : {};
	if (row.stale) await db.orm.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.id, sessionId));
	return toUserActor(row, { sessionId, provedAt: row.provedAt, mustEnrol: row.mustEnrol, ...program });
}

const isTokenOf = ({ userId, version, startsAt, endsAt, resource }: TokenFacts) =>
	and(
		eq(sessions.kind, "program"),
		eq(users.id, userId),
		eq(users.tokenVersion, version),
		sql`${sessions.resource} is not distinct from ${resource}`,
		sql`to_timestamp(${endsAt}::bigint + ${skewSeconds}) > now()`,
		sql`to_timestamp(${startsAt}::bigint - ${skewSeconds}) < now()`,
	);

/** Whom an agent or a job acts for, with the rights of this moment; null where the account is gone or disabled. */
export const findUserActor = (db: Database, userId: string): Promise<UserActor | null> =>
	readUserActor(db.orm, userId, isNull(users.disabledAt));

/** How old the proof of who somebody is may be for what is dangerous. */
export const proofMinutes = 10;

/** Asked of the database each time: a proof that was given a moment ago counts at once, in every process. */
export async function hasProvedLately(db: Database, sessionId: string): Promise<boolean> {
	const [row] = await db.orm
		.select({ id: sessions.id })
		.from(sessions)
		.where(
			and(
				eq(sessions.id, sessionId),
				isNull(sessions.revokedAt),
				gt(sessions.provedAt, sql`now() - make_interval(mins => ${proofMinutes})`),
			),
		);
	return row !== undefined;
}

/** Whether this session is on its way to the provider to prove who it is. */
export const isProvingAtProvider = (db: Database, sessionId: string): Promise<boolean> =>
	hasIntent(db.orm, sessionId, "prove at provider");
