import { signIn } from "@/server/auth/service";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { TokenRequest, Tokens } from "../contract";
import { issueTokens, startFamily } from "./issue";

type PasswordGrant = Extract<TokenRequest, { grant_type: "password" }>;

/**
 * A program signs in for a person: a session of its own, and the first tokens of its family. Null where password or code is
 * wrong; FACTOR_NEEDED where the account has a second factor and no code came.
 */
export async function grantByPassword(
	ctx: ServiceContext,
	{ email, password, otp }: PasswordGrant,
): Promise<Tokens | null> {
	const signedIn = await signIn(ctx, { email, password, code: otp }, "program");
	if (!signedIn) return null;
	const { sessionId } = signedIn;
	if (!sessionId)
		throw new AppError("FACTOR_NEEDED", "This account has a second factor: send its code as otp, or use an API key.");
	return issueTokens(ctx.db, sessionId, await startFamily(ctx.db, sessionId));
}
