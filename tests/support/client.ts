import {
	createTRPCClient,
	httpBatchLink,
	httpLink,
	httpSubscriptionLink,
	isNonJsonSerializable,
	splitLink,
	type TRPCClient,
} from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import type { AppRouter } from "@/server/trpc/root";

/** A program that talks typed RPC to a started product. */
export type Client = { api: TRPCClient<AppRouter>; cookie: string; headers: Record<string, string> };

/** A client with the session of this account, signed in through next-auth's own routes; without an account, a stranger's. */
export async function connect(url: string, account?: { email: string; password: string }): Promise<Client> {
	return clientWith(url, account ? await signIn(url, account) : "");
}

/** A client that shows this cookie. */
export function clientWith(url: string, cookie: string): Client {
	const headers = { origin: url, "x-qd-csrf": "1", ...(cookie ? { cookie } : {}) };
	const rpc = { url: `${url}/api/trpc`, transformer: superjson, headers };
	const api = createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) => op.type === "subscription",
				true: httpSubscriptionLink({
					url: rpc.url,
					transformer: superjson,
					EventSource,
					eventSourceOptions: {
						// A browser's EventSource sends the cookie by itself; a program adds it.
						fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
					},
				}),
				false: splitLink({
					condition: (op) => isNonJsonSerializable(op.input),
					true: httpLink(rpc),
					false: httpBatchLink({ ...rpc, maxItems: 10 }),
				}),
			}),
		],
	});
	return { api, cookie, headers };
}

async function signIn(url: string, account: { email: string; password: string }): Promise<string> {
	const csrf = await fetch(`${url}/api/auth/csrf`);
	const { csrfToken } = (await csrf.json()) as { csrfToken: string };
	const answer = await fetch(`${url}/api/auth/callback/credentials`, {
		method: "POST",
		redirect: "manual",
		headers: { "content-type": "application/x-www-form-urlencoded", origin: url, cookie: cookiesOf(csrf) },
		body: new URLSearchParams({ ...account, csrfToken, json: "true" }),
	});
	const cookie = cookiesOf(answer);
	if (!/session=/.test(cookie)) throw new Error(`Signing in failed: ${answer.status}`);
	return cookie;
}

const cookiesOf = (response: Response) =>
	response.headers
		.getSetCookie()
		.map((cookie) => cookie.split(";")[0])
		.join("; ");
