import { eq } from "drizzle-orm";
import { refreshTokens, users } from "@/db/schema";
import { signIn, signOut } from "@/server/auth/service";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { hasFactor } from "@/server/core/rights";
import type { TokenRequest, Tokens } from "../contract";
import { hashRefreshToken, newRefreshToken } from "../refresh-token";
import { issueTokens } from "./issue";

type PasswordGrant = Extract<TokenRequest, { grant_type: "password" }>;

async function mustShowFactor(ctx: ServiceContext, userId: string): Promise<boolean> {
	const [row] = await ctx.db.orm.select({ hasFactor }).from(users).where(eq(users.id, userId));
	return row?.hasFactor ?? true;
}

/** A program signs in for a person: a session of its own, and the first tokens of its family. Null where the password is wrong. */
export async function grantByPassword(ctx: ServiceContext, input: PasswordGrant): Promise<Tokens | null> {
	const session = await signIn(ctx, input, "program");
	if (!session) return null;
	if (await mustShowFactor(ctx, session.userId)) {
		await signOut(ctx, session.sessionId);
		throw new AppError("FACTOR_NEEDED", "This account has a second factor: make an API key in the console.");
	}
	const token = newRefreshToken();
	await ctx.db.orm
		.insert(refreshTokens)
		.values({ hash: hashRefreshToken(token), sessionId: session.sessionId, generation: 1 });
	return issueTokens(ctx.db, session.sessionId, token);
}
