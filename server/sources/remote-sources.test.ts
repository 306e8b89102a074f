import { once } from "node:events";
import fs, { existsSync, readdirSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { and, asc, eq, isNull } from "drizzle-orm";
import gitClient from "isomorphic-git";
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, documents, jobEvents, sourceRuns, sources } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { readDocument } from "@/server/knowledge/service";
import { testContext, testDatabase } from "@/tests/support";
import { gitServer } from "@/tests/support/git-server";
import { ingest, makeCollection } from "@/tests/support/knowledge";
import { s3Bucket } from "@/tests/support/s3";
import type { AddSource } from "./contract";
import { syncFolders } from "./kinds/git";
import { takes } from "./patterns";
import {
	addSource,
	bringFiles,
	changeSource,
	endSync,
	getSource,
	listFiles,
	listProblems,
	removeFiles,
	syncNow,
} from "./service";

// Before anything reads the environment: the servers here are on this very machine.
vi.hoisted(() => {
	process.env.QD_PRIVATE_NETWORKS = "allowed";
});

let db: Database;
let ctx: ServiceContext;
let collectionId: string;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	ctx = await testContext(db, { role: "builder" });
	collectionId = (await makeCollection(ctx)).id;
});

const add = (more: Pick<AddSource, "kind" | "address"> & Partial<AddSource>) =>
	addSource(ctx, { collectionId, name: "Elsewhere", include: "", everyMinutes: null, ...more });

/** One sync, step by step as the job does, without the job engine. */
async function sync(sourceId: string) {
	await syncNow(ctx, { sourceId });
	const [run] = await db.orm
		.select({ id: sourceRuns.id })
		.from(sourceRuns)
		.where(and(eq(sourceRuns.sourceId, sourceId), eq(sourceRuns.state, "running")));
	const syncId = run?.id ?? "";
	if (await listFiles(ctx, syncId)) {
		while (await bringFiles(ctx, syncId));
		while (await removeFiles(ctx, syncId));
		await endSync(ctx, syncId);
	}
	return (await getSource(ctx, { sourceId })).lastRun;
}

const documentsOf = () =>
	db.orm
		.select({ id: documents.id, name: documents.name, source: documents.source, mediaType: documents.mediaType })
		.from(documents)
		.where(and(eq(documents.collectionId, collectionId), isNull(documents.deletedAt)))
		.orderBy(asc(documents.createdAt), asc(documents.name));
const names = async () => (await documentsOf()).map(({ name }) => name).toSorted();
const counts = { added: 0, changed: 0, removed: 0, unchanged: 0, failed: 0 };

test("a Git repository is followed at its last commit, with its token, and links in it are not", async () => {
	const secret = "a-token-that-may-read";
	const repository = await gitServer({ token: secret });
	await symlink("/etc/hostname", join(repository.dir, "link.md"));
	await gitClient.add({ fs, dir: repository.dir, filepath: "link.md" });
	const big = [...Array(3000).keys()].map((n) => `Line ${n} of the log.`).join("\n");
	await repository.commit({
		"README.md": "# Pilotage\n\nTugs wait at buoy 4.",
		"docs/log.txt": big,
		".hidden/a.md": "x",
		"run.sh": "ls",
	});
	const { id, hasSecret } = await add({ kind: "git", address: repository.url, secret });
	expect(hasSecret).toBe(true);
	expect(await sync(id)).toMatchObject({ ...counts, state: "done", added: 2, skipped: 2 });
	expect(await names()).toEqual(["README.md", "docs/log.txt"]);
	const readme = (await documentsOf()).find(({ name }) => name === "README.md");
	expect(readme?.source).toMatch(/^127\.0\.0\.1:\d+\/repo\/README\.md$/);
	// What was fetched is read from the store: the address in its source is not called again.
	await ingest(ctx, { id: readme?.id ?? "" });
	expect((await readDocument(ctx, { documentId: readme?.id ?? "" })).text).toContain("Tugs wait at buoy 4.");

	await repository.commit({
		"README.md": "# Pilotage\n\nTugs wait at buoy 6.",
		"docs/log.txt": null,
		"docs/new.md": "New.",
	});
	expect(await sync(id)).toMatchObject({ ...counts, added: 1, changed: 1, removed: 1 });
	expect(await names()).toEqual(["README.md", "docs/new.md"]);
	expect(existsSync(syncFolders()) ? readdirSync(syncFolders()).filter((name) => name.startsWith(id)) : []).toEqual([]);

	// Nobody reads it again, and another address does not get it.
	const row = JSON.stringify([
		await getSource(ctx, { sourceId: id }),
		await db.orm.select().from(sources).where(eq(sources.id, id)),
		await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, id)),
		await db.orm.select().from(jobEvents),
	]);
	expect(row).not.toContain(secret);
	const other = await gitServer();
	await other.commit({ "other.md": "Other." });
	expect(await changeSource(ctx, { sourceId: id, address: other.url })).toMatchObject({ hasSecret: false });
	expect(await sync(id)).toMatchObject({ state: "done", added: 1, removed: 2 });
	expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
}, 60_000);

