// Signs in, asks, prints the answer while it streams and then where it was found. docs/api.md says how to run it.

import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, type TRPCClient } from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import type { AppRouter } from "@/server/trpc/root";

const [url, email, password, question] = process.argv.slice(2);
if (!url || !email || !password || !question) {
	console.error("usage: ask.ts URL E-MAIL PASSWORD QUESTION");
	process.exit(2);
}
const api = connect(url, await signIn(url, email, password));
const { runId } = await api.runs.start.mutate({ question });
await printAnswer(api, runId);

/** The session cookie, by next-auth's own two requests. */
async function signIn(url: string, email: string, password: string): Promise<string> {
	const csrf = await fetch(`${url}/api/auth/csrf`);
	const { csrfToken } = (await csrf.json()) as { csrfToken: string };
	const answer = await fetch(`${url}/api/auth/callback/credentials`, {
		method: "POST",
		redirect: "manual",
		headers: {
			"content-type": "application/x-www-form-urlencoded",
			origin: new URL(url).origin,
			cookie: cookiesOf(csrf),
		},
		body: new URLSearchParams({ email, password, csrfToken, json: "true" }),
	});
	const cookie = cookiesOf(answer);
	if (!cookie.includes("qd_session=")) throw new Error("Wrong e-mail or password.");
	return cookie;
}

function cookiesOf(response: Response): string {
	const cookies = response.headers.getSetCookie();
	return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

/** Calls go as JSON, subscriptions as server-sent events that reconnect by themselves. */
function connect(url: string, cookie: string): TRPCClient<AppRouter> {
	const headers = { origin: new URL(url).origin, "x-qd-csrf": "1", cookie };
	const rpc = { url: `${url}/api/trpc`, transformer: superjson };
	const events = httpSubscriptionLink({
		...rpc,
		EventSource,
		eventSourceOptions: { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }) },
	});
	const calls = httpBatchLink({ ...rpc, headers, maxItems: 10 });
	return createTRPCClient<AppRouter>({
		links: [splitLink({ condition: ({ type }) => type === "subscription", true: events, false: calls })],
	});
}

function printAnswer(api: TRPCClient<AppRouter>, runId: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const subscription = api.runs.events.subscribe(
			{ runId },
			{
				onData: ({ data: { body } }) => {
					if (body.type === "answer.delta") process.stdout.write(body.text);
					if (body.type === "answer.restarted") process.stdout.write("\n— from the beginning —\n");
					if (body.type !== "run.ended") return;
					for (const { marker, documentName, page, pageCount } of body.result?.citations ?? [])
						console.log(`\n[${marker}] ${documentName}${pageCount === null ? "" : `, page ${page}`}`);
					console.log(`\n${body.state}; confidence: ${body.result?.confidence.level ?? "none"}`);
					subscription.unsubscribe();
					resolve();
				},
				onError: reject,
			},
		);
	});
}
