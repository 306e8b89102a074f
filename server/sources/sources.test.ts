import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, asc, eq, isNull, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, documents, jobEvents, sourceItems, sourceRuns, sources } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { knowledgeJobs } from "@/server/knowledge/jobs";
import { deleteDocument, searchKnowledge, steerDocuments, updateDocument } from "@/server/knowledge/service";
import { testContext, testDatabase, until } from "@/tests/support";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import type { AddSource } from "./contract";
import { sourceJobs } from "./jobs";
import {
	addSource,
	beginDue,
	bringFiles,
	changeSource,
	endSync,
	getSource,
	listFiles,
	listProblems,
	listSyncs,
	purgeSource,
	removeFiles,
	removeSource,
	syncNow,
} from "./service";

const base = await vi.hoisted(async () => {
	const [{ mkdtempSync, realpathSync }, os, path] = [
		await import("node:fs"),
		await import("node:os"),
		await import("node:path"),
	];
	const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), "qd-sources-")));
	// Before anything reads the environment.
	process.env.QD_SOURCE_FOLDERS = folder;
	process.env.QD_PRIVATE_NETWORKS = "allowed";
	return folder;
});

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	return () => rm(base, { recursive: true, force: true });
});
beforeEach(async () => {
	await emptyJobs(db);
	await db.orm.delete(sources);
	ctx = await testContext(db);
});

let made = 0;
/** A folder below the allowed one, with these files. */
async function folderOf(files: Record<string, string | Buffer>): Promise<string> {
	const folder = join(base, `handbook-${++made}`);
	await put(folder, files);
	return folder;
}

async function put(folder: string, files: Record<string, string | Buffer>): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		await mkdir(join(folder, path, ".."), { recursive: true });
		await writeFile(join(folder, path), text);
	}
}

const add = (collectionId: string, address: string, more: Partial<AddSource> = {}, as = ctx) =>
	addSource(as, { collectionId, kind: "folder", name: "Handbook", address, include: "", everyMinutes: 60, ...more });

/** One sync, step by step as the job does, without the job engine. */
async function sync(sourceId: string, as = ctx) {
	await syncNow(as, { sourceId });
	return goOn(sourceId, as);
}

async function goOn(sourceId: string, as = ctx) {
	const [run] = await db.orm
		.select({ id: sourceRuns.id })
		.from(sourceRuns)
		.where(and(eq(sourceRuns.sourceId, sourceId), eq(sourceRuns.state, "running")));
	const syncId = run?.id ?? "";
	if (await listFiles(as, syncId)) {
		while (await bringFiles(as, syncId));
		while (await removeFiles(as, syncId));
		await endSync(as, syncId);
	}
	return (await getSource(ctx, { sourceId })).lastRun;
}

const documentsOf = (collectionId: string) =>
	db.orm
		.select({
			id: documents.id,
			name: documents.name,
			source: documents.source,
			sourceId: documents.sourceId,
			sha256: documents.sha256,
			attempt: documents.attempt,
			state: documents.state,
		})
		.from(documents)
		.where(and(eq(documents.collectionId, collectionId), isNull(documents.deletedAt)))
		.orderBy(asc(documents.name));
const counts = { added: 0, changed: 0, removed: 0, unchanged: 0, failed: 0 };

