import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import OpenAI from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import { runGeneratedClient } from "@/tests/support/generated-client";
import { until } from "@/tests/support/until";
import { accounts, asConsole, call, query, url } from "./ask";

// The official clients, unmodified, and plain fetch, against the started product.

const name = "Leave of the harbour staff";
const scopes = [
	...["account:read", "agents:read", "runs:read", "runs:write", "threads:read"],
	...["knowledge:read", "knowledge:write", "prompts:read", "prompts:write", "approvals:read"],
];
let key: string;
let collectionId: string;
let documentId: string;

type Made = Record<string, unknown> & { id: string };
const rest = async (line: string, body?: object | string, headers: Record<string, string> = {}) => {
	const [method = "GET", path = ""] = line.split(" ");
	const isFile = typeof body === "string";
	const type: Record<string, string> = body
		? { "content-type": isFile ? "application/octet-stream" : "application/json" }
		: {};
	const answer = await fetch(`${url}/api/v1${path}`, {
		method,
		headers: { "x-api-key": key, ...type, ...headers },
		...(body ? { body: isFile ? body : JSON.stringify(body) } : {}),
	});
	const text = await answer.text();
	return { status: answer.status, headers: answer.headers, text, body: (text ? JSON.parse(text) : {}) as Made };
};
const dataOf = <T>({ text }: { text: string }): T => JSON.parse(text).result.data.json as T;

beforeAll(async () => {
	for (const role of ["builder", "admin"] as const)
		await call("auth.prove", { password: accounts[role].password }, asConsole(role));
	const made = await call("keys.create", { name: "clients", scopes, expiresInDays: 1 }, asConsole("builder"));
	key = dataOf<{ secret: string }>(made).secret;
	collectionId = (await rest("POST /collections", { name })).body.id;
	const { uploadId } = (await rest("POST /uploads", "All staff get 25 days of annual leave.")).body;
	const added = await rest(`POST /collections/${collectionId}/documents`, { uploadId, name: "leave.txt" });
	documentId = (added.body.document as Made).id;
	await until(async () => (await rest(`GET /documents/${documentId}`)).body.state === "ready", 60_000);
});

describe("openai", () => {
	const client = () => new OpenAI({ baseURL: `${url}/api/openai/v1`, apiKey: key, maxRetries: 0 });
	const question = "How many days of annual leave do staff get?";
	const asked = (content: string) => ({ model: "Assistant", messages: [{ role: "user" as const, content }] });

	test("models, a whole answer with its sources, and a streamed one", async () => {
		expect((await client().models.list()).data.map(({ id }) => id)).toContain("Assistant");
		const whole = await client().chat.completions.create(asked(question));
		expect(whole.choices[0]?.message.content).toContain("25 days");
		expect(whole.usage?.total_tokens).toBeGreaterThan(0);
		const { citations } = whole as unknown as { citations: { documentName: string }[] };
		expect(citations.map(({ documentName }) => documentName)).toEqual(["leave.txt"]);
		let streamed = "";
		for await (const part of await client().chat.completions.create({ ...asked(question), stream: true }))
			streamed += part.choices[0]?.delta.content ?? "";
		expect(streamed).toContain("25 days");
	});

	test("with functions of the caller's own, and by the newer face", async () => {
		const parameters = { type: "object", properties: { day: { type: "string" } } };
		const tools = [{ type: "function" as const, function: { name: "book_leave", parameters } }];
		const offered = await client().chat.completions.create({ ...asked(question), tools });
		expect(offered.choices[0]).toMatchObject({ finish_reason: "stop", message: { role: "assistant" } });
		const response = await client().responses.create({ model: "Assistant", input: question });
		expect(response.output_text).toContain("25 days");
	});

	test("embeddings", async () => {
		const { data } = await client().embeddings.create({ model: "minilm", input: ["One berth", "Two berths"] });
		expect(data.map(({ embedding }) => embedding.length)).toEqual([384, 384]);
	});
});

