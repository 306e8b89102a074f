import { decodeJwt } from "jose";
import type { AuthOptions } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import { type Provider, provider } from "@/server/core/provider";
import { secret } from "@/server/core/secrets";
import { PasskeyAssertion } from "@/server/factors/contract";
import { chargeAddress } from "@/server/trpc/limits";
import { factorWord, ownPath } from "./contract";
import {
	invitationCookie,
	readInvitationCookie,
	readSessionCookie,
	readStepCookie,
	sessionCookie,
	stepCookie,
} from "./cookies";
import { type Claims, enterByProvider } from "./identities";
import { readSessionId } from "./identity";
import { findSessionActor, finishStep, type SignedIn, signIn, signOut } from "./service";
import { openStep } from "./steps";

declare module "next-auth/jwt" {
	interface JWT {
		/** The session row that this cookie stands for. */
		sid?: string;
	}
}

const SignIn = z.object({ email: z.string().min(1).max(254), password: z.string().min(1).max(1024) });
const asJson = z
	.string()
	.max(60_000)
	.transform((text, check) => {
		try {
			return JSON.parse(text) as unknown;
		} catch {
			check.addIssue("no JSON");
			return z.NEVER;
		}
	});
const Second = z.union([
	z.object({ code: z.string().trim().min(1).max(40) }),
	z.object({ passkey: asJson.pipe(PasskeyAssertion) }),
]);
const IdToken = z.object({
	iss: z.string().max(500),
	sub: z.string().min(1).max(500),
	email: z.email().max(254).optional().catch(undefined),
	email_verified: z.boolean().optional().catch(undefined),
	name: z.string().optional().catch(undefined),
	preferred_username: z.string().optional().catch(undefined),
	amr: z.array(z.string()).optional().catch(undefined),
	auth_time: z.number().optional().catch(undefined),
});

function toClaims(token: unknown): Claims {
	const one = IdToken.parse(token);
	return {
		issuer: one.iss,
		subject: one.sub,
		email: one.email ?? null,
		isEmailVerified: one.email_verified === true,
		name: (one.name || one.preferred_username || one.email || "New colleague").slice(0, 100),
		hasFactor: one.amr?.includes("mfa") ?? false,
		authTime: one.auth_time ?? null,
	};
}

const oidc = (one: Provider): OAuthConfig<unknown> => ({
	id: "oidc",
	name: one.name,
	type: "oauth",
	issuer: one.issuer,
	wellKnown: `${one.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
	clientId: one.clientId,
	clientSecret: one.clientSecret,
	authorization: { params: { scope: "openid email profile" } },
	idToken: true,
	userinfo: {
		// Many providers tell the address at this endpoint only. The signed token's own words win.
		request: async ({ tokens, client }) => {
			const told = await client.userinfo(tokens.access_token ?? "").catch(() => null);
			// Checked before: signature, issuer, audience, nonce and time.
			const signed = decodeJwt(tokens.id_token ?? "");
			return told?.sub === signed.sub ? { ...told, ...signed } : signed;
		},
	},
	checks: ["pkce", "state", "nonce"],
	// One algorithm, whatever a token's head says.
	client: { id_token_signed_response_alg: "RS256" },
	profile: (token) => ({ id: toClaims(token).subject }),
});

/** The options for one request. What is to be set beside next-auth's own cookies goes into `jar`. */
export function optionsFor(ctx: ServiceContext, request: Request, jar: string[]): AuthOptions {
	const cookies = request.headers.get("cookie");
	const one = provider();
	let opened: SignedIn | null = null;
	let target = "/";

	/** A session before this one ends with it: who signs in anew is not two. */
	const begin = async (signedIn: SignedIn) => {
		opened = signedIn;
		jar.push(stepCookie(null));
		const before = await sessionOf(cookies);
		if (before) await close(ctx, before);
	};
	const authorize = async (signedIn: SignedIn | null) => {
		if (!signedIn) return null;
		if (signedIn.sessionId === null) {
			jar.push(stepCookie(await openStep(ctx.db, { userId: signedIn.userId, provedWith: "password" })));
			throw new Error(`${factorWord}${signedIn.factors.join(",")}`);
		}
		await begin(signedIn);
		return { id: signedIn.userId };
	};

	return {
		secret: secret("session").toString("hex"),
		session: { strategy: "jwt", maxAge: 30 * 24 * 60 * 60 },
		cookies: { sessionToken: sessionCookie },
		pages: { signIn: "/sign-in", error: "/sign-in" },
		// next-auth logs whole errors; ours are audited where they happen.
		logger: { error: () => {}, warn: () => {}, debug: () => {} },
		providers: [
			Credentials({
				credentials: { email: {}, password: {} },
				authorize: async (credentials) => {
					const input = SignIn.safeParse(credentials);
					if (!input.success) return null;
					await chargeAddress(ctx);
					return authorize(await signIn(ctx, input.data));
				},
			}),
			Credentials({
				id: "factor",
				credentials: { code: {}, passkey: {} },
				authorize: async (credentials) => {
					const input = Second.safeParse(credentials);
					const cookie = readStepCookie(cookies);
					if (!input.success || !cookie) return null;
					await chargeAddress(ctx);
					return authorize(await finishStep(ctx, cookie, input.data));
				},
			}),
			...(one ? [oidc(one)] : []),
		],
		callbacks: {
			redirect: async ({ url, baseUrl }) => {
				const own = url.startsWith("/") || !URL.canParse(url) ? url : pathAt(url, baseUrl);
				target = ownPath(own);
				return `${baseUrl}${target}`;
			},
			signIn: async ({ account, profile }) => {
				if (account?.provider !== "oidc" || !one) return opened !== null;
				const sessionId = await sessionOf(cookies);
				const session = sessionId ? await findSessionActor(ctx.db, sessionId) : null;
				const invitation = readInvitationCookie(cookies) ?? null;
				if (invitation) jar.push(invitationCookie(null));
				const entry = await enterByProvider(ctx, one, toClaims(profile), { session, invitation });
				switch (entry.kind) {
					case "open":
						await begin(entry.signedIn);
						return true;
					case "half-way":
						jar.push(stepCookie(entry.cookie));
						return `/sign-in?step=${entry.factors.join(",")}&next=${encodeURIComponent(target)}`;
					case "linked":
						return "/account/security?done=linked";
					case "proved":
						return "/proved";
					case "refused":
						return `/sign-in?problem=${entry.problem}`;
				}
			},
			jwt: ({ token, user }) => (user && opened?.sessionId ? { sub: opened.userId, sid: opened.sessionId } : token),
		},
		events: {
			signOut: async ({ token }) => {
				if (token.sid) await close(ctx, token.sid);
			},
		},
	};
}

const pathAt = (url: string, baseUrl: string): string => {
	const at = new URL(url);
	return at.origin === new URL(baseUrl).origin ? `${at.pathname}${at.search}${at.hash}` : "/";
};

const sessionOf = async (cookies: string | null): Promise<string | null> => {
	const cookie = readSessionCookie(cookies);
	return cookie ? readSessionId(cookie) : null;
};

async function close(ctx: ServiceContext, sessionId: string): Promise<void> {
	const actor = await findSessionActor(ctx.db, sessionId);
	await signOut(actor ? { ...ctx, actor } : ctx, sessionId);
}
