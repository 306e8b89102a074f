import { and, eq, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { oauthClients, sessions, users } from "@/db/schema";
import { isAlive } from "@/server/auth/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Ended, ListSessions, ListSessionsOf, OneSession, OneSessionOf, Session, SessionsOf } from "./contract";
import { nameDevice } from "./device";

type SessionPage = { rows: Session[]; next: string | null };

async function page(ctx: ServiceContext, userId: string, input: ListSessions): Promise<SessionPage> {
	const { kind, address, createdAt, lastSeenAt } = sessions;
	// A cursor holds for one person's sessions.
	const list = listQuery(
		{ ...input, ...{ userId } },
		{ filter: { kind, address, createdAt, lastSeenAt }, sort: { createdAt, lastSeenAt }, id: sessions.id },
	);
	const rows = await ctx.db.orm
		.select({
			id: sessions.id,
			kind: sessions.kind,
			programName: oauthClients.name,
			scopes: sessions.scopes,
			userAgent: sessions.userAgent,
			address: sessions.address,
			createdAt: sessions.createdAt,
			lastSeenAt: sessions.lastSeenAt,
			expiresAt: sessions.expiresAt,
			key: list.key,
		})
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.leftJoin(oauthClients, eq(oauthClients.id, sessions.clientId))
		.where(and(eq(sessions.userId, userId), isAlive, list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const { rows: some, next } = list.page(rows);
	const { actor } = ctx;
	const current = actor.kind === "user" ? actor.sessionId : null;
	const told = some.map(({ userAgent, programName, scopes, ...row }) => ({
		...row,
		program: programName === null ? null : { name: programName, scopes: scopes ?? [] },
		device: nameDevice(userAgent),
		isCurrent: row.id === current,
	}));
	return { rows: told, next };
}

/** Where the caller is signed in, newest first. */
export const listSessions = (ctx: ServiceContext, input: ListSessions): Promise<SessionPage> =>
	page(ctx, requireUser(ctx).userId, input);

/** Where somebody is: for who holds sessions:manage. */
export async function listSessionsOf(ctx: ServiceContext, { userId, ...input }: ListSessionsOf): Promise<SessionPage> {
	await mustExist(ctx.db.orm, userId);
	return page(ctx, userId, input);
}

async function mustExist(reader: Reader, userId: string): Promise<void> {
	const [known] = await reader.select({ id: users.id }).from(users).where(eq(users.id, userId));
	if (!known) throw notFound("This account");
}

/**
 * Ends sessions of one person, and with them what they started: runs stop, queued jobs are not done, streams close. Answers
 * how many there were. With `tokens` every access token of the person ends too, whatever it says.
 */
export async function endSessions(
	ctx: ServiceContext,
	tx: Tx,
	{ userId, which, because, tokens = false }: { userId: string; which?: SQL; because: string; tokens?: boolean },
): Promise<number> {
	if (tokens)
		await tx
			.update(users)
			.set({ tokenVersion: sql`${users.tokenVersion} + 1` })
			.where(eq(users.id, userId));
	const ended = await tx
		.update(sessions)
		.set({ revokedAt: sql`now()`, revokedBecause: because })
		.where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), which))
		.returning({ id: sessions.id });
	if (ended.length === 0) return 0;
	await audit(ctx, tx, {
		action: "session.end",
		resource: "session",
		resourceId: ended.length === 1 ? ended[0]?.id : null,
		detail: { userId, because, sessions: ended.length },
	});
	return ended.length;
}

async function endOne(ctx: ServiceContext, { userId, sessionId }: OneSessionOf, because: string): Promise<Ended> {
	return ctx.db.transaction(async (tx) => {
		const [known] = await tx
			.select({ id: sessions.id })
			.from(sessions)
			.where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)));
		if (!known) throw notFound("This session");
		return { ended: await endSessions(ctx, tx, { userId, which: eq(sessions.id, sessionId), because }) };
	});
}

/** One's own. Ending it a second time does nothing. */
export const endSession = (ctx: ServiceContext, { sessionId }: OneSession): Promise<Ended> =>
	endOne(ctx, { userId: requireUser(ctx).userId, sessionId }, "ended by its owner");

/** All of one's own but the one that asks. */
export async function endOtherSessions(ctx: ServiceContext): Promise<Ended> {
	const { userId, sessionId } = requireUser(ctx);
	const which = sessionId ? ne(sessions.id, sessionId) : sql`true`;
	return ctx.db.transaction(async (tx) => ({
		ended: await endSessions(ctx, tx, { userId, which, because: "ended by its owner with all others" }),
	}));
}

export const endSessionOf = (ctx: ServiceContext, input: OneSessionOf): Promise<Ended> =>
	endOne(ctx, input, "ended by an administrator");

/** All of somebody's. */
export async function endSessionsOf(ctx: ServiceContext, { userId }: SessionsOf): Promise<Ended> {
	return ctx.db.transaction(async (tx) => {
		await mustExist(tx, userId);
		return { ended: await endSessions(ctx, tx, { userId, because: "ended by an administrator", tokens: true }) };
	});
}
