import { encode } from "next-auth/jwt";
import superjson from "superjson";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { sessions } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import type { Role } from "@/server/core/permissions";
import { secret } from "@/server/core/secrets";
import { rpcHandler } from "@/server/trpc/handler";
import { testDatabase, testUser } from "@/tests/support";

const origin = "http://localhost:3000";
let db: Database;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
});

/** The cookie of a new session of a freshly made person. */
async function cookieOf(role: Role, expiresAt = new Date(Date.now() + 60_000)): Promise<string> {
	const user = await testUser(db, { role });
	const [session] = await db.orm
		.insert(sessions)
		.values({ userId: user.userId, expiresAt })
		.returning({ id: sessions.id });
	const token = await encode({
		token: { sub: user.userId, sid: session?.id ?? "" },
		secret: secret("session").toString("hex"),
	});
	return `qd_session=${token}`;
}

const good = { host: "localhost:3000", origin, "x-qd-csrf": "1", "content-type": "application/json" };
const post = (path: string, input: unknown, headers: Record<string, string>) =>
	rpcHandler(new Request(`${origin}/api/trpc/${path}`, { method: "POST", headers, body: superjson.stringify(input) }));
const prompt = () => ({ name: `P ${Math.random()}`, body: "Be brief." });

describe("the RPC face", () => {
	test("answers a signed-in call from its own origin", async () => {
		const answer = await post("prompts.create", prompt(), { ...good, cookie: await cookieOf("builder") });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
		expect(answer.headers.get("cache-control")).toBe("no-store");
		expect(Number(answer.headers.get("ratelimit-remaining"))).toBeLessThan(
			Number(answer.headers.get("ratelimit-limit")),
		);
	});

	const foreign: [string, Record<string, string | undefined>][] = [
		["a foreign origin", { origin: "https://evil.test" }],
		["a null origin", { origin: "null" }],
		["neither origin nor fetch metadata", { origin: undefined }],
		["a sibling site", { "sec-fetch-site": "same-site" }],
		["no csrf header", { "x-qd-csrf": undefined }],
	];
	test.each(foreign)("refuses a change from %s", async (_, change) => {
		const headers = Object.entries({ ...good, cookie: await cookieOf("owner"), ...change }).filter(
			(entry): entry is [string, string] => entry[1] !== undefined,
		);
		expect((await post("prompts.create", prompt(), Object.fromEntries(headers))).status).toBe(403);
	});

	test.each(["multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"])(
		"refuses %s",
		async (type) => {
			const headers = { ...good, cookie: await cookieOf("owner"), "content-type": type };
			expect((await post("prompts.create", prompt(), headers)).status).toBe(415);
		},
	);

	test("refuses a cross-site read with our cookie", async () => {
		const request = new Request(`${origin}/api/trpc/auth.me?input=${encodeURIComponent(superjson.stringify({}))}`, {
			headers: { cookie: await cookieOf("owner"), "sec-fetch-site": "cross-site" },
		});
		expect((await rpcHandler(request)).status).toBe(403);
	});

	test("answers a 10 MB question with a clear error", async () => {
		const answer = await post(
			"prompts.create",
			{ name: "Long", body: "x".repeat(10 * 1024 * 1024) },
			{ ...good, cookie: await cookieOf("builder") },
		);
		expect(answer.status).toBe(413);
		expect(await answer.text()).toContain("more than 1 MB");
	});

	test("refuses a batch of more than ten", async () => {
		const paths = Array.from({ length: 11 }, () => "auth.me").join(",");
		const answer = await rpcHandler(
			new Request(`${origin}/api/trpc/${paths}?batch=1&input=%7B%7D`, { headers: { cookie: await cookieOf("owner") } }),
		);
		expect(answer.status).toBe(400);
	});

	test("has no session for an expired, a foreign or a damaged cookie", async () => {
		const expired = await cookieOf("owner", new Date(Date.now() - 1000));
		for (const cookie of [expired, "qd_session=not-a-token", "other=1", ""]) {
			const answer = await post("prompts.create", prompt(), { ...good, cookie });
			expect(answer.status).toBe(401);
		}
	});

	test("tells which field is wrong, and the request id, in the error itself", async () => {
		const answer = await post(
			"prompts.create",
			{ name: "", body: "x" },
			{ ...good, cookie: await cookieOf("builder") },
		);
		const { error } = (await answer.json()) as { error: { json: { data: Record<string, unknown> } } };
		expect(error.json.data).toMatchObject({
			httpStatus: 400,
			problem: "INVALID_INPUT",
			fields: { name: ["A name is needed."] },
		});
		expect(error.json.data.requestId).toBe(answer.headers.get("x-request-id"));
	});
});
