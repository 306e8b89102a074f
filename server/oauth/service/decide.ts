import { and, eq, sql } from "drizzle-orm";
import { oauthCodes, sessions } from "@/db/schema";
import { hasProvedLately } from "@/server/auth/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { ownOrigin } from "@/server/core/own-origin";
import {
	type Asking,
	type AuthorizationRequest,
	type Decide,
	dangerousScopes,
	type ProgramScope,
	readScopes,
} from "../contract";
import { OAuthProblem } from "../problem";
import { isRegistered, redirectTo } from "../redirects";
import { mcpResource } from "../resource";
import { hashSecret, newCode } from "../secrets";
import { type Client, findClient } from "./find-client";

/** How long a code may lie before it is changed for tokens. */
const codeLife = sql`now() + interval '60 seconds'`;

/** Who asks, and where the answer goes. Until both are known nobody is sent anywhere. */
async function readSender(ctx: ServiceContext, request: AuthorizationRequest): Promise<{ client: Client; to: string }> {
	const client = await findClient(ctx.db, request.client_id);
	if (!client)
		throw new AppError(
			"INVALID_INPUT",
			"The program that sent you here is not registered, or was revoked. Ask an administrator.",
		);
	const to = request.redirect_uri;
	if (to === undefined || !isRegistered(to, client.redirectUris))
		throw new AppError(
			"INVALID_INPUT",
			`${client.name} wants its answer at an address that is not registered for it. Ask an administrator.`,
		);
	return { client, to };
}

type Wish = { scopes: ProgramScope[]; challenge: string; resource: string };

/** What it asks for. Throws an OAuthProblem, which is the program's to hear. */
function readWish(ctx: ServiceContext, request: AuthorizationRequest): Wish {
	if (request.response_type !== "code")
		throw new OAuthProblem("unsupported_response_type", "response_type must be code.");
	if (request.code_challenge_method !== "S256" || !/^[A-Za-z0-9_-]{43}$/.test(request.code_challenge ?? ""))
		throw new OAuthProblem(
			"invalid_request",
			"A code_challenge with code_challenge_method S256 is required (RFC 7636).",
		);
	const resource = mcpResource(ctx.origin.host);
	if (request.resource !== undefined && request.resource !== resource)
		throw new OAuthProblem("invalid_target", `Tokens are given for ${resource} only.`);
	const scopes = readScopes(request.scope);
	if (scopes.length === 0) throw new OAuthProblem("invalid_scope", "None of these scopes is known here.");
	return { scopes, challenge: request.code_challenge ?? "", resource };
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** What the consent page shows. */
export async function lookAtRequest(ctx: ServiceContext, request: AuthorizationRequest): Promise<Asking> {
	const user = requireUser(ctx);
	try {
		const { client, to } = await readSender(ctx, request);
		const { hostname, host } = new URL(to);
		try {
			const { scopes } = readWish(ctx, request);
			const held = scopes.filter((scope) => user.permissions.has(scope));
			return {
				kind: "ask",
				program: {
					name: client.name,
					isKnown: client.createdBy !== null,
					redirectHost: host,
					isLocal: loopback.test(hostname),
				},
				scopes: held.map((scope) => ({ scope, isDangerous: dangerousScopes.has(scope) })),
				missing: scopes.filter((scope) => !user.permissions.has(scope)),
			};
		} catch (error) {
			if (!(error instanceof OAuthProblem)) throw error;
			const back = { host, redirectTo: refusal(ctx, to, request, error) };
			return {
				kind: "problem",
				message: `${client.name} sent you here with a request that can't be answered: ${error.message}`,
				back,
			};
		}
	} catch (error) {
		if (error instanceof AppError && error.code === "INVALID_INPUT")
			return { kind: "problem", message: error.message, back: null };
		throw error;
	}
}

const refusal = (ctx: ServiceContext, to: string, { state }: AuthorizationRequest, problem: OAuthProblem): string =>
	redirectTo(to, { error: problem.error, error_description: problem.message, state, iss: ownOrigin(ctx.origin.host) });

/** The person's yes or no, and where their browser goes with it. */
export async function decideRequest(ctx: ServiceContext, { request, scopes }: Decide): Promise<{ redirectTo: string }> {
	const sessionId = await requireBrowser(ctx);
	const user = requireUser(ctx);
	const { client, to } = await readSender(ctx, request);
	const wish = readWish(ctx, request);
	if (scopes.length === 0) {
		const denied = new OAuthProblem("access_denied", "The person said no.");
		await audit(ctx, ctx.db.orm, {
			action: "program.refuse",
			resource: "program",
			resourceId: client.id,
			detail: { name: client.name, scopes: wish.scopes },
		});
		return { redirectTo: refusal(ctx, to, request, denied) };
	}
	const given = [...new Set(scopes)];
	if (given.some((scope) => !wish.scopes.includes(scope) || !user.permissions.has(scope)))
		throw new AppError("FORBIDDEN", "Give no more than the program asks for and you hold.");
	if (given.some((scope) => dangerousScopes.has(scope)) && !(await hasProvedLately(ctx.db, sessionId)))
		throw new AppError("PROOF_NEEDED", "One of these rights is dangerous: prove first who you are.");
	const code = newCode();
	await ctx.db.transaction(async (tx) => {
		await tx.insert(oauthCodes).values({
			id: hashSecret(code),
			clientId: client.id,
			sessionId,
			redirectUri: to,
			challenge: wish.challenge,
			scopes: given,
			resource: wish.resource,
			expiresAt: codeLife,
		});
		await audit(ctx, tx, {
			action: "program.authorize",
			resource: "program",
			resourceId: client.id,
			detail: { name: client.name, scopes: given, redirectHost: new URL(to).host },
		});
	});
	return { redirectTo: redirectTo(to, { code, state: request.state, iss: ownOrigin(ctx.origin.host) }) };
}

/** Only a person in a browser lets programs in: neither a key nor a program that was let in itself. */
async function requireBrowser(ctx: ServiceContext): Promise<string> {
	const { actor } = ctx;
	if (actor.kind === "user" && actor.sessionId !== null) {
		const [session] = await ctx.db.orm
			.select({ id: sessions.id })
			.from(sessions)
			.where(and(eq(sessions.id, actor.sessionId), eq(sessions.kind, "console")));
		if (session) return session.id;
	}
	throw new AppError("FORBIDDEN", "Only a person who is signed in with a browser lets programs in.");
}
