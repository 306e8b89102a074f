import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { testDatabase, testUser } from "@/tests/support";
import { type RestClient, restClient } from "@/tests/support/rest";

let db: Database;
let builder: UserActor;
let call: RestClient;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	builder = await testUser(db, { role: "builder" });
	call = await restClient(db, builder);
});

const prompt = () => ({ name: `P ${randomUUID()}`, body: "Be brief." });

describe("the REST face", () => {
	test("makes a thing with 201 and its address, at which it is found, with dates as text", async () => {
		const made = await call("POST /prompts", { body: prompt() });
		expect(made.status).toBe(201);
		const location = made.headers.get("location") ?? "";
		expect(location).toMatch(/^\/api\/v1\/prompts\/[0-9a-f-]{36}$/);
		const read = await call(`GET ${location.replace("/api/v1", "")}` as "GET /prompts");
		expect(read.status).toBe(200);
		expect(read.body).toEqual(made.body);
		expect((read.body.prompt as { updatedAt: string }).updatedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
		expect(read.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
	});

	test("answers 204 where there is nothing to say, and 202 where work goes on", async () => {
		const { body } = await call("POST /collections", { body: { name: `C ${randomUUID()}` } });
		const removed = await call(`DELETE /collections/${body.id}`);
		expect([removed.status, removed.text]).toEqual([204, ""]);
		expect((await call(`GET /collections/${body.id}`)).status).toBe(404);
	});

	test("is written into the audit as REST, once", async () => {
		const { body } = await call("POST /collections", { body: { name: `C ${randomUUID()}` } });
		const rows = await db.orm
			.select()
			.from(auditEntries)
			.where(and(eq(auditEntries.resourceId, String(body.id)), eq(auditEntries.userId, builder.userId)));
		expect(rows).toMatchObject([{ via: "rest", action: "collection.create" }]);
	});

	test("takes a file as a raw body, and nothing else there", async () => {
		const body = new TextEncoder().encode("# Leave\n\nThirty days.");
		const brought = await call("POST /uploads", { body, headers: { "content-type": "application/octet-stream" } });
		expect(brought.body).toMatchObject({ size: body.byteLength });
		expect((await call("POST /uploads", { body: { files: ["/etc/passwd"] } })).status).toBe(415);
	});
});

describe("what is wrong", () => {
	test("is told as problem+json, with every bad field by its pointer", async () => {
		const answer = await call("POST /prompts", { body: { name: "", body: 5, role: "owner" } });
		expect(answer.status).toBe(400);
		expect(answer.headers.get("content-type")).toBe("application/problem+json");
		expect(answer.body).toMatchObject({
			type: "/api/docs#problem-invalid-input",
			title: expect.any(String),
			status: 400,
			detail: expect.any(String),
			code: "INVALID_INPUT",
			requestId: answer.headers.get("x-request-id"),
		});
		const fields = (answer.body.errors as { field: string }[]).map(({ field }) => field);
		expect(fields.toSorted()).toEqual(["/body", "/name", "/role"]);
	});

	const unknown: [`GET /${string}`, string][] = [
		["GET /prompts?colour=red", "/colour"],
		["GET /prompts?limit=abc", "/limit"],
		["GET /prompts?limit=201", "/limit"],
		["GET /prompts?limit=1&limit=2", "/limit"],
		["GET /prompts?__proto__[x]=1", "/__proto__[x]"],
		["GET /prompts?constructor[prototype][x]=1", "/constructor"],
		["GET /prompts/not-an-id", "/promptId"],
	];
	test.each(unknown)("%s names %s", async (address, field) => {
		const answer = await call(address);
		expect(answer.status).toBe(400);
		expect(answer.body.errors).toMatchObject([{ field }]);
		expect(({} as { x?: unknown }).x).toBeUndefined();
	});

	test("a name that stands in the path can't be said again, nor a body in the query", async () => {
		const id = randomUUID();
		const twice = await call(`PATCH /agents/${id}`, { body: { agentId: randomUUID(), name: "A" } });
		expect(twice.body.errors).toMatchObject([{ field: "/agentId" }]);
		expect((await call("POST /prompts?name=x", { body: prompt() })).body.errors).toMatchObject([{ field: "/name" }]);
	});

	test.each([
		["a body that is no JSON", "{", "application/json", 400],
		["an array for an object", "[1]", "application/json", 400],
		["a form", "name=x", "application/x-www-form-urlencoded", 415],
		["a text", '{"name":"x"}', "text/plain", 415],
		["2 MB", JSON.stringify({ name: "x", body: "y".repeat(2_000_000) }), "application/json", 413],
	])("refuses %s", async (_, body, type, status) => {
		const answer = await call("POST /prompts", { body, headers: { "content-type": type } });
		expect(answer.status).toBe(status);
		expect(answer.body.code).toBeTruthy();
	});

	test("a stranger is told to sign in before anything is read of what they sent", async () => {
		const stranger = await restClient(db, null);
		const answer = await stranger("POST /prompts", { body: "{" });
		expect([answer.status, answer.body.code]).toEqual([401, "UNAUTHENTICATED"]);
		expect(answer.headers.get("www-authenticate")).toBe("Bearer");
	});

	test("a method that is not there is named with those that are", async () => {
		const answer = await call("PUT /prompts");
		expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, POST, HEAD, OPTIONS"]);
		expect((await call("GET /nothing/here")).status).toBe(404);
		expect((await call("GET /prompts/%E0%A4%A")).status).toBe(404);
	});
});

describe("a foreign page", () => {
	test.each([
		["another origin", { origin: "https://evil.test" }],
		["a null origin", { origin: "null" }],
		["a sibling site", { "sec-fetch-site": "same-site" }],
		["no csrf header", { "x-qd-csrf": undefined }],
		["neither origin nor fetch metadata", { origin: undefined }],
	] as [string, Record<string, string | undefined>][])("can't write with our cookie: %s", async (_, headers) => {
		expect((await call("POST /prompts", { body: prompt(), headers })).status).toBe(403);
	});

	test("can't read with our cookie either", async () => {
		expect((await call("GET /me", { headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
	});

	test("gains nothing by a token beside the cookie: the call is refused", async () => {
		const headers = { authorization: "Bearer x", origin: "https://evil.test", "x-qd-csrf": undefined };
		expect((await call("POST /prompts", { body: prompt(), headers })).status).toBe(401);
	});

	test("hears nothing of CORS while no origin is listed", async () => {
		const headers = { origin: "https://app.test", "access-control-request-method": "POST" };
		const answer = await call("OPTIONS /prompts", { headers });
		expect(answer.status).toBe(204);
		expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
	});
});

test("HEAD answers like GET, without its body", async () => {
	const [got, head] = [await call("GET /me"), await call("HEAD /me", { headers: { origin: undefined } })];
	expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", got.headers.get("etag")]);
});

test("an answer that the caller has is not sent again", async () => {
	const got = await call("GET /me");
	const tag = got.headers.get("etag") ?? "";
	expect(tag).toMatch(/^"[\w-]{27}"$/);
	expect(got.headers.get("cache-control")).toBe("private, no-cache");
	const again = await call("GET /me", { headers: { "if-none-match": `"other", W/${tag}` } });
	expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", tag]);
});

test("the same idempotency key does it once; with another body it is refused", async () => {
	const headers = { "idempotency-key": randomUUID() };
	const body = prompt();
	const [first, again] = [
		await call("POST /prompts", { body, headers }),
		await call("POST /prompts", { body, headers }),
	];
	expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
	expect((await call("POST /prompts", { body: prompt(), headers })).status).toBe(422);
});
