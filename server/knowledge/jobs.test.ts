import { Paragraph } from "docx";
import { and, count, eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import {
	auditEntries,
	chunks,
	chunkVectors,
	collections,
	documentPages,
	documents,
	files,
	postings,
	uploads,
} from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { fileStore } from "@/server/files/store";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { makeDocx, makePdf, prose } from "@/tests/support/documents";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { addReady, bringDocument, ingest, makeCollection } from "@/tests/support/knowledge";
import type { CollectionChange } from "./contract";
import { knowledgeJobs } from "./jobs";
import {
	chunkDocument,
	deleteCollection,
	deleteDocument,
	embedChunks,
	failDocument,
	indexDocument,
	listDocuments,
	parseDocument,
	readDocument,
	retryDocument,
	searchKnowledge,
	sweepKnowledge,
	watchCollection,
} from "./service";

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	await emptyJobs(db);
	ctx = await testContext(db);
});

const startEngine = () => testEngine(db, inngest, [...knowledgeJobs]);
const rowOf = async (id: string) => (await db.orm.select().from(documents).where(eq(documents.id, id)))[0];
const settled = (id: string, ms = 30_000) =>
	until(async () => {
		const row = await rowOf(id);
		return row && (row.state === "ready" || row.state === "failed") ? row : null;
	}, ms);
const find = async (query: string) => (await searchKnowledge(ctx, { query, limit: 8 })).passages;

/** Everything that is stored about a document, without the ids that a second writing may change. */
async function contents(id: string) {
	const ofDocument = eq(chunks.documentId, id);
	const [pages, passages, vectors, [terms]] = await Promise.all([
		db.orm.select().from(documentPages).where(eq(documentPages.documentId, id)).orderBy(documentPages.page),
		db.orm
			.select({ ordinal: chunks.ordinal, page: chunks.page, text: chunks.text, length: chunks.length })
			.from(chunks)
			.where(ofDocument)
			.orderBy(chunks.ordinal),
		db.orm.select({ count: count() }).from(chunkVectors).where(eq(chunkVectors.documentId, id)),
		db.orm
			.select({ count: count(), sum: sql<number>`sum(${postings.tf})::int` })
			.from(postings)
			.innerJoin(chunks, eq(chunks.id, postings.chunkId))
			.where(ofDocument),
	]);
	return { pages, passages, vectors: vectors[0]?.count, terms };
}

