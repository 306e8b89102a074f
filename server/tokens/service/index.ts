import { and, eq, isNull } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { refreshTokens, sessions } from "@/db/schema";
import { findSessionActor, signOut } from "@/server/auth/service";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { audience, readAccessToken } from "../access-token";
import type { RotateSigningKey } from "../contract";
import { hashRefreshToken, isRefreshToken } from "../refresh-token";
import { rotateSigningKey as rotate } from "../signing-keys";

export { readSigningKeys } from "../signing-keys";
export { grantByPassword } from "./grant";
export { issueTokens, startFamily } from "./issue";
export { grantByRefresh } from "./refresh";

/** Whom an access token stands for at this moment, at this door; null once it, its session or its account has ended. */
export async function findTokenActor(db: Database, token: string, door?: string): Promise<UserActor | null> {
	const claims = await readAccessToken(db, token, door ? [audience, door] : [audience]);
	if (!claims) return null;
	const { sub: userId, ver: version, iat: startsAt, exp: endsAt } = claims;
	const resource = claims.aud === audience ? null : claims.aud;
	return findSessionActor(db, claims.sid, { userId, version, startsAt, endsAt, resource });
}

/** The session that a token of any kind belongs to ends. Nobody learns whether there was one. */
export async function revokeToken(ctx: ServiceContext, token: string): Promise<void> {
	const found = await findSession(ctx.db, token);
	if (!found) return;
	const actor = await findSessionActor(ctx.db, found);
	await signOut(actor ? { ...ctx, actor } : ctx, found);
}

async function findSession(db: Database, token: string): Promise<string | null> {
	if (!isRefreshToken(token)) return (await readAccessToken(db, token, "any"))?.sid ?? null;
	const [row] = await db.orm
		.select({ sessionId: refreshTokens.sessionId })
		.from(refreshTokens)
		.innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
		.where(and(eq(refreshTokens.id, hashRefreshToken(token)), isNull(sessions.revokedAt)));
	return row?.sessionId ?? null;
}

export async function rotateSigningKey(ctx: ServiceContext, input: RotateSigningKey): Promise<{ kid: string }> {
	const kid = await rotate(ctx.db, input.atOnce);
	await audit(ctx, ctx.db.orm, {
		action: "token.rotate-key",
		resource: "signingKey",
		resourceId: kid,
		detail: { atOnce: input.atOnce },
	});
	return { kid };
}
