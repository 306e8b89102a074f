import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { Collection, Document, Search } from "@/server/knowledge/contract";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { getDocument, listDocuments, readDocument, searchKnowledge, updateDocument } from "..";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
let shelf: Collection;
let open: Document;
let secret: Document;
const canary = "The canary word is zwitscherling and it sings at dawn.";

beforeAll(async () => {
	db = await testDatabase();
	[ann, bob] = await Promise.all([testContext(db), testContext(db)]);
	shelf = await makeCollection(ann, { access: "everyone" });
	open = await addReady(ann, shelf, "open.txt", "Birds sing at dawn in the garden.");
	secret = await addReady(ann, shelf, "secret.txt", canary);
	await updateDocument(ann, { documentId: secret.id, isRestricted: true });
});

const find = async (who: ServiceContext, more: Partial<Search> = {}) =>
	(await searchKnowledge(who, { query: "zwitscherling sings at dawn", limit: 8, ...more })).passages;
const found = async (who: ServiceContext, more: Partial<Search> = {}) =>
	(await find(who, more)).map((one) => one.documentName).toSorted();
const toBob = () => ({ kind: "document" as const, resourceId: secret.id, grantee: requireUser(bob).userId });

describe("a restricted document", () => {
	test("is found and opened by who manages its collection, and by nobody else who reads it", async () => {
		expect(await found(ann)).toEqual(["open.txt", "secret.txt"]);
		expect(await found(bob)).toEqual(["open.txt"]);
		expect(await found(bob, { filter: { documentId: { eq: secret.id } } })).toEqual([]);
		expect((await listDocuments(bob, { collectionId: shelf.id, limit: 50 })).rows.map((one) => one.id)).toEqual([
			open.id,
		]);
		const [passage] = await find(ann, { filter: { documentId: { eq: secret.id } } });
		for (const attempt of [
			() => getDocument(bob, { documentId: secret.id }),
			() => readDocument(bob, { documentId: secret.id }),
			() => readDocument(bob, { documentId: secret.id, chunkId: passage?.chunkId ?? 0 }),
			() => updateDocument(bob, { documentId: secret.id, isRestricted: false }),
		])
			await expect(attempt()).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("granted to a person, is theirs to find until it is taken away, with no moment between", async () => {
		await share(ann, { ...toBob(), level: "read" });
		expect(await found(bob)).toEqual(["open.txt", "secret.txt"]);
		const passages = await find(bob);
		expect(passages.find((one) => one.documentId === secret.id)?.grant).toEqual({ on: "document", to: "you" });
		expect(passages.find((one) => one.documentId === open.id)?.grant).toEqual({
			on: "collection",
			to: "everyone with an account",
		});
		await unshare(ann, toBob());
		expect(await found(bob)).toEqual(["open.txt"]);
		await expect(readDocument(bob, { documentId: secret.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("can be granted to a role, but not to be managed", async () => {
		const viewer = await testContext(db, { role: "viewer" });
		const grant = { kind: "document" as const, resourceId: secret.id, grantee: "viewer" };
		await expect(share(ann, { ...grant, level: "manage" })).rejects.toMatchObject({ code: "CONFLICT" });
		await share(ann, { ...grant, level: "read" });
		expect((await find(viewer)).map((one) => one.grant.to)).toContain("the role viewer");
		await unshare(ann, grant);
		expect(await found(viewer)).toEqual(["open.txt"]);
	});

	test("is kept even from an administrator who looks after what all may read", async () => {
		const admin = await testContext(db, { role: "admin" });
		expect(await found(admin)).toEqual(["open.txt"]);
		await expect(share(admin, { ...toBob(), level: "read" })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});

test("one document of a private collection can be granted by itself; nothing else of it shows", async () => {
	const closed = await makeCollection(ann, { name: "Closed" });
	const given = await addReady(ann, closed, "given.txt", "The lighthouse keeper counts lantern wicks.");
	await addReady(ann, closed, "kept.txt", "The lighthouse keeper counts his lantern money.");
	const search = async (who: ServiceContext) =>
		(await searchKnowledge(who, { query: "lighthouse lantern", limit: 8 })).passages
			.filter((one) => one.collectionId === closed.id)
			.map((one) => one.documentName);
	expect(await search(bob)).toEqual([]);
	const grant = { kind: "document" as const, resourceId: given.id, grantee: requireUser(bob).userId };
	await share(ann, { ...grant, level: "read" });
	expect(await search(bob)).toEqual(["given.txt"]);
	expect(await readDocument(bob, { documentId: given.id })).toMatchObject({ isCollectionReadable: false });
	await expect(listDocuments(bob, { collectionId: closed.id, limit: 50 })).rejects.toMatchObject({ code: "NOT_FOUND" });
	// An agent that looks elsewhere does not find it for him either.
	await unshare(ann, grant);
	expect(await search(bob)).toEqual([]);
});

describe("a filter", () => {
	let library: Collection;
	beforeAll(async () => {
		library = await makeCollection(ann, { name: "Library" });
		const add = async (name: string, fields: Document["fields"]) => {
			const made = await addReady(ann, library, name, `Walnut timber is listed in the catalogue as ${name}.`);
			await updateDocument(ann, { documentId: made.id, fields });
		};
		await add("a.txt", { year: 2019, team: "north", final: true, due: "2026-01-31" });
		await add("b.md", { year: 2024, team: "south", final: false, due: "2026-11-30" });
		await add("c.txt", { year: "2024", team: "north" });
	});
	const by = async (filter: Search["filter"]) =>
		(
			await searchKnowledge(ann, { query: "walnut timber catalogue", limit: 8, collectionIds: [library.id], filter })
		).passages
			.map((one) => one.documentName)
			.toSorted();

	test("narrows by type, source, date and a document's own fields", async () => {
		expect(await by({})).toEqual(["a.txt", "b.md", "c.txt"]);
		expect(await by({ type: { eq: "text/markdown" } })).toEqual(["b.md"]);
		expect(await by({ source: { eq: "upload" } })).toHaveLength(3);
		expect(await by({ source: { eq: "https://example.test/" } })).toEqual([]);
		expect(await by({ date: { gte: "2100-01-01T00:00:00Z" } })).toEqual([]);
		expect(await by({ fields: { team: { eq: "north" } } })).toEqual(["a.txt", "c.txt"]);
		expect(await by({ fields: { team: { eq: "north" }, final: { eq: true } } })).toEqual(["a.txt"]);
		expect(await by({ fields: { team: { in: ["south", "west"] } } })).toEqual(["b.md"]);
	});

	test("compares numbers with numbers and texts with texts", async () => {
		expect(await by({ fields: { year: { gte: 2019, lt: 2024 } } })).toEqual(["a.txt"]);
		expect(await by({ fields: { year: { gte: 2020 } } })).toEqual(["b.md"]);
		expect(await by({ fields: { due: { gt: "2026-06-01" } } })).toEqual(["b.md"]);
	});

	test("takes a strange value for what it is", async () => {
		expect(await by({ fields: { team: { eq: `north' or '1'='1` } } })).toEqual([]);
		expect(await by({ fields: { team: { lte: `"; drop table documents; --` } } })).toEqual([]);
	});
});

test("what says the same twice comes once, and tells where else it stands; neighbours and a budget of tokens are kept to", async () => {
	const twins = await makeCollection(ann, { name: "Twins" });
	const text = "Every harbour pilot boards the vessel two miles out and leaves it behind the second lock of the canal.";
	await addReady(ann, twins, "one.txt", text);
	await addReady(ann, twins, "two.md", `${text.toUpperCase()}\n`);
	const long = [
		"# Tides",
		"Ebb tide tables hang in the pilots' room.",
		"x ".repeat(460),
		"# Locks",
		"Lock gates open at noon.",
		"y ".repeat(460),
	];
	await addReady(ann, twins, "three.md", long.join("\n\n"));
	const search = (more: Partial<Search>) =>
		searchKnowledge(ann, { query: "harbour pilot lock", limit: 8, collectionIds: [twins.id], ...more });
	const { passages } = await search({});
	const [first] = passages;
	expect(first?.duplicates).toHaveLength(1);
	expect([first?.documentName, first?.duplicates[0]?.documentName].toSorted()).toEqual(["one.txt", "two.md"]);
	expect(first).toMatchObject({ before: "", after: "", lexicalRank: expect.any(Number), rerankScore: null });
	expect(first?.lexicalScore).toBeGreaterThan(0);
	const around = (await search({ neighbours: 1 })).passages.find((one) => one.text.includes("Lock gates"));
	expect(around?.before).toContain("Tides");
	expect((await search({ mostTokens: 50 })).passages).toHaveLength(1);
});
