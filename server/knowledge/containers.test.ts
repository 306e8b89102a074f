import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { makeZip } from "@/tests/support/documents";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { cell, makeXlsx } from "@/tests/support/offices";
import { makeScan } from "@/tests/support/scans";
import { knowledgeJobs } from "./jobs";
import { deleteDocument, getDocument, readDocument, searchKnowledge, tellDeletedDocument } from "./service";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	await emptyJobs(db);
	ctx = await testContext(db);
});

/** The collection's documents by name, once all are through. */
const settled = (collectionId: string) =>
	until(async () => {
		const rows = await db.orm.select().from(documents).where(eq(documents.collectionId, collectionId));
		return rows.every(({ state }) => state === "ready" || state === "failed") ? rows : null;
	}, 90_000);

test("an archive's files are documents of their own: one that can't be read fails alone, one that is there already stays", async () => {
	const collection = await makeCollection(ctx);
	const known = await bringDocument(ctx, collection, "known.txt", "The pilot boat leaves at dawn.");
	const mail =
		"From: a@example.test\r\nSubject: Plan\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\nContent-Disposition: attachment; filename=plan.txt\r\n\r\nDredging begins in May.\r\n--b--\r\n";
	const archive = await bringDocument(
		ctx,
		collection,
		"port.zip",
		makeZip({
			"rates/dues.xlsx": makeXlsx([
				{
					name: "Dues",
					rows: `<row>${cell("A1", "Ship")}${cell("B1", "Fee")}</row><row>${cell("A2", "Ketch")}${cell("B2", "41 euros")}</row>`,
				},
			]),
			"same.txt": "The pilot boat leaves at dawn.",
			"broken.pdf": "no PDF",
			"tool.exe": "MZ",
			"mail/plan.eml": mail,
		}),
	);
	await testEngine(db, inngest, [...knowledgeJobs]);
	const rows = await settled(collection.id);
	expect(Object.fromEntries(rows.map(({ name, state, source }) => [name, [state, source]]))).toEqual({
		"known.txt": ["ready", "upload"],
		"port.zip": ["ready", "upload"],
		"rates/dues.xlsx": ["ready", "port.zip"],
		"broken.pdf": ["failed", "port.zip"],
		"mail/plan.eml": ["ready", "port.zip"],
		"plan.txt": ["ready", "mail/plan.eml"],
	});
	expect((await readDocument(ctx, { documentId: archive.id })).text).toContain(
		"tool.exe (this kind of file can't be read)",
	);
	const { passages } = await searchKnowledge(ctx, { query: "What is the fee of a ketch?", limit: 3 });
	expect(passages[0]).toMatchObject({
		documentName: "rates/dues.xlsx",
		page: 1,
		pageCount: 1,
		text: expect.stringContaining("Ship: Ketch | Fee: 41 euros"),
	});
	expect(passages.map((one) => one.documentId)).toContain(passages[0]?.documentId);
	expect(known.isNew).toBe(true);

	// What came out of it goes with it, the attachment of a mail in it too; what was brought by itself, before or after, stays.
	const dues = rows.find(({ name }) => name === "rates/dues.xlsx");
	expect(await bringDocument(ctx, collection, "broken.pdf", "no PDF")).toMatchObject({ isNew: false });
	expect(await tellDeletedDocument(ctx, { documentId: archive.id })).toContain(
		"with the 3 documents that came out of it",
	);
	await deleteDocument(ctx, { documentId: archive.id });
	const left = await db.orm.select().from(documents).where(eq(documents.collectionId, collection.id));
	const alive = left.filter(({ deletedAt }) => deletedAt === null).map(({ name }) => name);
	expect(alive.toSorted()).toEqual(["broken.pdf", "known.txt"]);
	const still = await searchKnowledge(ctx, { query: "What is the fee of a ketch?", limit: 3 });
	expect(still.passages.map((one) => one.documentName)).not.toContain("rates/dues.xlsx");
	await expect(getDocument(ctx, { documentId: dues?.id ?? "" })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a scan is recognised page by page, and is found at its page", async () => {
	const collection = await makeCollection(ctx);
	const scan = await bringDocument(
		ctx,
		collection,
		"scan.pdf",
		await makeScan([["The lock opens at seven."], ["Barges wait in the basin."]]),
	);
	await testEngine(db, inngest, [...knowledgeJobs]);
	await settled(collection.id);
	expect(await getDocument(ctx, { documentId: scan.id })).toMatchObject({ state: "ready", pageCount: 2, reason: null });
	const { passages } = await searchKnowledge(ctx, { query: "Where do barges wait?", limit: 1 });
	expect(passages[0]).toMatchObject({ documentId: scan.id, page: 2, text: expect.stringContaining("basin") });
}, 120_000);
