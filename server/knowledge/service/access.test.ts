import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, grants } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
import {
	addDocument,
	deleteCollection,
	deleteDocument,
	getCollection,
	listCollections,
	listDocuments,
	readDocument,
	retryDocument,
	searchKnowledge,
	storeUpload,
	updateCollection,
	updateDocument,
	watchCollection,
} from ".";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
const as = (role: Role) => testContext(db, { role });
const grant = (collectionId: string, grantee: string, level: "read" | "manage") =>
	db.orm.insert(grants).values({ resourceKind: "collection", resourceId: collectionId, grantee, level });
const userId = (ctx: ServiceContext) => (ctx.actor.kind === "user" ? ctx.actor.userId : "");
const search = async (ctx: ServiceContext, query: string, collectionIds?: string[]) =>
	(await searchKnowledge(ctx, { query, limit: 8, ...(collectionIds ? { collectionIds } : {}) })).passages;

describe("another person's private collection", () => {
	beforeAll(async () => {
		[ann, bob] = await Promise.all([as("staff"), as("staff")]);
	});

	test("is NOT_FOUND at every door, to administrators too, like one that never was", async () => {
		const collection = await makeCollection(ann);
		const document = await addReady(ann, collection, "secret.txt", "The lighthouse keeper's pension is 4711 euro.");
		const chunk = (await search(ann, "lighthouse pension"))[0];
		const collectionId = collection.id;
		const documentId = document.id;
		for (const role of ["staff", "admin", "owner"] as const) {
			const other = await as(role);
			const { uploadId } = await storeUpload(other, new Blob(["x"]).stream());
			const doors = (ids: { collectionId: string; documentId: string }) => [
				getCollection(other, ids),
				updateCollection(other, { collectionId: ids.collectionId, name: "Mine" }),
				deleteCollection(other, ids),
				listDocuments(other, { collectionId: ids.collectionId, limit: 5 }),
				addDocument(other, { collectionId: ids.collectionId, uploadId, name: "x.txt" }),
				readDocument(other, { documentId: ids.documentId, chunkId: chunk?.chunkId }),
				deleteDocument(other, ids),
				retryDocument(other, ids),
				watchCollection(other, ids).next(),
			];
			const outcomes = async (ids: { collectionId: string; documentId: string }) =>
				(await Promise.allSettled(doors(ids))).map((one) =>
					one.status === "rejected" ? `${one.reason.code} ${one.reason.message}` : "answered",
				);
			const real = await outcomes({ collectionId, documentId });
			expect(real.every((one) => one.startsWith("NOT_FOUND"))).toBe(true);
			expect(real).toEqual(await outcomes({ collectionId: randomUUID(), documentId: randomUUID() }));
		}
		expect((await getCollection(ann, { collectionId })).documentCount).toBe(1);
	});

	test("is in nobody else's list and search, also when it is asked for by its id", async () => {
		const collection = await makeCollection(ann);
		await addReady(ann, collection, "secret.txt", "The harbour siren is tested on the first Tuesday.");
		for (const other of [bob, await as("admin")]) {
			expect((await listCollections(other, { limit: 200 })).rows.map((row) => row.id)).not.toContain(collection.id);
			for (const ids of [undefined, [collection.id]])
				expect((await search(other, "harbour siren test", ids)).map((one) => one.collectionId)).not.toContain(
					collection.id,
				);
		}
		expect(await search(ann, "harbour siren test", [collection.id])).toHaveLength(1);
	});
});

