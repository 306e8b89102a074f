import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import { createAgent } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { downloadDocument } from "@/server/faces/document-download";
import { updateDocument } from "@/server/knowledge/service";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { type Caller, overMcp, overRest, overRpc, overTool, type Procedure, procedures } from "@/tests/support/faces";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { restClient } from "@/tests/support/rest";
import { cookieOf } from "@/tests/support/session";

// T10: the same words stand in a document of one's own and in one that is kept from oneself; by no face, filter or id does the
// second one come out, and once a grant is taken away it is gone with the next call.

const canary = "zwitscherling";
const text = (whose: string) => `${whose}: the ${canary} sings at dawn in the garden behind the mill.`;

let db: Database;
let owner: ServiceContext;
let agentId: string;
let caller: Caller;
let shelfId: string;
let secretId: string;
let secretChunk: number;

const procedure = (path: string): Procedure => {
	const found = procedures.find((one) => one.path === path);
	if (!found) throw new Error(`There is no ${path}`);
	return found;
};
const faces = {
	rpc: overRpc,
	rest: overRest,
	mcp: overMcp,
	tool: (asked: Procedure, by: Caller, input: Record<string, unknown>) => overTool(asked, by, input, { db, agentId }),
};
const names = Object.keys(faces) as (keyof typeof faces)[];

beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	owner = await testContext(db);
	agentId = (
		await createAgent(await testContext(db, { role: "owner" }), {
			...{ name: "For all", description: "", access: "everyone" as const },
			...{ promptVersionId: null, collectionIds: null },
		})
	).id;
	const actor = await testUser(db);
	const cookie = await cookieOf(db, actor);
	caller = { actor, cookie, rest: await restClient(db, actor, cookie) };
	const shelf = await makeCollection(owner, { access: "everyone" });
	shelfId = shelf.id;
	await addReady(owner, shelf, "open.txt", text("Open"));
	secretId = (await addReady(owner, shelf, "secret.txt", text("Secret"))).id;
	await updateDocument(owner, { documentId: secretId, isRestricted: true });
	const [row] = await db.sql<{ id: string }[]>`select id from chunks where document_id = ${secretId}`;
	secretChunk = Number(row?.id);
});

const attempts: [string, () => Record<string, unknown>][] = [
	["knowledge.search", () => ({ query: `Secret ${canary}` })],
	["knowledge.search", () => ({ query: canary, collectionIds: [shelfId] })],
	["knowledge.listDocuments", () => ({ collectionId: shelfId })],
	["knowledge.readDocument", () => ({ documentId: secretId })],
	["knowledge.readDocument", () => ({ documentId: secretId, chunkId: secretChunk })],
];
const filters = [
	{ documentId: { eq: "" } },
	{ type: { in: ["text/plain"] } },
	{ source: { eq: "upload" } },
	{ date: { gte: "2000-01-01T00:00:00Z" } },
];

async function leaks(): Promise<string[]> {
	const found: string[] = [];
	for (const name of names)
		for (const [path, input] of attempts) {
			if ((name === "mcp" || name === "tool") && !procedure(path).meta.tool) continue;
			// What stands in an address of REST is text.
			const said =
				name === "rest" && path === "knowledge.search"
					? await byAddress(input())
					: await faces[name](procedure(path), caller, input());
			if (JSON.stringify(said.answer ?? null).match(/secret\.txt|Secret: the/)) found.push(`${name} ${path}`);
		}
	const file = await fetchFile();
	if (file.includes(canary)) found.push("file");
	return found;
}

async function byAddress({ query, collectionIds }: Record<string, unknown>) {
	const some = Array.isArray(collectionIds) ? collectionIds.map((id) => `&collectionIds=${id}`).join("") : "";
	const answer = await caller.rest(`GET /passages?query=${encodeURIComponent(String(query))}${some}`);
	expect(answer.status).toBe(200);
	return { code: "OK", answer: answer.body };
}

async function fetchFile(): Promise<string> {
	const request = new Request(`http://localhost:3000/api/documents/${secretId}/file`, {
		headers: { cookie: caller.cookie, "sec-fetch-site": "same-origin" },
	});
	const answer = await downloadDocument(request, { params: Promise.resolve({ documentId: secretId }) });
	return answer.text();
}

describe("a document that is kept from somebody", () => {
	test("comes out by no face: not by search, list, text, passage or file", async () => {
		expect(await leaks()).toEqual([]);
		const said = await overRpc(procedure("knowledge.search"), caller, { query: canary });
		expect(JSON.stringify(said.answer)).toContain("open.txt");
	});

	test("comes out by no filter, and by no filter that is none", async () => {
		for (const filter of filters) {
			const asked = {
				query: `Secret ${canary}`,
				filter: "documentId" in filter ? { documentId: { eq: secretId } } : filter,
			};
			const said = await overRpc(procedure("knowledge.search"), caller, asked);
			expect(said.code).toBe("OK");
			expect(JSON.stringify(said.answer)).not.toContain("secret.txt");
		}
		for (const filter of [
			{ collection: { eq: shelfId } },
			{ documentId: { ne: secretId } },
			{ fields: { "a' or 1=1 --": { eq: 1 } } },
			{ fields: { $where: { eq: 1 } } },
			{ must: [{ key: "document", match: { value: 1 } }] },
			{ date: { gte: "@ever:[1 TO 2]" } },
		])
			expect(await overRpc(procedure("knowledge.search"), caller, { query: canary, filter })).toMatchObject({
				code: "INVALID_INPUT",
			});
	});

	test("granted comes out by every face, and by none with the next call once the grant is taken away", async () => {
		const grant = { kind: "document" as const, resourceId: secretId, grantee: caller.actor?.userId ?? "" };
		await share(owner, { ...grant, level: "read" });
		const open = await leaks();
		expect(open).toContain("file");
		for (const name of names) expect(open).toContain(`${name} knowledge.search`);
		await unshare(owner, grant);
		expect(await leaks()).toEqual([]);
	});
});
