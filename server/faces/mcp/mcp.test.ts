import { randomUUID } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import type { Role } from "@/server/core/permissions";
import { createKey } from "@/server/keys/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { type Door, openDoor } from "@/tests/support/door";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { cookieOf } from "@/tests/support/session";

// The official client, unmodified, against our own door.
let db: Database;
let origin: string;
let door: Door;
const open: Client[] = [];

async function connect(person: UserActor | null): Promise<Client> {
	const headers: Record<string, string> = person
		? { cookie: await cookieOf(db, person), origin, "x-qd-csrf": "1" }
		: { authorization: "Bearer nothing" };
	const client = new Client({ name: "test", version: "1" });
	await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/api/mcp`), { requestInit: { headers } }));
	open.push(client);
	return client;
}
const as = async (role: Role) => connect(await testUser(db, { role }));
type Said = { content: { text: string }[]; isError?: boolean };
const call = async (client: Client, name: string, input: Record<string, unknown> = {}) => {
	const answer = (await client.callTool({ name, arguments: input })) as Said;
	return { text: answer.content[0]?.text ?? "", isError: answer.isError ?? false };
};

beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	door = await openDoor();
	origin = door.url;
});
afterAll(async () => {
	for (const client of open) await client.close();
	door?.close();
});

test("tools are the procedures that the caller may use, marked by their risk", async () => {
	const [staff, auditor] = await Promise.all([as("staff"), as("auditor")]);
	const names = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name);
	expect(await names(staff)).toContain("knowledge_search");
	expect(await names(staff)).not.toContain("audit_list");
	expect(await names(auditor)).toContain("audit_list");
	expect(await names(auditor)).not.toContain("knowledge_search");
	const search = (await staff.listTools()).tools.find(({ name }) => name === "knowledge_search");
	expect(search?.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
	expect(search?.inputSchema.properties).toHaveProperty("query");
});

test("a tool gives what its caller may see, and a forbidden one is refused as through any other face", async () => {
	const owner = await testContext(db, { role: "staff" });
	const collection = await makeCollection(owner);
	await addReady(owner, collection, "secret.txt", "The lighthouse keeper's pension is 4711 euro.");
	const actor = owner.actor as UserActor;
	const [mine, other] = await Promise.all([connect(actor), as("staff")]);
	expect((await call(mine, "knowledge_search", { query: "lighthouse pension" })).text).toContain("4711");
	expect((await call(other, "knowledge_search", { query: "lighthouse pension" })).text).not.toContain("4711");
	const forbidden = await call(other, "audit_list");
	const unknown = await call(other, "no_such_tool");
	expect([forbidden.isError, forbidden.text.split("\n")[0]]).toEqual([true, "FORBIDDEN"]);
	expect(unknown).toEqual({ isError: true, text: "There is no tool no_such_tool." });
});

test("a key shows and uses the tools of its scopes alone", async () => {
	const owner = await testContext(db, { role: "admin" });
	const { secret } = await createKey(owner, {
		name: "A program",
		scopes: ["knowledge:read"],
		expiresInDays: 1,
		addresses: [],
		tokensPerDay: null,
		callsPerMinute: null,
	});
	const client = new Client({ name: "test", version: "1" });
	const requestInit = { headers: { authorization: `Bearer ${secret}` } };
	await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/api/mcp`), { requestInit }));
	open.push(client);
	const names = (await client.listTools()).tools.map(({ name }) => name);
	expect(names.length).toBeGreaterThan(2);
	expect(names.every((name) => name.startsWith("knowledge_"))).toBe(true);
	expect((await call(client, "users_list")).isError).toBe(true);
	expect((await call(client, "knowledge_listCollections")).isError).toBe(false);
});

test("a wrong input is told field by field, and nothing is done", async () => {
	const staff = await as("staff");
	const answer = await call(staff, "knowledge_search", { query: "", limit: "many", owner: "me" });
	expect(answer.isError).toBe(true);
	for (const field of ["query", "limit"]) expect(answer.text).toContain(field);
});

test("a change through a tool is audited like any other, with its face", async () => {
	const builder = await testContext(db, { role: "builder" });
	const { createPrompt } = await import("@/server/prompts/service");
	const { prompt } = await createPrompt(builder, {
		name: `P ${randomUUID()}`,
		body: "One.",
		message: "",
		access: "private",
	});
	const client = await connect(builder.actor as UserActor);
	const saved = await call(client, "prompts_save", { promptId: prompt.id, basedOn: 1, body: "Two." });
	expect(saved.isError).toBe(false);
	const rows = await db.orm.select().from(auditPending).where(eq(auditPending.resourceId, prompt.id));
	expect(rows.filter(({ action }) => action === "prompt.save")).toMatchObject([{ via: "mcp" }]);
});

