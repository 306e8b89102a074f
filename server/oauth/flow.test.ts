import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { oauthClients, sessions } from "@/db/schema";
import { findStanding } from "@/server/auth/service";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { env } from "@/server/core/env";
import { testDatabase } from "@/tests/support";
import { type Door, openDoor } from "@/tests/support/door";
import { callback, connectProgram, Provider, requestOf } from "@/tests/support/mcp-program";
import { oauthWorld } from "@/tests/support/oauth";
import { bearer, callRpc } from "@/tests/support/programs";
import { lookAtRequest } from "./service";

let db: Database;
let origin: string;
let world: ReturnType<typeof oauthWorld>;
let door: Door;

beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	door = await openDoor();
	origin = door.url;
	world = oauthWorld(db, origin);
});
afterAll(() => {
	door?.close();
});

test("the official client finds its way: discovery, consent, tokens, a call, a refresh", async () => {
	const person = await world.browser();
	const { program: one } = await world.program();
	const provider = new Provider({ client_id: one.id });
	const first = await connectProgram(origin, provider);
	await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
	expect(provider.asked?.href).toMatch(new RegExp(`^${origin}/oauth/authorize\\?`));
	const request = requestOf(provider.asked);
	expect(request.resource).toBe(`${origin}/api/mcp`);
	const asking = await lookAtRequest(person, request);
	expect(asking).toMatchObject({
		kind: "ask",
		program: { name: one.name, isKnown: true, redirectHost: "127.0.0.1:7777", isLocal: true },
		scopes: [{ scope: "account:read" }, { scope: "knowledge:read" }, { scope: "agents:read" }],
		missing: ["prompts:read", "jobs:read", "system:read"],
	});
	const answer = await world.decide(person, request, ["knowledge:read"]);
	expect(answer.get("state")).toBe("a state of the SDK");
	expect(answer.get("iss")).toBe(origin);
	await first.transport.finishAuth(answer.get("code") ?? "");
	const { client, connected } = await connectProgram(origin, provider);
	await connected;
	const names = (await client.listTools()).tools.map(({ name }) => name);
	expect(names).toContain("knowledge_search");
	expect(names.every((name) => name.startsWith("knowledge_"))).toBe(true);
	expect((await client.callTool({ name: "knowledge_listCollections", arguments: {} })).isError).toBeFalsy();
	const before = provider.kept;
	expect(before).toMatchObject({ scope: "knowledge:read", expires_in: 600 });
	provider.kept = { ...before, access_token: "worn out", token_type: "Bearer" };
	await client.listTools();
	expect(provider.kept.access_token).not.toBe("worn out");
	expect(provider.kept.refresh_token).not.toBe(before?.refresh_token);
	await client.close();
});

test("a token is good for the MCP face alone, and for no more than was given", async () => {
	const person = await world.browser("admin");
	const { program: one } = await world.program();
	const { body } = await world.exchange(one.id, await world.codeFor(person, one.id));
	expect((await world.list(body.access_token)).status).toBe(200);
	expect((await callRpc("auth.me", bearer(body.access_token ?? ""))).status).toBe(401);
	expect(await (await world.list(body.access_token)).text()).not.toContain("users_list");
	const [session] = await db.orm.select().from(sessions).where(eq(sessions.clientId, one.id));
	expect(session).toMatchObject({ kind: "program", scopes: ["knowledge:read"], resource: `${origin}/api/mcp` });
	// What it starts has no more rights either.
	const { principal } = await findStanding(db, {
		userId: person.actor.userId,
		sessionId: session?.id ?? "",
		keyId: null,
	});
	expect([...((principal as UserActor | null)?.permissions ?? [])]).toEqual(["knowledge:read"]);
});

test("programs register themselves only where that is allowed, and then get no more than the right to ask", async () => {
	const register = (body: unknown) =>
		fetch(`${origin}/oauth/register`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(body),
		});
	const metadata = async () =>
		(await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>;
	const body = {
		client_name: "Wanderer",
		redirect_uris: [callback],
		token_endpoint_auth_method: "none",
		logo_uri: "x",
	};
	expect((await register(body)).status).toBe(403);
	expect(await metadata()).not.toHaveProperty("registration_endpoint");
	env().QD_OAUTH_REGISTRATION = "allowed";
	try {
		expect(await metadata()).toHaveProperty("registration_endpoint", `${origin}/oauth/register`);
		for (const redirect of ["http://evil.test/", "javascript:alert(1)", "https://a.test/#x", "https://*.a.test/"])
			expect(await (await register({ ...body, redirect_uris: [redirect] })).json()).toMatchObject({
				error: "invalid_redirect_uri",
			});
		expect((await register({ ...body, client_name: "Admin\u202etset" })).status).toBe(400);
		expect((await register({ ...body, grant_types: ["password"] })).status).toBe(400);
		const provider = new Provider();
		const { connected } = await connectProgram(origin, provider);
		await expect(connected).rejects.toBeInstanceOf(UnauthorizedError);
		expect(await lookAtRequest(await world.browser(), requestOf(provider.asked))).toMatchObject({
			kind: "ask",
			program: { name: "Test", isKnown: false },
		});
		const [row] = await db.orm.select().from(oauthClients).where(eq(oauthClients.name, "Test"));
		expect(row).toMatchObject({ createdBy: null, secretHash: null });
		const answers: number[] = [];
		for (let n = 0; n < 20; n++) answers.push((await register(body)).status);
		expect(answers).toContain(429);
	} finally {
		env().QD_OAUTH_REGISTRATION = "refused";
	}
});

test("the metadata and the challenge lead to each other", async () => {
	const refused = await world.list("nothing");
	const challenge = refused.headers.get("www-authenticate") ?? "";
	const address = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? "";
	expect(address).toBe(`${origin}/.well-known/oauth-protected-resource/api/mcp`);
	const resource = (await (await fetch(address)).json()) as Record<string, unknown>;
	expect(resource).toMatchObject({ resource: `${origin}/api/mcp`, authorization_servers: [origin] });
	expect(resource.scopes_supported).not.toContain("users:read");
	const about = (await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json()) as object;
	expect(about).toMatchObject({
		issuer: origin,
		code_challenge_methods_supported: ["S256"],
		authorization_response_iss_parameter_supported: true,
	});
});
