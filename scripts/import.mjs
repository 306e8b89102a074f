// `npm run import -- FOLDER --collection NAME`: brings every readable file of a folder into a collection, and waits until all are read.

import { openAsBlob, readdirSync, statSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describe, Problem } from "./problem.mjs";

const usage =
	"QD_KEY=… npm run import -- FOLDER --collection NAME [--url http://localhost:3000]. The key needs knowledge:read and knowledge:write.";
const askEveryMs = 1_000;
const waitsMs = 2_000;
const mostTries = 5;

class Api {
	constructor(url, key) {
		this.base = new URL("/api/v1/", url);
		this.key = key;
	}

	/** Answers the body, or throws what the server says. A server that is busy or away for a moment is asked again. */
	async ask(path, { method = "GET", json, body } = {}) {
		for (let tries = 1; ; tries++) {
			const answer = await fetch(new URL(path, this.base), {
				method,
				headers: {
					authorization: `Bearer ${this.key}`,
					...(json ? { "content-type": "application/json" } : {}),
					...(body ? { "content-type": "application/octet-stream" } : {}),
				},
				body: json ? JSON.stringify(json) : body,
			}).catch(() => null);
			if (answer?.ok) return answer.json();
			const isPassing = !answer || answer.status === 429 || answer.status >= 500;
			if (isPassing && tries < mostTries) {
				await sleep(Number(answer?.headers.get("retry-after") ?? 0) * 1_000 || waitsMs);
				continue;
			}
			if (!answer) throw new Problem(`${this.base.origin} can't be reached.`);
			const { detail, title } = await answer.json().catch(() => ({}));
			throw Object.assign(new Problem(detail ?? title ?? `The server answered with ${answer.status}.`), {
				status: answer.status,
			});
		}
	}
}

/** All files below a folder, but hidden ones, and no links: they may lead anywhere. */
function* filesBelow(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
		if (entry.name.startsWith(".")) continue;
		const path = join(folder, entry.name);
		if (entry.isDirectory()) yield* filesBelow(path);
		else if (entry.isFile()) yield path;
	}
}

async function findCollection(api, name) {
	for (let cursor = null; ; ) {
		const page = await api.ask(`collections?${new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) })}`);
		const found = page.rows.find((one) => one.name === name && one.mayManage);
		if (found) return found;
		if (!page.next) break;
		cursor = page.next;
	}
	return api.ask("collections", { method: "POST", json: { name } });
}

/** Brings one file; answers the document's id, or null where it was not taken, which was said. */
async function bring(api, collectionId, folder, path) {
	try {
		const { uploadId } = await api.ask("uploads", { method: "POST", body: await openAsBlob(path) });
		const json = { uploadId, name: basename(path) };
		const { document } = await api.ask(`collections/${collectionId}/documents`, { method: "POST", json });
		return document.id;
	} catch (error) {
		// What is wrong with one file says nothing of the next; what is wrong with the key or the server does.
		if (!(error instanceof Problem) || ![400, 413, 415, 422].includes(error.status)) throw error;
		console.log(`not taken  ${relative(folder, path)}: ${error.message}`);
		return null;
	}
}

async function waitFor(api, ids) {
	const failed = [];
	for (const [i, id] of ids.entries()) {
		for (;;) {
			const document = await api.ask(`documents/${id}`);
			if (document.state === "failed") failed.push(`failed     ${document.name}: ${document.reason}`);
			if (document.state === "cancelled") failed.push(`cancelled  ${document.name}`);
			if (["ready", "failed", "cancelled"].includes(document.state)) break;
			if (process.stderr.isTTY)
				process.stderr.write(`\r${i} of ${ids.length} read, ${document.name}: ${document.state}   `);
			await sleep(askEveryMs);
		}
	}
	if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
	return failed;
}

async function run() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { collection: { type: "string" }, url: { type: "string" } },
	});
	const [folder] = positionals;
	const key = process.env.QD_KEY;
	if (!folder || !values.collection || !key) throw new Problem(`How to call it: ${usage}`);
	if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Problem(`${folder} is no folder.`);
	const api = new Api(values.url ?? process.env.QD_URL ?? `http://localhost:${process.env.PORT ?? 3000}`, key);
	const collection = await findCollection(api, values.collection);
	const ids = new Set();
	let notTaken = 0;
	for (const path of filesBelow(folder)) {
		const id = extname(path) ? await bring(api, collection.id, folder, path) : null;
		if (id) ids.add(id);
		else notTaken++;
	}
	console.log(`brought    ${ids.size} files, ${notTaken} were not taken`);
	const failed = await waitFor(api, [...ids]);
	for (const line of failed) console.log(line);
	console.log(`ready      ${ids.size - failed.length} of ${ids.size} documents in ${collection.name}`);
	process.exitCode = failed.length > 0 || notTaken > 0 ? 1 : 0;
}

await run().catch((error) => {
	console.error(error instanceof Problem ? error.message : describe(error));
	process.exitCode = 1;
});
