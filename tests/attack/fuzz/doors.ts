import { readdirSync } from "node:fs";
import type { seeded } from "@/tests/fault/random";
import { naughty, rawBodies, spoiled } from "./hostile";
import type { Sent } from "./operations";

type Random = ReturnType<typeof seeded>;
const json = "application/json";

/** What the other doors take: what programs send to them, and the pages. */
const taken: { url: string; body: unknown }[] = [
	{ url: "/api/openai/v1/chat/completions", body: { model: "x", messages: [{ role: "user", content: "Hello" }] } },
	{
		url: "/api/openai/v1/chat/completions",
		body: { model: "x", stream: true, messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] },
	},
	{ url: "/api/openai/v1/responses", body: { model: "x", input: "Hello", stream: false } },
	{ url: "/api/openai/v1/embeddings", body: { model: "x", input: ["Hello"], encoding_format: "float" } },
	{
		url: "/api/mcp",
		body: {
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: { name: "knowledge_search", arguments: { query: "leave" } },
		},
	},
	{ url: "/api/mcp", body: { jsonrpc: "2.0", id: "a", method: "tools/list", params: {} } },
	{
		url: "/api/mcp",
		body: { jsonrpc: "2.0", id: 2, method: "resources/read", params: { uri: "quarterdeck://documents/x" } },
	},
	{ url: "/api/mcp", body: { jsonrpc: "2.0", id: 3, method: "prompts/get", params: { name: "x", arguments: {} } } },
	{
		url: "/api/mcp",
		body: {
			jsonrpc: "2.0",
			id: 4,
			method: "initialize",
			params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } },
		},
	},
	{ url: "/api/v1/auth/token", body: { grant_type: "password", email: "a@example.test", password: "x" } },
	{ url: "/api/v1/auth/token", body: { grant_type: "refresh_token", refresh_token: "x" } },
	{ url: "/api/v1/auth/revoke", body: { token: "x" } },
	{ url: "/api/csp", body: { "csp-report": { "document-uri": "http://x/", "violated-directive": "img-src" } } },
];
const read = [
	...[
		"/api/openai/v1/models/",
		"/api/v1/collections/",
		"/api/v1/",
		"/api/trpc/",
		"/api/auth/",
		"/api/audit-exports/",
		"/",
	],
	...readdirSync("app/(console)", { recursive: true, encoding: "utf8" })
		.filter((file) => /\[[^\]]+\]\/page\.tsx$/.test(file))
		.map((file) => `/${file.replace(/\[[^\]]+\]\/page\.tsx$/, "")}`),
];

/** A call of a door that is neither RPC nor REST. */
export function doorCall(random: Random): Sent {
	const way = random.next();
	if (way < 0.3) {
		const word = random.pick(naughty).slice(0, 2_000).toWellFormed();
		const escaped = random.chance(0.9) ? encodeURIComponent(word) : "%zz%c0%af%00";
		return { method: random.pick(["GET", "GET", "HEAD", "OPTIONS"]), url: random.pick(read) + escaped };
	}
	if (way < 0.4) {
		const form = new URLSearchParams({
			email: random.pick(naughty).toWellFormed(),
			password: random.pick(naughty).toWellFormed(),
			csrfToken: random.pick(naughty).toWellFormed(),
			json: "true",
		});
		const url = random.pick([
			"/api/auth/callback/credentials",
			"/api/auth/signin/x",
			"/api/auth/signout",
			"/api/auth/_log",
		]);
		return { method: "POST", url, type: "application/x-www-form-urlencoded", body: form.toString() };
	}
	const { url, body } = random.pick(taken);
	if (way < 0.6) return { method: "POST", url, type: json, body: new Uint8Array(random.pick(rawBodies)) };
	return { method: "POST", url, type: json, body: JSON.stringify(way < 0.65 ? body : spoiled(body, random)) };
}