describe("reading documents in", () => {
	test("makes every format findable, with the passage exactly where it stands", async () => {
		const collection = await makeCollection(ctx);
		const sentence = (n: number) => `Locker ${n} of the pilot boat holds ${n} flares.`;
		const text = (n: number) => `${prose(2500, `Crew ${n}`)} ${sentence(n)} ${prose(1500, `Mate ${n}`)}`;
		const brought = await Promise.all([
			bringDocument(
				ctx,
				collection,
				"a.pdf",
				await makePdf((draw) => draw.fontSize(9).text("First page.").addPage().text(text(1))),
			),
			bringDocument(ctx, collection, "b.docx", await makeDocx([new Paragraph(text(2))])),
			bringDocument(ctx, collection, "c.md", `# Boats\n\n${text(3)}`),
			bringDocument(ctx, collection, "d.html", `<h1>Boats</h1><p>${text(4)}</p>`),
			bringDocument(ctx, collection, "e.txt", text(5)),
		]);
		await startEngine();
		for (const [i, { id }] of brought.entries()) {
			expect(await settled(id)).toMatchObject({ state: "ready", reason: null });
			const passage = (await find(sentence(i + 1))).find((one) => one.documentId === id);
			expect(passage?.text).toContain(sentence(i + 1));
			const page = await readDocument(ctx, { documentId: id, chunkId: passage?.chunkId });
			expect(page.text.slice(page.passage?.start, page.passage?.end)).toBe(passage?.text);
		}
		const [pdf] = (await listDocuments(ctx, { collectionId: collection.id, limit: 50 })).rows.filter(
			(row) => row.name === "a.pdf",
		);
		expect(pdf).toMatchObject({ progress: 1, pageCount: 2 });
		expect(pdf?.chunkCount).toBeGreaterThanOrEqual(5);
	});

	test("fails a bad file with its reason, once, and goes on with the others", async () => {
		const collection = await makeCollection(ctx);
		const empty = await bringDocument(ctx, collection, "empty.txt", "");
		const locked = await bringDocument(
			ctx,
			collection,
			"locked.pdf",
			await makePdf((draw) => draw.text("x"), { userPassword: "sesame" }),
		);
		const good = await bringDocument(ctx, collection, "good.txt", "The tide table hangs in the mess.");
		await startEngine();
		expect(await settled(good.id)).toMatchObject({ state: "ready" });
		expect(await settled(empty.id)).toMatchObject({ state: "failed", reason: expect.stringContaining("is empty") });
		expect(await settled(locked.id)).toMatchObject({
			state: "failed",
			reason: expect.stringContaining("needs a password"),
		});
		const rows = await db.orm
			.select()
			.from(auditEntries)
			.where(and(eq(auditEntries.action, "document.index"), eq(auditEntries.resourceId, locked.id)));
		expect(rows).toMatchObject([{ outcome: "failed", actorKind: "job", userId: expect.any(String) }]);
		await expect(readDocument(ctx, { documentId: locked.id })).rejects.toMatchObject({ code: "CONFLICT" });
	});

	test("does no work twice for the same bytes, and tries a failed one again under its new name", async () => {
		const collection = await makeCollection(ctx);
		const pdf = await makePdf((draw) => draw.text("The anchor chain has eleven shackles."));
		const first = await bringDocument(ctx, collection, "anchor.docx", pdf);
		await startEngine();
		expect(await settled(first.id)).toMatchObject({ state: "failed", reason: expect.stringContaining("a PDF") });
		const second = await bringDocument(ctx, collection, "anchor.pdf", pdf);
		expect(second).toMatchObject({ id: first.id, isNew: false, state: "queued", name: "anchor.pdf" });
		expect(await settled(first.id)).toMatchObject({ state: "ready", attempt: 2 });
		const before = await contents(first.id);
		const third = await bringDocument(ctx, collection, "anchor again.pdf", pdf);
		expect(third).toMatchObject({ id: first.id, isNew: false, state: "ready", name: "anchor.pdf" });
		expect(await rowOf(first.id)).toMatchObject({ attempt: 2 });
		expect(await contents(first.id)).toEqual(before);
		const elsewhere = await bringDocument(ctx, await makeCollection(ctx), "anchor.pdf", pdf);
		expect(elsewhere.isNew).toBe(true);
		expect(elsewhere.id).not.toBe(first.id);
	});

	test("shows a progress that only grows", async () => {
		const collection = await makeCollection(ctx);
		const { id } = await bringDocument(ctx, collection, "long.txt", prose(120_000));
		const seen: number[] = [];
		const stop = new AbortController();
		const watching = (async () => {
			for await (const { data } of watchCollection({ ...ctx, signal: stop.signal }, { collectionId: collection.id })) {
				const progress = data.documents.find((one) => one.id === id)?.progress;
				if (progress !== undefined) seen.push(progress);
				if (progress === 1) return data;
			}
			return null;
		})();
		await startEngine();
		const last = await watching;
		stop.abort();
		expect(last?.total).toMatchObject({ all: 1, ready: 1, failed: 0, progress: 1 });
		expect(seen).toEqual(seen.toSorted((a, b) => a - b));
		expect(seen.length).toBeGreaterThan(5);
	});
});

