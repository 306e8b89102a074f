import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { documents } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "@/server/jobs/client";
import { testContext, testDatabase, until } from "@/tests/support";
import { emptyJobs, testEngine } from "@/tests/support/jobs";
import { makeCollection } from "@/tests/support/knowledge";
import { knowledgeJobs } from "./jobs";
import { addAddress, addText, searchKnowledge } from "./service";

// Before anything reads the environment: the web sites here are on this very machine.
vi.hoisted(() => {
	process.env.QD_PRIVATE_NETWORKS = "allowed";
});

let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(async () => {
	await emptyJobs(db);
	ctx = await testContext(db);
});

/** A web site on this machine; answers its address. */
async function site(answer: (path: string, response: ServerResponse, base: string) => void): Promise<string> {
	const server = createServer((request: IncomingMessage, response) =>
		answer(request.url ?? "", response, `http://${request.headers.host}`),
	);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const settled = (collectionId: string) =>
	until(async () => {
		const rows = await db.orm.select().from(documents).where(eq(documents.collectionId, collectionId));
		return rows.every(({ state }) => state === "ready" || state === "failed") ? rows : null;
	}, 60_000);
const html = (response: ServerResponse, text: string) => {
	response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
	response.end(`<title>Port</title><p>${text}</p>`);
};

test("a page is fetched, found, and fetched again when it is added once more", async () => {
	const collection = await makeCollection(ctx);
	let depth = 9;
	const base = await site((path, response) => {
		if (path === "/moved") {
			response.writeHead(302, { location: "/harbour/depth" });
			response.end();
		} else html(response, `The fairway is ${depth} metres deep.`);
	});
	await testEngine(db, inngest, [...knowledgeJobs]);
	const { document, isNew } = await addAddress(ctx, { collectionId: collection.id, address: `${base}/moved#top` });
	expect({ isNew, source: document.source }).toEqual({ isNew: true, source: `${base}/moved` });
	expect(await settled(collection.id)).toMatchObject([{ state: "ready", mediaType: "text/html" }]);
	const ask = async () =>
		(await searchKnowledge(ctx, { query: "How deep is the fairway?", limit: 1 })).passages[0]?.text;
	expect(await ask()).toContain("9 metres");

	depth = 11;
	const again = await addAddress(ctx, { collectionId: collection.id, address: `${base}/moved` });
	expect(again).toMatchObject({ isNew: false, document: { id: document.id } });
	await settled(collection.id);
	expect(await ask()).toContain("11 metres");
}, 60_000);

test("a sitemap's pages become documents, those of its own site alone; each failure has its reason", async () => {
	const collection = await makeCollection(ctx);
	const asked: string[] = [];
	const base = await site((path, response, own) => {
		asked.push(path);
		if (path === "/sitemap.xml") {
			response.writeHead(200, { "content-type": "application/xml" });
			const pages = [`${own}/one`, `${own}/two`, `${own}/gone`, `${own}/loop`, `${own}/film`, "http://127.0.0.2:1/x"];
			response.end(`<urlset>${pages.map((page) => `<url><loc>${page}</loc></url>`).join("")}</urlset>`);
		} else if (path === "/gone") response.writeHead(404).end();
		else if (path === "/loop") response.writeHead(301, { location: "/loop" }).end();
		else if (path === "/film") response.writeHead(200, { "content-type": "video/mp4" }).end("film");
		else html(response, `This is page ${path}.`);
	});
	await testEngine(db, inngest, [...knowledgeJobs]);
	await addAddress(ctx, { collectionId: collection.id, address: `${base}/sitemap.xml` });
	const rows = await settled(collection.id);
	const outcome = Object.fromEntries(rows.map((row) => [row.source.slice(base.length), row.reason ?? row.state]));
	expect(outcome).toEqual({
		"/sitemap.xml": "ready",
		"/one": "ready",
		"/two": "ready",
		"/gone": "The address answered with status 404.",
		"/loop": "The address leads on and on: more than 3 times.",
		"/film": "The address answered with video/mp4, which can't be read.",
	});
	expect(asked).toContain("/one");
}, 60_000);

test("an address that may not be called is refused at once, and so is a stranger's collection", async () => {
	const collection = await makeCollection(ctx);
	const add = (address: string, as = ctx) => addAddress(as, { collectionId: collection.id, address });
	await expect(add("file:///etc/passwd")).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(add("http://ann:secret@example.test/")).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(add("http://169.254.169.254/latest")).rejects.toMatchObject({ code: "INVALID_INPUT" });
	await expect(add("file:///etc/passwd", await testContext(db))).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a text is a document under its name, with its ending; the same text is not added twice", async () => {
	const collection = await makeCollection(ctx);
	const text = {
		collectionId: collection.id,
		name: "Tides/May",
		text: "# Tides\n\nHigh water at noon.",
		format: "markdown",
	} as const;
	expect(await addText(ctx, text)).toMatchObject({ isNew: true, document: { name: "Tides-May.md", state: "queued" } });
	expect(await addText(ctx, text)).toMatchObject({ isNew: false });
});