describe("a folder", () => {
	test("is followed: what is new comes, what changed is a new version, what is gone goes, the rest is not touched", async () => {
		const { id: collectionId } = await makeCollection(ctx);
		const folder = await folderOf({
			"a.md": "# Tides\n\nHigh water at noon.",
			"deep/b.txt": "Mooring lines.",
			"c.md": "Anchors.",
		});
		const { id } = await add(collectionId, folder);
		expect(await sync(id)).toMatchObject({ ...counts, state: "done", found: 3, added: 3 });
		const first = await documentsOf(collectionId);
		expect(first.map(({ name, source }) => [name, source.split("/").slice(1).join("/")])).toEqual([
			["a.md", "a.md"],
			["c.md", "c.md"],
			["deep/b.txt", "deep/b.txt"],
		]);
		expect(await sync(id)).toMatchObject({ ...counts, unchanged: 3 });
		expect(await documentsOf(collectionId)).toEqual(first);

		const changed = first.find(({ name }) => name === "a.md");
		await updateDocument(ctx, { documentId: changed?.id ?? "", name: "Tide tables.md" });
		await put(folder, { "a.md": "# Tides\n\nHigh water at one.", "new.md": "Fenders." });
		await rm(join(folder, "c.md"));
		expect(await sync(id)).toMatchObject({ ...counts, added: 1, changed: 1, removed: 1, unchanged: 1 });
		const now = await documentsOf(collectionId);
		expect(now.map(({ name }) => name)).toEqual(["Tide tables.md", "deep/b.txt", "new.md"]);
		const next = now.find(({ name }) => name === "Tide tables.md");
		expect(next).toMatchObject({ id: changed?.id, attempt: (changed?.attempt ?? 0) + 1, state: "queued" });
		expect(next?.sha256).not.toBe(changed?.sha256);
		const history = await listSyncs(ctx, { sourceId: id, limit: 50 });
		expect(history.rows.map(({ added, removed }) => [added, removed])).toEqual([
			[1, 1],
			[0, 0],
			[3, 0],
		]);
		const entries = await db.orm
			.select()
			.from(auditEntries)
			.where(eq(auditEntries.resourceId, id))
			.orderBy(asc(auditEntries.at));
		expect(entries.map(({ action }) => action)).toEqual(
			expect.arrayContaining(["source.add", "source.sync", "source.synced"]),
		);
	});

	test("gives no file that lies elsewhere, is hidden, or can't be read; one bad file does not stop the others", async () => {
		const { id: collectionId } = await makeCollection(ctx);
		const elsewhere = await mkdtemp(join(tmpdir(), "qd-elsewhere-"));
		onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
		await put(elsewhere, { "secret.md": "The safe's number is 4711." });
		const folder = await folderOf({
			"a.md": "Fairway.",
			".env": "TOKEN=1",
			".git/x.md": "x",
			"tool.exe": "MZ",
			"empty.md": "",
		});
		await symlink(join(elsewhere, "secret.md"), join(folder, "link.md"));
		await symlink(elsewhere, join(folder, "inside"));
		const { id } = await add(collectionId, folder);
		expect(await sync(id)).toMatchObject({
			state: "partial",
			found: 2,
			added: 1,
			failed: 1,
			reason: expect.stringMatching(/One file could not/),
		});
		expect((await documentsOf(collectionId)).map(({ name }) => name)).toEqual(["a.md"]);
		expect(await listProblems(ctx, { sourceId: id, limit: 50 })).toEqual({
			rows: [{ path: "empty.md", problem: "The file is empty. Look whether it is the right one." }],
			next: null,
		});
		await put(folder, { "empty.md": "Not any more." });
		expect(await sync(id)).toMatchObject({ state: "done", added: 1, unchanged: 1 });
		// A folder that turns into a link between two syncs leads nowhere.
		await rename(folder, `${folder}-moved`);
		await symlink(elsewhere, folder);
		expect(await sync(id)).toMatchObject({ state: "failed", reason: expect.stringMatching(/no folder below/) });
		expect(await documentsOf(collectionId)).toHaveLength(2);
	});

	test("is refused outside of the allowed ones, however it is written", async () => {
		const { id: collectionId } = await makeCollection(ctx);
		const folder = await folderOf({ "a.md": "x" });
		await symlink("/etc", join(folder, "way"));
		for (const address of [
			"/etc",
			`${base}/../`,
			join(folder, "way"),
			`${base}-other`,
			"handbook",
			`${folder}/a.md`,
			`${folder}/none`,
		])
			await expect(add(collectionId, address), address).rejects.toMatchObject({ code: "INVALID_INPUT" });
		const stranger = await testContext(db);
		await expect(add(collectionId, folder, {}, stranger)).rejects.toMatchObject({ code: "NOT_FOUND" });
		const { id } = await add(collectionId, folder);
		await expect(getSource(stranger, { sourceId: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
		await expect(syncNow(stranger, { sourceId: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("takes what its patterns let through, and gives up what they do no more", async () => {
		const { id: collectionId } = await makeCollection(ctx);
		const folder = await folderOf({ "a.md": "1", "docs/b.md": "2", "docs/old/c.md": "3", "docs/d.txt": "4" });
		const { id, revision } = await add(collectionId, folder, { include: "docs/**\n!docs/old/**" });
		expect(await sync(id)).toMatchObject({ found: 2, added: 2, skipped: 2 });
		await changeSource(ctx, { sourceId: id, include: "*.md", basedOn: revision });
		expect(await sync(id)).toMatchObject({ found: 3, added: 2, removed: 1, unchanged: 1 });
		await expect(changeSource(ctx, { sourceId: id, include: "", basedOn: revision })).rejects.toMatchObject({
			code: "CHANGED",
		});
	});

	test("that is suddenly empty removes nothing", async () => {
		const { id: collectionId } = await makeCollection(ctx);
		const folder = await folderOf(Object.fromEntries([...Array(12).keys()].map((n) => [`f${n}.md`, `Berth ${n}`])));
		const { id } = await add(collectionId, folder);
		await sync(id);
		await rm(folder, { recursive: true });
		await mkdir(folder);
		expect(await sync(id)).toMatchObject({
			state: "failed",
			removed: 0,
			reason: expect.stringMatching(/12 files were before/),
		});
		expect(await documentsOf(collectionId)).toHaveLength(12);
	});
});

test("what is done by hand with a synced document holds", async () => {
	const { id: collectionId } = await makeCollection(ctx);
	const own = await bringDocument(ctx, { id: collectionId }, "mine.md", "Berth plan.");
	const folder = await folderOf({
		"same.md": "Berth plan.",
		"twice-1.md": "Pilots.",
		"twice-2.md": "Pilots.",
		"paused.md": "One.",
		"dropped.md": "Gone.",
	});
	const { id } = await add(collectionId, folder);
	expect(await sync(id)).toMatchObject({ ...counts, added: 5 });
	const of = async (name: string) => (await documentsOf(collectionId)).find((one) => one.name === name);
	expect((await documentsOf(collectionId)).map(({ name }) => name)).toEqual([
		"dropped.md",
		"mine.md",
		"paused.md",
		"twice-1.md",
	]);
	const paused = await of("paused.md");
	await steerDocuments(ctx, { collectionId, action: "pause", documentIds: [paused?.id ?? ""] });
	await deleteDocument(ctx, { documentId: (await of("dropped.md"))?.id ?? "" });
	expect(await sync(id)).toMatchObject({ ...counts, unchanged: 5 });
	expect(await of("dropped.md")).toBeUndefined();

	// Deleted by hand, it stays away until the file changes; paused, it stays so; a file of two that are the same becomes its own.
	await put(folder, { "dropped.md": "Back.", "paused.md": "Two.", "twice-1.md": "Pilots and tugs." });
	await rm(join(folder, "same.md"));
	expect(await sync(id)).toMatchObject({ ...counts, added: 1, changed: 2, unchanged: 1 });
	expect(await of("dropped.md")).toMatchObject({ state: "queued" });
	expect(await of("paused.md")).toMatchObject({ id: paused?.id, state: "paused" });
	expect(await of("mine.md")).toMatchObject({ id: own.id, sourceId: null });
	expect((await documentsOf(collectionId)).filter(({ name }) => name === "twice-1.md")).toHaveLength(2);
});

test("one source is never synced twice at once; what is due begins by itself, what is paused does not", async () => {
	const { id: collectionId } = await makeCollection(ctx);
	const { id } = await add(collectionId, await folderOf({ "a.md": "x" }));
	const [begun, again] = await Promise.all([beginDue(ctx), beginDue(ctx)]);
	expect(begun + again).toBe(1);
	const asked = await Promise.allSettled([syncNow(ctx, { sourceId: id }), syncNow(ctx, { sourceId: id })]);
	expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
	expect(await db.orm.$count(jobEvents, eq(jobEvents.name, "sources/sync.begun"))).toBe(1);
	const planned = await getSource(ctx, { sourceId: id });
	expect(planned.nextAt?.getTime()).toBeGreaterThan(Date.now() + 50 * 60_000);
	// Paused amid a sync, the sync ends, and its late steps do nothing.
	await changeSource(ctx, { sourceId: id, isPaused: true });
	const [run] = await db.orm.select().from(sourceRuns).where(eq(sourceRuns.sourceId, id));
	expect(await listFiles(ctx, run?.id ?? "")).toBe(false);
	expect(await getSource(ctx, { sourceId: id })).toMatchObject({ nextAt: null, lastRun: { state: "stopped" } });
	await expect(syncNow(ctx, { sourceId: id })).rejects.toMatchObject({ code: "CONFLICT" });
	await db.orm.update(sources).set({ nextAt: sql`now() - interval '1 hour'` }).where(eq(sources.id, id));
	expect(await beginDue(ctx)).toBe(0);
	await changeSource(ctx, { sourceId: id, isPaused: false });
	expect(await sync(id)).toMatchObject({ state: "done", added: 1 });
});

test("a sync that was broken off anywhere goes on, and nothing is done twice", async () => {
	const { id: collectionId } = await makeCollection(ctx);
	const folder = await folderOf({ "a.md": "1", "b.md": "2", "c.md": "3" });
	const { id } = await add(collectionId, folder);
	await sync(id);
	await put(folder, { "a.md": "1 more", "d.md": "4" });
	await rm(join(folder, "b.md"));
	await syncNow(ctx, { sourceId: id });
	const [run] = await db.orm
		.select()
		.from(sourceRuns)
		.where(and(eq(sourceRuns.sourceId, id), eq(sourceRuns.state, "running")));
	const syncId = run?.id ?? "";
	// Each step was done, and its end was not written down: it is done again.
	for (const step of [listFiles, listFiles, bringFiles, bringFiles, removeFiles, removeFiles]) await step(ctx, syncId);
	await endSync(ctx, syncId);
	await endSync(ctx, syncId);
	expect((await getSource(ctx, { sourceId: id })).lastRun).toMatchObject({
		...counts,
		state: "done",
		added: 1,
		changed: 1,
		removed: 1,
		unchanged: 1,
	});
	expect((await documentsOf(collectionId)).map(({ name }) => name)).toEqual(["a.md", "c.md", "d.md"]);
	expect(
		await db.orm.$count(auditEntries, and(eq(auditEntries.resourceId, id), eq(auditEntries.action, "source.synced"))),
	).toBe(2);
});

test("deleted, it leaves its documents, or takes them along", async () => {
	const { id: collectionId } = await makeCollection(ctx);
	const kept = await add(collectionId, await folderOf({ "kept.md": "Kept." }));
	const gone = await add(collectionId, await folderOf({ "gone.md": "Gone." }));
	await sync(kept.id);
	await sync(gone.id);
	await removeSource(ctx, { sourceId: kept.id, documents: "keep" });
	await removeSource(ctx, { sourceId: gone.id, documents: "delete" });
	expect(await documentsOf(collectionId)).toMatchObject([{ name: "kept.md", sourceId: null }]);
	expect(await purgeSource(ctx, { sourceId: gone.id, from: 0 })).toBe(1);
	expect(await db.orm.$count(sourceItems, eq(sourceItems.sourceId, gone.id))).toBe(0);
	await expect(removeSource(ctx, { sourceId: gone.id, documents: "keep" })).rejects.toMatchObject({
		code: "NOT_FOUND",
	});
});

test("the job engine does all of it, with the rights that its owner has at that moment", async () => {
	ctx = await testContext(db, { role: "builder" });
	const { id: collectionId } = await makeCollection(ctx);
	const folder = await folderOf({ "tides.md": "# Tides\n\nHigh water at the south quay is at noon." });
	const { id } = await add(collectionId, folder);
	await testEngine(db, inngest, [...sourceJobs, ...knowledgeJobs]);
	await syncNow(ctx, { sourceId: id });
	const ended = async () => {
		const { lastRun } = await getSource(ctx, { sourceId: id });
		return lastRun?.state === "running" ? null : lastRun;
	};
	expect(await until(ended, 30_000)).toMatchObject({ state: "done", added: 1 });
	await until(async () => (await documentsOf(collectionId)).every(({ state }) => state === "ready"), 60_000);
	const { passages } = await searchKnowledge(ctx, { query: "When is high water at the south quay?", limit: 1 });
	expect(passages[0]?.documentName).toBe("tides.md");

	await db.orm.execute(sql`update users set role = 'staff' where id = (select owner_id from sources where id = ${id})`);
	await put(folder, { "more.md": "More." });
	await beginAsDue(id);
	expect(await until(async () => ((await ended())?.state === "failed" ? ended() : null), 30_000)).toMatchObject({
		reason: expect.stringMatching(/may not connect sources any more/),
	});
	expect(await documentsOf(collectionId)).toHaveLength(1);
}, 120_000);

async function beginAsDue(sourceId: string): Promise<void> {
	await db.orm.update(sources).set({ nextAt: sql`now()` }).where(eq(sources.id, sourceId));
	await beginDue(ctx);
}
