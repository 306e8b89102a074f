import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { refreshTokens, sessions, users } from "@/db/schema";
import { signAccessToken } from "../access-token";
import type { Tokens } from "../contract";
import { hashRefreshToken, newRefreshToken } from "../refresh-token";
import { lifeSeconds } from "../signing-keys";

const epoch = (at: ReturnType<typeof sql>) => sql<number>`extract(epoch from ${at})::int`;

/** The first refresh token of a session. */
export async function startFamily(db: Database, sessionId: string): Promise<string> {
	const token = newRefreshToken();
	await db.orm.insert(refreshTokens).values({ id: hashRefreshToken(token), sessionId, generation: 1 });
	return token;
}

/** An access token for the session, told together with the refresh token that goes with it. */
export async function issueTokens(db: Database, sessionId: string, refreshToken: string): Promise<Tokens> {
	const [facts] = await db.orm
		.select({
			userId: users.id,
			version: users.tokenVersion,
			now: epoch(sql`now()`),
			provedAt: epoch(sql`${sessions.provedAt}`),
			resource: sessions.resource,
		})
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.where(eq(sessions.id, sessionId));
	if (!facts) throw new Error("the session is gone");
	return {
		access_token: await signAccessToken(db, { ...facts, sessionId }),
		token_type: "Bearer",
		expires_in: lifeSeconds,
		refresh_token: refreshToken,
	};
}
