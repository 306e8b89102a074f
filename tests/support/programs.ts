import { eq } from "drizzle-orm";
import superjson from "superjson";
import type { Database } from "@/db/connection";
import { users } from "@/db/schema";
import { hashPassword } from "@/server/auth/passwords";
import type { UserActor } from "@/server/core/actor";
import type { Role } from "@/server/core/permissions";
import type { Tokens } from "@/server/tokens/contract";
import { revokeHandler, tokenHandler } from "@/server/tokens/handler";
import { rpcHandler } from "@/server/trpc/handler";
import { testUser } from "./context";

export type Account = { user: UserActor; email: string; password: string };

/** A person who can sign in. */
export async function testAccount(db: Database, role: Role = "staff"): Promise<Account> {
	const user = await testUser(db, { role });
	const password = "a sentence that only they know";
	const [row] = await db.orm
		.update(users)
		.set({ passwordHash: await hashPassword(password) })
		.where(eq(users.id, user.userId))
		.returning({ email: users.email });
	return { user, email: row?.email ?? "", password };
}

const post = (path: string, body: unknown, more: Record<string, string> = {}) =>
	new Request(`http://localhost:3000/api/v1/auth/${path}`, {
		method: "POST",
		headers: { "content-type": "application/json", "x-qd-address": "127.0.0.1", ...more },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});

/** Asks for tokens as a program does. */
export const askTokens = (body: unknown, more?: Record<string, string>): Promise<Response> =>
	tokenHandler(post("token", body, more));
export const askRevocation = (token: string): Promise<Response> => revokeHandler(post("revoke", { token }));

export async function signInProgram({ email, password }: Account): Promise<Tokens> {
	const answer = await askTokens({ grant_type: "password", email, password });
	if (answer.status !== 200) throw new Error(`No tokens: ${answer.status} ${await answer.text()}`);
	return (await answer.json()) as Tokens;
}

export const refresh = (token: string): Promise<Response> =>
	askTokens({ grant_type: "refresh_token", refresh_token: token });

/** One call of a procedure over RPC with these headers: its status and what it answered. */
export async function callRpc(
	path: string,
	headers: Record<string, string>,
	{ input = {}, isMutation = false, query = "" }: { input?: unknown; isMutation?: boolean; query?: string } = {},
): Promise<{ status: number; body: string }> {
	const base = `http://localhost:3000/api/trpc/${path}`;
	const json = superjson.stringify(input);
	const request = isMutation
		? new Request(`${base}?${query}`, {
				method: "POST",
				headers: { "content-type": "application/json", "x-qd-address": "127.0.0.1", ...headers },
				body: json,
			})
		: new Request(`${base}?input=${encodeURIComponent(json)}&${query}`, {
				headers: { "x-qd-address": "127.0.0.1", ...headers },
			});
	const answer = await rpcHandler(request);
	return { status: answer.status, body: await answer.text() };
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });
