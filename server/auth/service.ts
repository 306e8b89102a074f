import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { sessions, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { hasFactor, needsFactor, readUserActor, rightsColumns, toUserActor } from "@/server/core/rights";
import { verifyPassword } from "./passwords";

export { findStanding } from "./principal";

const sessionDays = 30;
const idleDays = 7;

/** A new session for the right password; null for a wrong one, an unknown or a disabled account, which look alike. */
export async function signIn(
	ctx: ServiceContext,
	input: { email: string; password: string },
	kind: "console" | "program" = "console",
): Promise<{ userId: string; sessionId: string; name: string } | null> {
	const [user] = await ctx.db.orm
		.select({ ...rightsColumns, id: users.id, passwordHash: users.passwordHash, disabledAt: users.disabledAt })
		.from(users)
		.where(eq(sql`lower(${users.email})`, input.email.trim().toLowerCase()));
	const isRight = await verifyPassword(user?.passwordHash ?? null, input.password);
	if (!user || !isRight || user.disabledAt) {
		const reason = !user ? "unknown account" : user.disabledAt ? "disabled account" : "wrong password";
		await audit(ctx, ctx.db.orm, {
			action: "session.open",
			resource: "user",
			resourceId: user?.id ?? null,
			outcome: "denied",
			reason,
		});
		return null;
	}
	const actor = toUserActor(user, { sessionId: null, provedAt: null });
	return ctx.db.transaction(async (tx) => {
		const [session] = await tx
			.insert(sessions)
			.values({
				userId: user.id,
				kind,
				expiresAt: sql`now() + make_interval(days => ${sessionDays})`,
				address: ctx.origin.address,
				userAgent: ctx.origin.userAgent,
			})
			.returning({ id: sessions.id });
		if (!session) throw new Error("the session was not stored");
		await audit({ ...ctx, actor }, tx, { action: "session.open", resource: "session", resourceId: session.id });
		return { userId: user.id, sessionId: session.id, name: user.name };
	});
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
/** What an access token says of itself. `endsAt` in seconds. */
export type TokenFacts = { userId: string; version: number; endsAt: number };

/** Whom a session stands for now: null once it or the access token for it ended, or its account was disabled. */
export async function findSessionActor(db: Database, sessionId: string, token?: TokenFacts): Promise<UserActor | null> {
	const [row] = await db.orm
		.select({
			...rightsColumns,
			provedAt: sessions.provedAt,
			// A provider that asked for a factor of its own has done what the role asks for.
			mustEnrol: sql<boolean>`${needsFactor} and not ${hasFactor} and ${sessions.provedWith} <> 'provider with factor'`,
			stale: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 minute'`,
		})
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.where(and(eq(sessions.id, sessionId), isAlive, token && isTokenOf(token)));
	if (!row) return null;
	if (row.stale) await db.orm.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.id, sessionId));
	return toUserActor(row, { sessionId, provedAt: row.provedAt, mustEnrol: row.mustEnrol });
}

const isTokenOf = ({ userId, version, endsAt }: TokenFacts) =>
	and(
		eq(sessions.kind, "program"),
		eq(users.id, userId),
		eq(users.tokenVersion, version),
		sql`to_timestamp(${endsAt}::bigint + ${skewSeconds}) > now()`,
	);

/** Whom an agent or a job acts for, with the rights of this moment; null where the account is gone or disabled. */
export const findUserActor = (db: Database, userId: string): Promise<UserActor | null> =>
	readUserActor(db.orm, userId, isNull(users.disabledAt));

/** How old the proof of who somebody is may be for what is dangerous. */
const proofMinutes = 10;

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