describe("a step that runs twice, or late", () => {
	test("leaves the same rows, whichever step it is", async () => {
		const collection = await makeCollection(ctx);
		const once = await addReady(ctx, collection, "once.txt", prose(9000, "The purser"));
		const twice = await bringDocument(ctx, await makeCollection(ctx), "twice.txt", prose(9000, "The purser"));
		const attempt = { documentId: twice.id, attempt: 1 };
		for (let i = 0; i < 2; i++) expect(await parseDocument(ctx, attempt)).toEqual({ scans: [] });
		const passages = (await chunkDocument(ctx, attempt)) ?? 0;
		expect(await chunkDocument(ctx, attempt)).toBe(passages);
		const half = Math.floor(passages / 2);
		for (let i = 0; i < 2; i++) await embedChunks(ctx, attempt, { from: 0, to: half });
		for (let i = 0; i < 2; i++) await embedChunks(ctx, attempt, { from: half, to: passages });
		for (let i = 0; i < 2; i++) expect(await indexDocument(ctx, attempt)).toBe(true);
		// All of it once more, as by a worker that was thought dead.
		await parseDocument(ctx, attempt);
		await chunkDocument(ctx, attempt);
		await embedChunks(ctx, attempt, { from: 0, to: half });
		const withoutId = ({ pages, ...rest }: Awaited<ReturnType<typeof contents>>) => ({
			...rest,
			pages: pages.map(({ documentId: _, ...page }) => page),
		});
		expect(withoutId(await contents(twice.id))).toEqual(withoutId(await contents(once.id)));
		expect(await rowOf(twice.id)).toMatchObject({ state: "ready", done: passages, total: passages });
	});

	test("is found wholly or not at all: nothing before the index is written", async () => {
		const { id } = await bringDocument(ctx, await makeCollection(ctx), "half.txt", `Quokka feeding. ${prose(4000)}`);
		const attempt = { documentId: id, attempt: 1 };
		await parseDocument(ctx, attempt);
		const passages = (await chunkDocument(ctx, attempt)) ?? 0;
		await embedChunks(ctx, attempt, { from: 0, to: passages - 1 });
		expect(await find("quokka feeding")).toEqual([]);
		await indexDocument(ctx, attempt);
		expect(await find("quokka feeding")).toEqual([]);
		await embedChunks(ctx, attempt, { from: passages - 1, to: passages });
		await indexDocument(ctx, attempt);
		expect(await find("quokka feeding")).not.toEqual([]);
	});

	test("changes nothing when it belongs to an older attempt, or the document is gone", async () => {
		const collection = await makeCollection(ctx);
		const { id } = await bringDocument(ctx, collection, "late.txt", prose(3000));
		const old = { documentId: id, attempt: 1 };
		await parseDocument(ctx, old);
		await failDocument(ctx, old, "Something broke.");
		await retryDocument(ctx, { documentId: id });
		expect(await parseDocument(ctx, old)).toBeNull();
		expect(await chunkDocument(ctx, old)).toBeNull();
		expect(await embedChunks(ctx, old, { from: 0, to: 3 })).toBe(false);
		expect(await indexDocument(ctx, old)).toBe(false);
		await failDocument(ctx, old, "Something broke again.");
		expect(await rowOf(id)).toMatchObject({ state: "queued", attempt: 2, reason: null });
		await ingest(ctx, { id });
		await failDocument(ctx, { documentId: id, attempt: 2 }, "Too late.");
		expect(await rowOf(id)).toMatchObject({ state: "ready" });
		await deleteDocument(ctx, { documentId: id });
		expect(await indexDocument(ctx, { documentId: id, attempt: 2 })).toBe(false);
	});

	test("holds the collection before the document, as whoever removes it does: neither waits for who waits for them", async () => {
		const { id } = await bringDocument(ctx, await makeCollection(ctx), "both.txt", prose(3000));
		const attempt = { documentId: id, attempt: 1 };
		await parseDocument(ctx, attempt);
		await embedChunks(ctx, attempt, { from: 0, to: (await chunkDocument(ctx, attempt)) ?? 0 });
		const { indexing } = await db.transaction(async (tx) => {
			await tx.execute(sql`select from collections c join documents d on d.collection_id = c.id
				where d.id = ${id} for no key update of c`);
			const begun = { indexing: indexDocument(ctx, attempt) };
			const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
			await until(async () => (await db.orm.execute(waiting)).length > 0);
			await tx.execute(sql`select from documents where id = ${id} for update nowait`);
			await tx.execute(sql`update documents set deleted_at = now() where id = ${id}`);
			return begun;
		});
		expect(await indexing).toBe(false);
		expect((await contents(id)).terms?.count).toBe(0);
	});

	test("only a failed document can be tried again", async () => {
		const ready = await addReady(ctx, await makeCollection(ctx), "ready.txt", "Ready.");
		await expect(retryDocument(ctx, { documentId: ready.id })).rejects.toMatchObject({ code: "CONFLICT" });
	});
});

