import { beforeAll, expect, test, vi } from "vitest";
import { useDatabase } from "@/server/core/database";
import { langgraphHandler } from "@/server/faces/langgraph/handler";
import { openaiHandler } from "@/server/faces/openai/handler";
import { testDatabase, testUser } from "@/tests/support";
import { type RestClient, restClient } from "@/tests/support/rest";

vi.hoisted(() => {
	process.env.QD_CORS_ORIGINS = "https://app.test, https://other.test";
});

let call: RestClient;
beforeAll(async () => {
	const db = await testDatabase();
	useDatabase(db);
	call = await restClient(db, await testUser(db));
});

const allowed = (answer: { headers: Headers }) => answer.headers.get("access-control-allow-origin");

test("a listed origin may call with a token or key of its own, and never with a cookie", async () => {
	const asked = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
	const before = await call("OPTIONS /prompts", { headers: { origin: "https://app.test", ...asked } });
	expect([before.status, allowed(before)]).toEqual([204, "https://app.test"]);
	expect(before.headers.get("access-control-allow-headers")).toContain("authorization");
	expect(before.headers.get("access-control-allow-credentials")).toBeNull();
	const byToken = await call("GET /me", { headers: { origin: "https://app.test", authorization: "Bearer x" } });
	expect([byToken.status, allowed(byToken)]).toEqual([401, "https://app.test"]);
	const byCookie = await call("GET /me", { headers: { origin: "https://app.test", "sec-fetch-site": "cross-site" } });
	expect([byCookie.status, allowed(byCookie)]).toEqual([403, null]);
});

test.each(["https://app.test.evil.test", "https://APP.test:444", "null", "http://app.test"])(
	"%s is not listed",
	async (origin) => {
		const headers = { origin, authorization: "Bearer x", "access-control-request-method": "GET" };
		expect(allowed(await call("OPTIONS /me", { headers }))).toBeNull();
		expect(allowed(await call("GET /me", { headers }))).toBeNull();
	},
);

test.each([
	["POST", "/api/langgraph/threads/search", "x-api-key, content-type"],
	["DELETE", "/api/langgraph/threads/00000000-0000-4000-8000-000000000000", "x-api-key"],
	["POST", "/api/openai/v1/chat/completions", "authorization, content-type, x-stainless-os, x-evil"],
	["GET", "/api/openai/v1/models", "authorization"],
])("the faces of others too: %s %s", async (method, path, names) => {
	const handle = path.startsWith("/api/openai") ? openaiHandler : langgraphHandler;
	const ask = (origin: string, how: string, more: Record<string, string>) =>
		handle(
			new Request(`http://localhost:3000${path}`, {
				method: how,
				headers: { host: "localhost:3000", origin, ...more },
				...(how === "POST"
					? { body: JSON.stringify({ model: "Assistant", messages: [{ role: "user", content: "Who?" }] }) }
					: {}),
			}),
		);
	const asked = { "access-control-request-method": method, "access-control-request-headers": names };
	const before = await ask("https://other.test", "OPTIONS", asked);
	expect([before.status, allowed(before)]).toEqual([204, "https://other.test"]);
	const letIn = before.headers.get("access-control-allow-headers")?.split(", ") ?? [];
	expect(letIn).toEqual(expect.arrayContaining(names.split(", ").filter((name) => name !== "x-evil")));
	expect(letIn).not.toContain("x-evil");
	expect(before.headers.get("access-control-allow-methods")?.split(", ")).toContain(method);
	expect(before.headers.get("access-control-allow-credentials")).toBeNull();
	expect(allowed(await ask("https://evil.test", "OPTIONS", asked))).toBeNull();
	const body = { "content-type": "application/json" };
	const byKey = await ask("https://other.test", method, { ...body, "x-api-key": "nobody's" });
	expect([byKey.status, allowed(byKey)]).toEqual([401, "https://other.test"]);
	expect(byKey.headers.get("access-control-expose-headers")).toContain("content-location");
	const byCookie = await ask("https://other.test", method, {
		...body,
		cookie: "qd_session=x",
		"sec-fetch-site": "cross-site",
	});
	expect([byCookie.status < 400, allowed(byCookie)]).toEqual([false, null]);
});
