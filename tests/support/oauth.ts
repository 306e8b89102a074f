import { createHash, randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { sessions } from "@/db/schema";
import { findSessionActor } from "@/server/auth/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import type { AuthorizationRequest, Decide, ProgramScope } from "@/server/oauth/contract";
import { createProgram, decideRequest } from "@/server/oauth/service";
import { testContext, testUser } from "./context";
import { callback } from "./mcp-program";
import { bearer } from "./programs";
import { cookieOf } from "./session";

type Browser = ServiceContext & { actor: UserActor };

export const verifier = "a".repeat(43);
const challenge = createHash("sha256").update(verifier).digest("base64url");
export const wish = (clientId: string, more: AuthorizationRequest = {}): AuthorizationRequest => ({
	client_id: clientId,
	redirect_uri: callback,
	response_type: "code",
	code_challenge: challenge,
	code_challenge_method: "S256",
	state: "a state",
	...more,
});
/** People in browsers and programs that ask them, against the door at `origin`. */
export function oauthWorld(db: Database, origin: string) {
	/** A person in a browser. */
	const browser = async (role: Role = "staff", provedMinutesAgo = 0): Promise<Browser> => {
		const user = await testUser(db, { role });
		await cookieOf(db, user);
		const [session] = await db.orm
			.update(sessions)
			.set({ provedAt: sql`now() - make_interval(mins => ${provedMinutesAgo})` })
			.where(eq(sessions.userId, user.userId))
			.returning({ id: sessions.id });
		const actor = (await findSessionActor(db, session?.id ?? "")) as UserActor;
		const ctx = await testContext(db, { role });
		return { ...ctx, actor, origin: { ...ctx.origin, host: new URL(origin).host } };
	};

	const program = async ({ withSecret = false, redirectUris = [callback] } = {}) => {
		const admin = await testContext(db, { role: "admin" });
		return createProgram(admin, { name: `Program ${randomUUID().slice(0, 8)}`, redirectUris, withSecret });
	};

	const decide = async (
		person: Browser,
		request: AuthorizationRequest,
		scopes: Decide["scopes"] = ["knowledge:read"],
	) => new URL((await decideRequest(person, { request, scopes })).redirectTo).searchParams;
	const codeFor = async (person: Browser, clientId: string, more?: AuthorizationRequest, scopes?: ProgramScope[]) =>
		(await decide(person, wish(clientId, more), scopes)).get("code") ?? "";

	const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
		const answer = await fetch(`${origin}/oauth/${path}`, { method: "POST", body: new URLSearchParams(form), headers });
		return { status: answer.status, body: (await answer.json()) as Record<string, string> };
	};
	const exchange = (clientId: string, code: string, more: Record<string, string> = {}) =>
		post("token", {
			grant_type: "authorization_code",
			client_id: clientId,
			code,
			redirect_uri: callback,
			code_verifier: verifier,
			...more,
		});
	const refreshed = (clientId: string, token = "", more: Record<string, string> = {}) =>
		post("token", { grant_type: "refresh_token", client_id: clientId, refresh_token: token, ...more });
	const list = (token = "") =>
		fetch(`${origin}/api/mcp`, {
			method: "POST",
			headers: {
				...bearer(token),
				"content-type": "application/json",
				accept: "application/json, text/event-stream",
			},
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
		});

	return { browser, program, decide, codeFor, post, exchange, refreshed, list };
}
