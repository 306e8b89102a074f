import { beforeAll, expect, test, vi } from "vitest";
import { useDatabase } from "@/server/core/database";
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
