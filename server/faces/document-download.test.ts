import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, bringDocument, makeCollection } from "@/tests/support/knowledge";
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

// T26: whatever somebody brings, under whatever name, goes out as bytes to be saved, and no browser does anything with it.
test.each([
	["a page", "holiday.pdf.html", "<script>alert(1)</script>"],
	["a page that says it is a picture", "photo.png", "<script>alert(1)</script>"],
	["text that scanners know", "eicar.txt", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"],
	["a name that reads backwards", "invoice\u202Elmth.txt", "a"],
	["a name with a NUL", "page.html\u0000.txt", "b"],
	["a name that ends a header", 'a"; filename="b.html"\r\nSet-Cookie: c=d\r\n.txt', "c"],
	["a name that leads elsewhere", "..\\..\\../../etc/passwd.txt", "d"],
	["a name of another alphabet", "Hafengebühr 港.txt", "e"],
])("%s is served as a file to be saved, and nothing else", async (_, name, content) => {
	const owner = await testContext(db);
	const { id } = await bringDocument(owner, await makeCollection(owner), name, content);
	const answer = await get(owner, id);
	expect([answer.status, await answer.text()]).toEqual([200, content]);
	expect(Object.fromEntries(answer.headers)).toMatchObject({
		"content-type": "application/octet-stream",
		"x-content-type-options": "nosniff",
		"content-security-policy": expect.stringContaining("sandbox"),
		"content-disposition": expect.stringMatching(/^attachment; filename(?:="[\w.-]+"|\*=UTF-8''[\w.%~!-]+)$/),
	});
	expect(answer.headers.get("content-disposition")).not.toMatch(/%0[0-9a-d]|%E2%80%AE|%2F|%5C/i);
	expect(answer.headers.get("set-cookie")).toBeNull();
});

test.each(["run.exe", "drawing.svg", "page.html.", "no ending", ".."])(
	"what is no document is refused: %s",
	async (name) => {
		const owner = await testContext(db);
		const collection = await makeCollection(owner);
		await expect(bringDocument(owner, collection, name, "x")).rejects.toMatchObject({ code: "UNSUPPORTED" });
	},
);
