import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import superjson from "superjson";
import { expect, test } from "vitest";
import { callback, connectProgram, Provider, requestOf } from "@/tests/support/mcp-program";
import { until } from "@/tests/support/until";
import { accounts, asConsole, ask, call, canaries, query, url } from "./ask";

type Answer<T> = { result: { data: T } };
const dataOf = <T>({ text }: { text: string }): T =>
	superjson.deserialize((JSON.parse(text) as Answer<Parameters<typeof superjson.deserialize>[0]>).result.data);

test("the official client gets in, calls and refreshes; what it was given opens nothing else; revoked, it is out", async () => {
	await call("auth.prove", { password: accounts.admin.password }, asConsole("admin"));
	const made = await call(
		"oauth.createProgram",
		{ name: "A program", redirectUris: ["http://127.0.0.1/callback"] },
		asConsole("admin"),
	);
	const { program } = dataOf<{ program: { id: string } }>(made);
	const provider = new Provider({ client_id: program.id });
	const first = await connectProgram(url, provider);
	await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
	expect(provider.asked?.href.startsWith(`${url}/oauth/authorize?`)).toBe(true);
	const request = requestOf(provider.asked);

	// The page itself is a person's; a stranger is sent to sign in, and learns nothing of the program.
	const page = await ask(`/oauth/authorize${provider.asked?.search}`, { headers: { cookie: accounts.staff.cookie } });
	expect(page.text).toContain("A program");
	expect((await ask(`/oauth/authorize${provider.asked?.search}`)).text).not.toContain("A program");
	expect((await query("oauth.look", request, {})).status).toBe(401);

	const decided = await call("oauth.decide", { request, scopes: ["knowledge:read"] }, asConsole("staff"));
	const back = new URL(dataOf<{ redirectTo: string }>(decided).redirectTo);
	expect(`${back.origin}${back.pathname}`).toBe(callback);
	expect(back.searchParams.get("iss")).toBe(url);
	await first.transport.finishAuth(back.searchParams.get("code") ?? "");
	const { client, connected } = await connectProgram(url, provider);
	await connected;
	expect((await client.listTools()).tools.map(({ name }) => name)).toContain("knowledge_search");
	const before = provider.kept;
	canaries.push(before?.access_token ?? "", before?.refresh_token ?? "");
	provider.kept = { ...before, access_token: "worn out", token_type: "Bearer" };
	expect((await client.callTool({ name: "knowledge_listCollections", arguments: {} })).isError).toBeFalsy();
	expect(provider.kept.refresh_token).not.toBe(before?.refresh_token);

	const authorization = `Bearer ${provider.kept.access_token}`;
	for (const path of ["/api/v1/me", "/api/v1/collections", "/api/openai/v1/models"])
		expect((await ask(path, { headers: { authorization } })).status, path).toBe(401);

	await call("oauth.revokeProgram", { programId: program.id }, asConsole("admin"));
	const headers = { authorization, "content-type": "application/json" };
	await until(async () => (await ask("/api/mcp", { method: "POST", headers, body: "{}" })).status === 401);
	await client.close();
});
