import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { cookieOf } from "@/tests/support/session";
import { downloadDocument } from "./document-download";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
});

async function get({ actor }: ServiceContext, documentId: string, tag?: string): Promise<Response> {
	const headers = { cookie: await cookieOf(db, actor as UserActor), ...(tag ? { "if-none-match": tag } : {}) };
	const request = new Request(`http://localhost/api/documents/${documentId}/file`, { headers });
	return downloadDocument(request, { params: Promise.resolve({ documentId }) });
}

test("a file has its hash as its tag: who has it gets no bytes, and who may not have it no word of it", async () => {
	const [owner, reader] = [await testContext(db), await testContext(db)];
	const collection = await makeCollection(owner);
	const { id } = await addReady(owner, collection, "berths.txt", "Four berths.");
	const grantee = (reader.actor as UserActor).userId;
	const grant = { kind: "collection" as const, resourceId: collection.id, grantee };
	const first = await get(owner, id);
	const tag = first.headers.get("etag") ?? "";
	expect([first.status, await first.text()]).toEqual([200, "Four berths."]);
	expect(tag).toMatch(/^"[0-9a-f]{64}"$/);
	expect(first.headers.get("cache-control")).toBe("private, no-cache");
	const again = await get(owner, id, tag);
	expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
	expect((await get(reader, id, tag)).status).toBe(404);
	await share(owner, { ...grant, level: "read" });
	expect((await get(reader, id, tag)).status).toBe(304);
	await unshare(owner, grant);
	expect((await get(reader, id, tag)).status).toBe(404);
});