describe("what is deleted", () => {
	const leftovers = async (id: string) => {
		const { pages, passages, vectors, terms } = await contents(id);
		return pages.length + passages.length + (vectors ?? 0) + (terms?.count ?? 0);
	};

	test("is found by nobody at once, and its rows go by a job", async () => {
		const collection = await makeCollection(ctx);
		const document = await addReady(ctx, collection, "a.txt", `Walrus parade. ${prose(3000)}`);
		const other = await addReady(ctx, collection, "b.txt", "Penguin parade.");
		expect((await find("walrus parade"))[0]).toMatchObject({ documentId: document.id });
		await deleteDocument(ctx, { documentId: document.id });
		expect((await find("walrus parade")).map((one) => one.documentId)).toEqual([other.id]);
		await startEngine();
		await until(async () => (await leftovers(document.id)) === 0);
		expect(await leftovers(other.id)).toBeGreaterThan(0);
	});

	test("can be brought again", async () => {
		const collection = await makeCollection(ctx);
		const first = await addReady(ctx, collection, "a.txt", "Narwhal lecture.");
		await deleteDocument(ctx, { documentId: first.id });
		const again = await bringDocument(ctx, collection, "a.txt", "Narwhal lecture.");
		expect(again).toMatchObject({ isNew: true });
		expect(again.id).not.toBe(first.id);
	});

	test("takes a collection's documents with it, and in the end their bytes, unless something else needs them", async () => {
		const collection = await makeCollection(ctx);
		const alone = await addReady(ctx, collection, "alone.txt", `Only here ${ctx.requestId}.`);
		const shared = await addReady(ctx, collection, "shared.txt", `Here and there ${ctx.requestId}.`);
		await addReady(ctx, await makeCollection(ctx), "shared.txt", `Here and there ${ctx.requestId}.`);
		const digests = await Promise.all([alone, shared].map(async ({ id }) => (await rowOf(id))?.sha256 ?? ""));
		await deleteCollection(ctx, { collectionId: collection.id });
		await startEngine();
		await until(async () => (await leftovers(alone.id)) + (await leftovers(shared.id)) === 0);
		const job: ServiceContext = {
			...ctx,
			actor: { kind: "job", job: "sweep-knowledge", onBehalfOf: null },
			via: "job",
		};
		await sweepKnowledge(job);
		expect(await Promise.all(digests.map((one) => fileStore().has(one)))).toEqual([true, true]);

		const long = sql`now() - interval '2 days'`;
		await db.orm.update(documents).set({ deletedAt: long }).where(eq(documents.collectionId, collection.id));
		await db.orm.update(collections).set({ deletedAt: long }).where(eq(collections.id, collection.id));
		await db.orm.update(uploads).set({ createdAt: long });
		await db.orm.update(files).set({ createdAt: long });
		await sweepKnowledge(job);
		expect(await rowOf(alone.id)).toBeUndefined();
		expect(
			await db.orm
				.select()
				.from(files)
				.where(eq(files.sha256, digests[0] ?? "")),
		).toEqual([]);
		expect(
			await db.orm
				.select()
				.from(files)
				.where(eq(files.sha256, digests[1] ?? "")),
		).toHaveLength(1);
		expect(await fileStore().has(digests[1] ?? "")).toBe(true);
	});
});

describe("who follows a collection", () => {
	test("hears of what is added, done and removed, and is cut off when the right is taken away", async () => {
		const collection = await makeCollection(ctx, { access: "everyone" });
		const reader = await testContext(db, { role: "viewer" });
		const stop = new AbortController();
		const changes = watchCollection({ ...reader, signal: stop.signal }, { collectionId: collection.id });
		const next = async (): Promise<CollectionChange> => {
			const { value } = await changes.next();
			if (!value) throw new Error("The stream ended");
			return value.data;
		};
		expect(await next()).toMatchObject({ documents: [], total: { all: 0 } });
		const document = await bringDocument(ctx, collection, "a.txt", "Hello.");
		expect(await next()).toMatchObject({ documents: [{ id: document.id, state: "queued" }] });
		await ingest(ctx, document);
		for (let change = await next(); change.documents[0]?.state !== "ready"; ) change = await next();
		await deleteDocument(ctx, { documentId: document.id });
		expect(await next()).toMatchObject({ removedIds: [document.id], total: { all: 0 } });
		await deleteCollection(ctx, { collectionId: collection.id });
		await expect(next()).rejects.toMatchObject({ code: "NOT_FOUND" });
		stop.abort();
	});
});