test("collections and documents are resources, for whoever may read them", async () => {
	const owner = await testContext(db, { role: "staff" });
	const collection = await makeCollection(owner, { name: "Berths" });
	const document = await addReady(owner, collection, "berths.txt", "Berth four is for the Marrowby.");
	const [mine, other] = await Promise.all([connect(owner.actor as UserActor), as("staff")]);
	expect((await mine.listResources()).resources.map(({ name }) => name)).toContain("Berths");
	expect((await mine.listResourceTemplates()).resourceTemplates).toHaveLength(2);
	const listed = await mine.readResource({ uri: `quarterdeck://collections/${collection.id}` });
	expect(JSON.stringify(listed)).toContain(`quarterdeck://documents/${document.id}`);
	const text = await mine.readResource({ uri: `quarterdeck://documents/${document.id}` });
	expect(JSON.stringify(text)).toContain("Berth four");
	for (const uri of [
		`quarterdeck://documents/${document.id}`,
		`quarterdeck://documents/${randomUUID()}`,
		"file:///etc/passwd",
	])
		await expect(other.readResource({ uri })).rejects.toThrow(/not found|no such resource/i);
});

test("prompts are there for whoever may read prompts", async () => {
	const builder = await testContext(db, { role: "builder" });
	const { createPrompt } = await import("@/server/prompts/service");
	const { moveLabel, savePrompt } = await import("@/server/prompts/service");
	const { PromptVariables } = await import("@/server/prompts/contract");
	const name = `Harbour ${randomUUID()}`;
	const variables = PromptVariables.parse([
		{ name: "tone", description: "How it sounds." },
		{ name: "days", type: "number", default: 5 },
	]);
	const body = "Answer like the harbour office: {{tone}}, {{days}} days.";
	const { prompt } = await createPrompt(builder, { name, body, variables, message: "", access: "everyone" });
	const [mine, staff] = await Promise.all([as("builder"), as("staff")]);
	// Published is what the label says, and no draft of it.
	await expect(mine.getPrompt({ name })).rejects.toThrow("no prompt");
	const promptId = prompt.id;
	await moveLabel(builder, { promptId, label: "production", version: 1, basedOn: 0, note: "" });
	await savePrompt(builder, { promptId, basedOn: 1, body: "Not published yet", message: "" });
	const listed = (await mine.listPrompts()).prompts.find((one) => one.name === name);
	expect(listed?.arguments).toEqual([
		{ name: "tone", description: "How it sounds.", required: true },
		{ name: "days", description: "A number.", required: false },
	]);
	const said = await mine.getPrompt({ name, arguments: { tone: "{{days}} calm", days: "7" } });
	expect(said.messages[0]?.content).toMatchObject({ text: "Answer like the harbour office: {{days}} calm, 7 days." });
	await expect(mine.getPrompt({ name })).rejects.toThrow(/tone needs a value/);
	await expect(mine.getPrompt({ name, arguments: { tone: "calm", days: "many" } })).rejects.toThrow(
		/days takes a number/,
	);
	await expect(mine.getPrompt({ name, arguments: { tone: "calm", colour: "red" } })).rejects.toThrow(
		/no variable colour/,
	);
	expect((await staff.listPrompts()).prompts).toEqual([]);
	await expect(staff.getPrompt({ name })).rejects.toThrow("no prompt");
});

test("a stranger is told how to come in; a batch, a foreign page, other methods and garbage are refused", async () => {
	await expect(connect(null)).rejects.toThrow();
	const cookie = await cookieOf(db, await testUser(db));
	const send = (body: string, headers: Record<string, string> = {}, method = "POST") =>
		fetch(`${origin}/api/mcp`, {
			method,
			...(method === "POST" ? { body } : {}),
			headers: {
				cookie,
				origin,
				"x-qd-csrf": "1",
				"content-type": "application/json",
				accept: "application/json, text/event-stream",
				...headers,
			},
		});
	const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
	expect((await send(JSON.stringify(list))).status).toBe(200);
	expect((await send(JSON.stringify([list, list]))).status).toBe(400);
	expect((await send("{")).status).toBe(400);
	expect((await send(JSON.stringify(list), { origin: "https://evil.test" })).status).toBe(403);
	expect((await send("", {}, "GET")).status).toBe(405);
	const anonymous = await send(JSON.stringify(list), { cookie: "" });
	expect(anonymous.status).toBe(401);
	expect(anonymous.headers.get("www-authenticate")).toContain("Bearer");
	expect((await send(JSON.stringify({ ...list, pad: "x".repeat(2_000_000) }))).status).toBe(413);
});

test("a key that does not work is refused, and the audit says so; to come without one is no refusal", async () => {
	const denials = () =>
		db.orm.$count(auditPending, and(eq(auditPending.action, "mcp.call"), eq(auditPending.outcome, "denied")));
	const send = (headers: Record<string, string>) =>
		fetch(`${origin}/api/mcp`, {
			method: "POST",
			body: "{}",
			headers: { "content-type": "application/json", ...headers },
		});
	const before = await denials();
	expect((await send({})).status).toBe(401);
	expect(await denials()).toBe(before);
	expect((await send({ authorization: "Bearer nothing-that-was-given" })).status).toBe(401);
	// The same again within a minute would be counted, not written.
	expect(await denials()).toBeGreaterThan(0);
});
