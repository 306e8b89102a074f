import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { oauthClients, oauthCodes, sessions, users } from "@/db/schema";
import { isAlive, openSession } from "@/server/auth/service";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";
import type { Tokens } from "@/server/tokens/contract";
import { grantByRefresh, issueTokens, startFamily } from "@/server/tokens/service";
import type { CodeGrant, RefreshGrant } from "../contract";
import { OAuthProblem } from "../problem";
import { mcpResource } from "../resource";
import { hashSecret, isVerifier } from "../secrets";
import type { Client } from "./find-client";

export type GivenTokens = Tokens & { scope: string };

const invalid = () =>
	new OAuthProblem(
		"invalid_grant",
		"This code is not valid, was used before, or belongs to another request. Begin anew.",
	);

/** Tokens for a code: once, within its minute, for the program, address and verifier that it was made for. */
export async function exchangeCode(ctx: ServiceContext, client: Client, input: CodeGrant): Promise<GivenTokens> {
	const id = hashSecret(input.code);
	// Whoever shows it has used it up, also where the rest is wrong: it has been seen by somebody else then.
	const [code] = await ctx.db.orm
		.update(oauthCodes)
		.set({ usedAt: sql`now()` })
		.where(and(eq(oauthCodes.id, id), isNull(oauthCodes.usedAt), gt(oauthCodes.expiresAt, sql`now()`)))
		.returning();
	if (!code) {
		await endReused(ctx, id);
		throw invalid();
	}
	const isRight =
		code.clientId === client.id &&
		code.redirectUri === input.redirect_uri &&
		isVerifier(input.code_verifier, code.challenge);
	if (!isRight) throw invalid();
	if ((input.resource ?? code.resource) !== code.resource)
		throw new OAuthProblem("invalid_target", `This code is for ${code.resource}.`);
	const [browser] = await ctx.db.orm
		.select({ userId: users.id, provedWith: sessions.provedWith, provedAt: sessions.provedAt })
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.where(and(eq(sessions.id, code.sessionId), isAlive));
	if (!browser) throw invalid();
	const { userId, provedWith, provedAt } = browser;
	const { scopes, resource } = code;
	const program = { clientId: client.id, scopes, resource, provedAt };
	const sessionId = (await openSession(ctx, userId, { provedWith, kind: "program", program }))?.sessionId;
	if (!sessionId) throw invalid();
	await ctx.db.orm.update(oauthClients).set({ lastUsedAt: sql`now()` }).where(eq(oauthClients.id, client.id));
	const [done] = await ctx.db.orm
		.update(oauthCodes)
		.set({ grantedSessionId: sessionId })
		.where(eq(oauthCodes.id, id))
		.returning({ reusedAt: oauthCodes.reusedAt });
	// Somebody came with the same code meanwhile.
	if (done?.reusedAt !== null) {
		await endReused(ctx, id);
		throw invalid();
	}
	const tokens = await issueTokens(ctx.db, sessionId, await startFamily(ctx.db, sessionId));
	return { ...tokens, scope: scopes.join(" ") };
}

/** A code that comes twice was copied: what it was changed for ends (RFC 6749, 4.1.2). */
async function endReused(ctx: ServiceContext, codeId: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [code] = await tx
			.update(oauthCodes)
			.set({ reusedAt: sql`coalesce(${oauthCodes.reusedAt}, now())` })
			.where(and(eq(oauthCodes.id, codeId), sql`${oauthCodes.usedAt} is not null`))
			.returning({ clientId: oauthCodes.clientId, granted: oauthCodes.grantedSessionId });
		if (!code?.granted) return;
		const [ended] = await tx
			.update(sessions)
			.set({ revokedAt: sql`now()`, revokedBecause: "authorization code used twice" })
			.where(and(eq(sessions.id, code.granted), isNull(sessions.revokedAt)))
			.returning({ userId: sessions.userId });
		if (!ended) return;
		const actor = await readUserActor(tx, ended.userId);
		await audit(actor ? { ...ctx, actor } : ctx, tx, {
			action: "program.code-reuse",
			resource: "session",
			resourceId: code.granted,
			outcome: "denied",
			reason: "An authorization code was used a second time: the program's session and all its tokens have ended",
			detail: { clientId: code.clientId },
		});
	});
}

/** The next pair for a refresh token that was given to this program. */
export async function refreshGrant(ctx: ServiceContext, client: Client, input: RefreshGrant): Promise<Tokens> {
	const resource = mcpResource(ctx.origin.host);
	if ((input.resource ?? resource) !== resource)
		throw new OAuthProblem("invalid_target", `Tokens are given for ${resource} only.`);
	const tokens = await grantByRefresh(ctx, input.refresh_token, client.id);
	if (!tokens)
		throw new OAuthProblem("invalid_grant", "This refresh token is not valid any more. Ask the person again.");
	return tokens;
}
