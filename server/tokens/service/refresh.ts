import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { refreshTokens, sessions, users } from "@/db/schema";
import { isAlive } from "@/server/auth/service";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";
import { writeMail } from "@/server/mail/service";
import type { Tokens } from "../contract";
import { reuseLetter } from "../letters";
import { hashRefreshToken, isRefreshToken, newRefreshToken, sealSuccessor, unsealSuccessor } from "../refresh-token";
import { issueTokens } from "./issue";

/** How long the token before the live one still brings its holder to the live one: tabs that refresh at once, answers that got lost. */
const grace = sql`interval '10 seconds'`;

/**
 * A new pair for a refresh token, which is used up by it. Whoever asks with the same one within the grace gets the same
 * successor. Anything else that was used before is in two hands: then every token of its family ends, as nobody can tell
 * which hand is the right one. Null where there is nothing to give. `clientId` is the registered program that asks: a token
 * that was given to another, or to none, is nothing in its hands.
 */
export async function grantByRefresh(
	ctx: ServiceContext,
	token: string,
	clientId: string | null = null,
): Promise<Tokens | null> {
	if (!isRefreshToken(token)) return null;
	const rotated = await rotate(ctx, token, clientId);
	if (rotated) return issueTokens(ctx.db, rotated.sessionId, rotated.token);
	const used = await findUsed(ctx, token, clientId);
	if (!used) return null;
	if (used.mayFollow && used.sealed) return issueTokens(ctx.db, used.sessionId, unsealSuccessor(used.sealed, token));
	await endFamily(ctx, used.sessionId);
	return null;
}

const livesFor = (clientId: string | null): SQL => sql`exists (select 1 from ${sessions}
	join ${users} on ${users.id} = ${sessions.userId}
	where ${sessions.id} = ${refreshTokens.sessionId} and ${sessions.kind} = 'program'
	and ${sessions.clientId} is not distinct from ${clientId}::uuid and ${isAlive})`;

/** Of many at once one wins: the row is used up by a single statement. */
async function rotate(
	ctx: ServiceContext,
	token: string,
	clientId: string | null,
): Promise<{ sessionId: string; token: string } | null> {
	const next = newRefreshToken();
	return ctx.db.transaction(async (tx) => {
		const [used] = await tx
			.update(refreshTokens)
			.set({
				usedAt: sql`now()`,
				successorId: hashRefreshToken(next),
				sealedSuccessor: sealSuccessor(next, token),
			})
			.where(and(eq(refreshTokens.id, hashRefreshToken(token)), isNull(refreshTokens.usedAt), livesFor(clientId)))
			.returning({ sessionId: refreshTokens.sessionId, generation: refreshTokens.generation });
		if (!used) return null;
		await tx.insert(refreshTokens).values({
			id: hashRefreshToken(next),
			sessionId: used.sessionId,
			generation: used.generation + 1,
		});
		await tx.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.id, used.sessionId));
		return { sessionId: used.sessionId, token: next };
	});
}

/** A token that was used before; not one whose session has simply ended. */
async function findUsed(ctx: ServiceContext, token: string, clientId: string | null) {
	const successor = alias(refreshTokens, "successor");
	const [row] = await ctx.db.orm
		.select({
			sessionId: refreshTokens.sessionId,
			sealed: refreshTokens.sealedSuccessor,
			// Used in the future: the clock went back, and nobody knows how long ago that was.
			mayFollow: sql<boolean>`${refreshTokens.usedAt} between now() - ${grace} and now() + interval '2 seconds'
				and ${successor.usedAt} is null`,
		})
		.from(refreshTokens)
		.innerJoin(successor, eq(successor.id, refreshTokens.successorId))
		.where(and(eq(refreshTokens.id, hashRefreshToken(token)), livesFor(clientId)));
	return row;
}

async function endFamily(ctx: ServiceContext, sessionId: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [ended] = await tx
			.update(sessions)
			.set({ revokedAt: sql`now()`, revokedBecause: "refresh token used twice" })
			.where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
			.returning({ userId: sessions.userId });
		if (!ended) return;
		const actor = await readUserActor(tx, ended.userId);
		const [person] = await tx
			.select({ userId: users.id, name: users.name, email: users.email })
			.from(users)
			.where(eq(users.id, ended.userId));
		if (person) await writeMail(tx, reuseLetter(person, ctx.origin));
		await audit(actor ? { ...ctx, actor } : ctx, tx, {
			action: "token.reuse",
			resource: "session",
			resourceId: sessionId,
			outcome: "denied",
			reason: "A refresh token was used a second time: the session and all its tokens have ended",
		});
	});
}
