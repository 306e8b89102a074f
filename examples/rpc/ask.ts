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

/** An access token, good for ten minutes: long enough for one question. */
async function signIn(url: string, email: string, password: string): Promise<string> {
	const answer = await fetch(`${url}/api/v1/auth/token`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ grant_type: "password", email, password }),
	});
	const told = (await answer.json()) as { access_token?: string; title?: string };
	if (!told.access_token) throw new Error(told.title ?? `No token: ${answer.status}`);
	return told.access_token;
}

/** Calls go as JSON, subscriptions as server-sent events that reconnect by themselves. */
function connect(url: string, token: string): TRPCClient<AppRouter> {
	const headers = { authorization: `Bearer ${token}` };
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