test("a repository that can't be read says why and what to do, and takes nothing away", async () => {
	const repository = await gitServer({ token: "right" });
	await repository.commit({ "a.md": "A." });
	const tried = async (more: Partial<AddSource>, address = repository.url) => {
		const { id } = await add({ kind: "git", address, ...more });
		return sync(id);
	};
	expect(await tried({ secret: "wrong" })).toMatchObject({
		state: "failed",
		reason: expect.stringMatching(/refused \(401\)/),
	});
	const right = { secret: "right" };
	expect(await tried({ ...right, branch: "gone" })).toMatchObject({ reason: expect.stringMatching(/no such branch/) });
	expect(await tried(right, `${repository.base}/none.git`)).toMatchObject({
		reason: expect.stringMatching(/no such repository/),
	});
	expect(await tried(right, `${repository.base}/moved.git`)).toMatchObject({
		reason: expect.stringMatching(/moved \(301\)/),
	});
	expect(await tried({}, "http://127.0.0.1:1/repo.git")).toMatchObject({
		reason: expect.stringMatching(/can't be reached/),
	});
	await expect(add({ kind: "git", address: "http://169.254.169.254/repo.git" })).rejects.toMatchObject({
		code: "INVALID_INPUT",
	});
	await expect(add({ kind: "git", address: "http://192.168.1.9/repo.git", ...right })).rejects.toMatchObject({
		code: "INVALID_INPUT",
	});
	await expect(add({ kind: "git", address: "file:///etc" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
}, 60_000);

const key = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "eu-test-1" };

test("a bucket is followed page by page, each call signed; what fails in it has its reason", async () => {
	const objects = new Map([
		["team/a.md", "Alpha."],
		["team/straße & co/b (1)+'x'.txt", "Beta."],
		["team/c.md", "Gamma."],
		["team/picture.bin", "?"],
		["team/.cache/d.md", "?"],
		["other/e.md", "Elsewhere."],
	]);
	const bucket = await s3Bucket(key, objects);
	const place = { kind: "s3", address: bucket.url, bucket: "handbook", region: key.region, keyId: key.id } as const;
	const { id } = await add({ ...place, prefix: "team/", secret: key.secret });
	expect(await sync(id)).toMatchObject({ ...counts, state: "done", added: 3, skipped: 2 });
	expect(await names()).toEqual(["a.md", "c.md", "straße & co/b (1)+'x'.txt"]);
	expect((await documentsOf()).map(({ source }) => source)).toContain("s3://handbook/team/a.md");
	const before = bucket.asked.length;
	expect(await sync(id)).toMatchObject({ ...counts, unchanged: 3 });
	// Three pages of the list, and no object.
	expect(bucket.asked.length - before).toBe(3);

	objects.set("team/a.md", "Alpha and omega.");
	objects.delete("team/c.md");
	expect(await sync(id)).toMatchObject({ ...counts, changed: 1, removed: 1, unchanged: 1 });
	bucket.goAway(true);
	expect(await sync(id)).toMatchObject({
		state: "failed",
		removed: 0,
		reason: expect.stringMatching(/can't be reached/),
	});
	bucket.goAway(false);
	await changeSource(ctx, { sourceId: id, secret: "another-key" });
	expect(await sync(id)).toMatchObject({
		state: "failed",
		reason: expect.stringMatching(/does not accept the secret key/),
	});
	// Another bucket does not get the key that was for this one.
	await expect(changeSource(ctx, { sourceId: id, bucket: "other" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await changeSource(ctx, { sourceId: id, bucket: "other", secret: key.secret });
	expect(await sync(id)).toMatchObject({ reason: expect.stringMatching(/no such bucket/) });
	expect(await names()).toHaveLength(2);
}, 60_000);

test("a sitemap's pages are fetched again, and only those that changed become another version", async () => {
	const pages = new Map([
		["/one", "One."],
		["/two", "Two."],
		["/drafts/three", "Three."],
	]);
	const calls: string[] = [];
	const server = createServer((request, response) => {
		const path = request.url ?? "";
		const own = `http://${request.headers.host}`;
		if (path === "/sitemap.xml") {
			const all = ["/more.xml", "/gone"].map((one) => `<url><loc>${own}${one}</loc></url>`);
			return void response
				.writeHead(200, { "content-type": "application/xml" })
				.end(`<urlset>${all.join("")}<url><loc>http://127.0.0.2:1/x</loc></url></urlset>`);
		}
		if (path === "/more.xml") {
			const all = [...pages.keys()].map((one) => `<url><loc>${own}${one}</loc></url>`);
			return void response
				.writeHead(200, { "content-type": "application/xml" })
				.end(`<urlset>${all.join("")}</urlset>`);
		}
		const text = pages.get(path);
		if (!text) return void response.writeHead(404).end();
		const tag = `"${text.length}-${text.at(0)}"`;
		calls.push(`${path} ${request.headers["if-none-match"] === tag ? 304 : 200}`);
		if (request.headers["if-none-match"] === tag) return void response.writeHead(304).end();
		response.writeHead(200, { "content-type": "text/html", etag: tag }).end(`<title>Port</title><p>${text}</p>`);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const { id } = await add({ kind: "sitemap", address: `${base}/sitemap.xml`, include: "!drafts/**" });
	expect(await sync(id)).toMatchObject({ state: "partial", added: 2, failed: 1, skipped: 2 });
	expect((await listProblems(ctx, { sourceId: id, limit: 50 })).rows).toMatchObject([
		{ path: `${base}/gone`, problem: expect.stringMatching(/status 404/) },
	]);
	expect((await documentsOf()).map(({ source, mediaType }) => [source, mediaType])).toEqual([
		[`${base}/one`, "text/html"],
		[`${base}/two`, "text/html"],
	]);
	pages.set("/two", "Two and a half.");
	pages.delete("/one");
	calls.length = 0;
	expect(await sync(id)).toMatchObject({ changed: 1, removed: 1, failed: 1 });
	pages.set("/one", "One.");
	await sync(id);
	expect(calls).toEqual(["/two 200", "/one 200", "/two 304"]);
}, 60_000);

test("patterns: the last that fits decides, a name alone fits anywhere, and none takes long", () => {
	const fits = (include: string, ...paths: string[]) => paths.map((path) => takes(include)(path));
	expect(fits("", "a.md", "b/c.md")).toEqual([true, true]);
	expect(fits("docs/**", "docs/a.md", "docs/b/c.md", "a.md", "other/docs/a.md")).toEqual([true, true, false, false]);
	expect(fits("*.md", "a.md", "x/b.md", "c.txt")).toEqual([true, true, false]);
	expect(fits("docs/*.md", "docs/a.md", "docs/x/a.md")).toEqual([true, false]);
	expect(fits("**/old/**\n!**/keep.md", "a/old/x/b.md", "a/old/keep.md", "old/c.md")).toEqual([true, false, true]);
	expect(fits("!drafts/", "drafts/a.md", "a.md")).toEqual([false, true]);
	expect(fits("a?c.md", "abc.md", "ac.md")).toEqual([true, false]);
	expect(fits(`${"*a".repeat(900)}b`, "a".repeat(1000))).toEqual([false]);
	expect(fits(`${"**/a/".repeat(300)}b`, "a/".repeat(400))).toEqual([false]);
});