describe("@modelcontextprotocol/sdk", () => {
	type Said = { content: { text: string }[]; structuredContent?: { approvalId: string }; isError?: boolean };
	async function connect(): Promise<Client> {
		const client = new Client({ name: "clients", version: "1" });
		const requestInit = { headers: { authorization: `Bearer ${key}` } };
		const transport = new StreamableHTTPClientTransport(new URL(`${url}/api/mcp`), { requestInit });
		// The SDK's own classes disagree about an optional property.
		await client.connect(transport as Parameters<Client["connect"]>[0]);
		return client;
	}

	test("tools, resources and prompts", async () => {
		const client = await connect();
		expect((await client.listTools()).tools.map(({ name }) => name)).toContain("knowledge_search");
		const found = await client.callTool({ name: "knowledge_search", arguments: { query: "annual leave" } });
		expect(JSON.stringify(found)).toContain("25 days");
		expect((await client.listResources()).resources.map(({ name }) => name)).toContain(name);
		const text = await client.readResource({ uri: `quarterdeck://documents/${documentId}` });
		expect(JSON.stringify(text)).toContain("25 days");
		const voice = { name: "Harbour voice", body: "Answer like the harbour office." };
		const { id } = (await rest("POST /prompts", voice)).body.prompt as Made;
		const published = await rest(`PUT /prompts/${id}/labels/production`, { version: 1, basedOn: 0 });
		expect(published.status).toBe(200);
		expect((await client.listPrompts()).prompts.map(({ name }) => name)).toContain("Harbour voice");
		expect(JSON.stringify(await client.getPrompt({ name: "Harbour voice" }))).toContain("harbour office");
		await client.close();
	});

	test("a dangerous tool waits for a second person, and ends once it was approved", async () => {
		const client = await connect();
		const { uploadId } = (await rest("POST /uploads", "To be deleted.")).body;
		const added = await rest(`POST /collections/${collectionId}/documents`, { uploadId, name: "old.txt" });
		const old = (added.body.document as Made).id;
		const remove = async () =>
			(await client.callTool({ name: "knowledge_deleteDocument", arguments: { documentId: old } })) as Said;
		const waits = await remove();
		const approvalId = waits.structuredContent?.approvalId ?? "";
		expect(waits.content[0]?.text).toContain(approvalId);
		const seen = await query("approvals.get", { approvalId }, asConsole("admin"));
		const { argumentsHash } = dataOf<{ argumentsHash: string }>(seen);
		expect((await call("approvals.approve", { approvalId, argumentsHash }, asConsole("admin"))).status).toBe(200);
		expect(await remove()).toMatchObject({ content: [{ text: '{"deleted":true}' }] });
		expect((await rest(`GET /documents/${old}`)).status).toBe(404);
		await client.close();
	});
});

test("a client that is generated from the served document compiles, and works", async () => {
	const said = await runGeneratedClient(url, key);
	expect(said).toEqual([201, "From a client", 304, 1, null, "/name", 204]);
}, 120_000);

test("fetch: tags spare what is known, and cursors lead through all of a list, once", async () => {
	for (const n of [1, 2]) await rest("POST /collections", { name: `Berths ${n}` });
	const first = await rest(`GET /collections/${collectionId}`);
	const again = await rest(`GET /collections/${collectionId}`, undefined, {
		"if-none-match": first.headers.get("etag") ?? "",
	});
	expect([again.status, again.text]).toEqual([304, ""]);
	const all = (await rest("GET /collections?limit=200")).body.rows as Made[];
	const seen: string[] = [];
	for (let cursor = ""; ; ) {
		const { body } = await rest(`GET /collections?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		seen.push(...(body.rows as Made[]).map(({ id }) => id));
		if (!body.next) break;
		cursor = String(body.next);
	}
	expect(seen).toEqual(all.map(({ id }) => id));
	expect((await rest("GET /collections?cursor=forged")).status).toBe(400);
});
