import superjson from "superjson";
import { describe, expect, test } from "vitest";
import type { ProcedureDetail } from "@/server/procedures/contract";
import { curlOf, requestOf, wireText } from "./request";

const entry = (more: Partial<ProcedureDetail>): ProcedureDetail => ({
	...{
		path: "things.list",
		type: "query",
		permission: "runs:read",
		openBecause: null,
		risk: "read",
		limit: "standard",
	},
	...{ stepUp: false, faces: ["rpc", "rest", "tool", "mcp"], summary: null, rest: "GET /things", deprecated: null },
	...{ tool: "List.", calls: 0, failures: 0, meanMs: null, input: {}, output: {}, example: {}, isUpload: false },
	...{ perMinute: 60 },
	...more,
});
const rename = entry({ path: "things.rename", type: "mutation", rest: "PATCH /things/{thingId}", risk: "write" });

describe("one input becomes a request of each face", () => {
	const input = { limit: 5, filter: { state: { in: ["a&b", "c"] } } };
	test("a read", () => {
		const rpc = requestOf(entry({}), "rpc", { input });
		expect(superjson.parse(new URL(rpc.address, "http://x").searchParams.get("input") ?? "")).toEqual(input);
		expect(requestOf(entry({}), "rest", { input })).toEqual({
			method: "GET",
			address: "/api/v1/things?limit=5&filter[state][in]=a%26b&filter[state][in]=c",
			headers: {},
			body: null,
		});
		const mcp = requestOf(entry({}), "mcp", { input });
		expect(JSON.parse(String(mcp.body)).params).toEqual({ name: "things_list", arguments: input });
	});

	test("a change: what names the row goes into the path, the rest into the body, and no foreign page could send it", () => {
		const asked = requestOf(rename, "rest", { input: { thingId: "a/b", name: "New" } });
		expect(asked).toMatchObject({ method: "PATCH", address: "/api/v1/things/a%2Fb", body: '{\n  "name": "New"\n}' });
		for (const face of ["rpc", "rest", "mcp", "tool"] as const)
			expect(requestOf(rename, face, { input: {} }).headers).toMatchObject({ "x-qd-csrf": "1" });
	});

	test("a tool's call names its agent", () => {
		const { address, body } = requestOf(rename, "tool", { input: { name: "New" }, agentId: "a1" });
		expect([address, superjson.parse(String(body))]).toEqual([
			"/api/trpc/procedures.tryTool",
			{ procedure: "things.rename", agentId: "a1", input: { name: "New" } },
		]);
	});
});

test("what is shown is what is sent; curl brings a token instead of a session, and holds for any text", () => {
	const asked = requestOf(rename, "rest", { input: { thingId: "1", name: "it's" } });
	expect(wireText(asked)).toBe(
		'PATCH /api/v1/things/1\ncontent-type: application/json\nx-qd-csrf: 1\n\n{\n  "name": "it\'s"\n}',
	);
	const curl = curlOf(asked, "http://localhost:3000");
	expect(curl).toContain("'http://localhost:3000/api/v1/things/1'");
	expect(curl).toContain(`it'\\''s`);
	expect(curl).toContain('"Authorization: Bearer $TOKEN"');
	expect(curl).not.toContain("csrf");
});
