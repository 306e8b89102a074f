import { randomUUID } from "node:crypto";
import NextAuth, { type AuthOptions } from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";
import { secret } from "@/server/core/secrets";
import { chargeCall } from "@/server/trpc/limits";
import { sessionCookie } from "./cookies";
import { findUserActor, signIn, signOut } from "./service";

declare module "next-auth/jwt" {
	interface JWT {
		/** The session row that this cookie stands for. */
		sid?: string;
	}
}
declare module "next-auth" {
	interface User {
		sid: string;
	}
}

const SignIn = z.object({ email: z.string().min(1).max(254), password: z.string().min(1).max(1024) });

const contextOf = (headers: Record<string, unknown> | undefined): ServiceContext => {
	const text = (name: string) => (typeof headers?.[name] === "string" ? headers[name] : null);
	return {
		db: database(),
		actor: { kind: "anonymous" },
		via: "console",
		requestId: randomUUID(),
		origin: { address: text("x-qd-address"), userAgent: text("user-agent") },
	};
};

const options: AuthOptions = {
	secret: secret("session").toString("hex"),
	session: { strategy: "jwt", maxAge: 30 * 24 * 60 * 60 },
	cookies: { sessionToken: sessionCookie },
	pages: { signIn: "/sign-in", error: "/sign-in" },
	// next-auth logs whole errors; ours are audited where they happen.
	logger: { error: () => {}, warn: () => {}, debug: () => {} },
	providers: [
		Credentials({
			credentials: { email: {}, password: {} },
			authorize: async (credentials, request) => {
				const input = SignIn.safeParse(credentials);
				if (!input.success) return null;
				const ctx = contextOf(request.headers);
				await chargeCall("signIn", input.data.email.trim().toLowerCase());
				await chargeCall("signInAddress", ctx.origin.address ?? "unknown");
				const session = await signIn(ctx, input.data);
				return session && { id: session.userId, sid: session.sessionId, name: session.name };
			},
		}),
	],
	callbacks: {
		jwt: ({ token, user }) => (user ? { sub: user.id, sid: user.sid } : token),
	},
	events: {
		signOut: async ({ token }) => {
			if (!token.sid || !token.sub) return;
			const ctx = contextOf(undefined);
			const actor = await findUserActor(ctx.db, token.sub);
			await signOut(actor ? { ...ctx, actor } : ctx, token.sid);
		},
	},
};

/** next-auth's own routes: csrf, sign-in, sign-out, session. */
export const authHandler: (request: Request, context: unknown) => Promise<Response> = NextAuth(options);
