import superjson from "superjson";
import { authHandler } from "@/server/auth/handler";
import { rpcHandler } from "@/server/trpc/handler";

type Answer = { status: number; location: string | null; body: unknown };

/** A browser at our own handlers: keeps cookies, follows nothing, sends what a page of ours would. */
export function browser(origin = "http://localhost:3000") {
	const jar = new Map<string, string>();
	const host = new URL(origin).host;
	const send = async (
		path: string,
		init: { method?: string; headers?: Record<string, string>; body?: string } = {},
	) => {
		const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
		const headers = { host, cookie, "user-agent": "test", "x-qd-address": "127.0.0.1", ...init.headers };
		const request = new Request(`${origin}${path}`, { ...init, headers });
		const answer = path.startsWith("/api/trpc/") ? await rpcHandler(request) : await authHandler(request);
		for (const line of answer.headers.getSetCookie()) {
			const [pair = "", ...attributes] = line.split(";");
			const at = pair.indexOf("=");
			const isGone =
				attributes.some((one) => /max-age=0|expires=thu, 01 jan 1970/i.test(one.trim())) || at === pair.length - 1;
			if (isGone) jar.delete(pair.slice(0, at));
			else jar.set(pair.slice(0, at), pair.slice(at + 1));
		}
		return answer;
	};
	const json = async (answer: Response): Promise<Answer> => {
		const text = await answer.text();
		const isJson = answer.headers.get("content-type")?.includes("json");
		return { status: answer.status, location: answer.headers.get("location"), body: isJson ? JSON.parse(text) : text };
	};
	const csrf = async () => ((await json(await send("/api/auth/csrf"))).body as { csrfToken: string }).csrfToken;
	const form = async (path: string, fields: Record<string, string>, more: Record<string, string> = {}) =>
		json(
			await send(path, {
				method: "POST",
				headers: { "content-type": "application/x-www-form-urlencoded", origin, ...more },
				body: new URLSearchParams({ ...fields, csrfToken: await csrf(), json: "true" }).toString(),
			}),
		);
	const own = { "content-type": "application/json", origin, "x-qd-csrf": "1" };

	return {
		jar,
		send,
		get: async (path: string) => json(await send(path)),
		/** Posts to next-auth; answers the word that it gives back as a problem, or null. */
		submit: async (provider: string, fields: Record<string, string>): Promise<string | null> => {
			const { body } = await form(`/api/auth/callback/${provider}`, fields);
			return new URL((body as { url?: string }).url ?? "/", origin).searchParams.get("error");
		},
		/** Where the provider's button leads. */
		toProvider: async (fields: Record<string, string> = {}, more: Record<string, string> = {}): Promise<string> => {
			const { body } = await form("/api/auth/signin/oidc", fields, more);
			return (body as { url: string }).url;
		},
		passkeyOptions: async (headers: Record<string, string> = own) =>
			json(await send("/api/auth/passkey", { method: "POST", headers, body: "{}" })),
		/** A mutation as the console calls it: its data, or the code of its refusal. */
		call: async (path: string, input: unknown = {}): Promise<{ data?: unknown; problem?: string; status: number }> => {
			const answer = await send(`/api/trpc/${path}`, {
				method: "POST",
				headers: own,
				body: superjson.stringify(input),
			});
			const body = (await answer.json()) as {
				result?: { data: Parameters<typeof superjson.deserialize>[0] };
				error?: { json: { data: { problem: string } } };
			};
			if (body.error) return { problem: body.error.json.data.problem, status: answer.status };
			return { data: body.result && superjson.deserialize(body.result.data), status: answer.status };
		},
		ask: async (path: string): Promise<{ data?: unknown; problem?: string; status: number }> => {
			const input = encodeURIComponent(superjson.stringify({}));
			const answer = await send(`/api/trpc/${path}?input=${input}`, { headers: { "sec-fetch-site": "same-origin" } });
			const body = (await answer.json()) as {
				result?: { data: Parameters<typeof superjson.deserialize>[0] };
				error?: { json: { data: { problem: string } } };
			};
			if (body.error) return { problem: body.error.json.data.problem, status: answer.status };
			return { data: body.result && superjson.deserialize(body.result.data), status: answer.status };
		},
	};
}