describe("a shared collection", () => {
	beforeAll(async () => {
		[ann, bob] = await Promise.all([as("staff"), as("staff")]);
	});

	test("is found by everyone until its owner takes it back", async () => {
		const collection = await makeCollection(ann, { access: "everyone" });
		const document = await addReady(ann, collection, "a.txt", "Snow chains are kept in depot seven.");
		expect((await search(bob, "where are snow chains kept"))[0]).toMatchObject({ documentId: document.id });
		expect(await readDocument(bob, { documentId: document.id })).toMatchObject({ collectionName: "Handbook" });
		await updateCollection(ann, { collectionId: collection.id, access: "private" });
		expect((await search(bob, "where are snow chains kept")).map((one) => one.documentId)).not.toContain(document.id);
		await expect(readDocument(bob, { documentId: document.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("counts for each reader the documents that they may see", async () => {
		const { id: collectionId } = await makeCollection(ann, { access: "everyone" });
		await addReady(ann, { id: collectionId }, "open.txt", "Open to all.");
		const kept = await addReady(ann, { id: collectionId }, "kept.txt", "Kept from most.");
		await updateDocument(ann, { documentId: kept.id, isRestricted: true });
		const countsFor = async (ctx: ServiceContext) => {
			const { documentCount, readyCount } = await getCollection(ctx, { collectionId });
			const listed = (await listCollections(ctx, { limit: 200 })).rows.find(({ id }) => id === collectionId);
			const stop = new AbortController();
			for await (const { data } of watchCollection({ ...ctx, signal: stop.signal }, { collectionId })) {
				stop.abort();
				return [documentCount, readyCount, listed?.documentCount, data.total.all];
			}
			return [];
		};
		expect(await countsFor(ann)).toEqual([2, 2, 2, 2]);
		expect(await countsFor(bob)).toEqual([1, 1, 1, 1]);
		await db.orm
			.insert(grants)
			.values({ resourceKind: "document", resourceId: kept.id, grantee: userId(bob), level: "read" });
		expect(await countsFor(bob)).toEqual([2, 2, 2, 2]);
	});

	test("is read and not changed by others, but for administrators", async () => {
		const collection = await makeCollection(ann, { access: "everyone" });
		const document = await addReady(ann, collection, "a.txt", "Ferries sail hourly.");
		expect(await getCollection(bob, { collectionId: collection.id })).toMatchObject({ mayManage: false });
		await expect(updateCollection(bob, { collectionId: collection.id, name: "Bob's" })).rejects.toMatchObject({
			code: "FORBIDDEN",
		});
		await expect(bringDocument(bob, collection, "b.txt", "b")).rejects.toMatchObject({ code: "FORBIDDEN" });
		await expect(deleteDocument(bob, { documentId: document.id })).rejects.toMatchObject({ code: "FORBIDDEN" });
		const admin = await as("admin");
		expect(await updateCollection(admin, { collectionId: collection.id, name: "Ours" })).toMatchObject({
			name: "Ours",
			mayManage: true,
		});
	});

	test("can be shared with one person, to read or to manage", async () => {
		const collection = await makeCollection(ann);
		const collectionId = collection.id;
		await grant(collectionId, userId(bob), "read");
		expect(await getCollection(bob, { collectionId })).toMatchObject({ mayManage: false, access: "private" });
		await db.orm.delete(grants).where(eq(grants.resourceId, collectionId));
		await grant(collectionId, userId(bob), "manage");
		expect(await bringDocument(bob, collection, "b.txt", "Bob adds this.")).toMatchObject({ isNew: true });
		await expect(getCollection(await as("owner"), { collectionId })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});
});

describe("collections", () => {
	test("come in pages that miss nothing and repeat nothing", async () => {
		const ctx = await as("staff");
		const made: string[] = [];
		for (let i = 0; i < 7; i++) made.push((await makeCollection(ctx, { name: `C${i}` })).id);
		const seen: string[] = [];
		for (let cursor: string | undefined; ; ) {
			const page = await listCollections(ctx, { limit: 3, ...(cursor ? { cursor } : {}) });
			seen.push(...page.rows.map((row) => row.id));
			if (!page.next) break;
			cursor = page.next;
		}
		expect(seen.filter((id) => made.includes(id))).toEqual(made.toReversed());
		expect(new Set(seen).size).toBe(seen.length);
	});

	test("are gone at once when they are deleted, with all that is in them", async () => {
		const ctx = await as("staff");
		const collection = await makeCollection(ctx, { access: "everyone" });
		const document = await addReady(ctx, collection, "a.txt", "The buoy is painted green.");
		await deleteCollection(ctx, { collectionId: collection.id });
		expect((await search(ctx, "green buoy")).map((one) => one.documentId)).not.toContain(document.id);
		await expect(readDocument(ctx, { documentId: document.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
		await expect(getCollection(ctx, { collectionId: collection.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("leave an audit row with each change", async () => {
		const ctx = await as("staff");
		const { id } = await makeCollection(ctx);
		await updateCollection(ctx, { collectionId: id, access: "everyone" });
		await deleteCollection(ctx, { collectionId: id });
		const rows = await db.orm
			.select()
			.from(auditEntries)
			.where(and(eq(auditEntries.resourceKind, "collection"), eq(auditEntries.resourceId, id)))
			.orderBy(auditEntries.id);
		expect(rows.map((row) => row.action)).toEqual(["collection.create", "collection.update", "collection.delete"]);
		expect(rows.every((row) => row.userId === userId(ctx) && row.requestId === ctx.requestId)).toBe(true);
	});
});
