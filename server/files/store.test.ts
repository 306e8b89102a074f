import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import { FileStore } from "./store";

const megabyte = 1024 * 1024;
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** A pid that no process of this machine has. */
const noPid = 2 ** 30;

let folder: string;
let store: FileStore;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "quarterdeck-files-"));
	store = new FileStore(folder);
});

const put = (bytes: Uint8Array) => store.putStream(Readable.from([bytes]), { maxBytes: 25 * megabyte });
const everyFile = async () => {
	const found = await readdir(folder, { recursive: true, withFileTypes: true });
	return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
};

describe("the file store", () => {
	test("gives back what it was given, by its digest, in a folder by its first digits", async () => {
		const bytes = randomBytes(300_000);
		const stored = await store.putStream(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]), {
			maxBytes: megabyte,
		});
		expect(stored).toEqual({ sha256: digest(bytes), size: bytes.length });
		expect(await buffer(await store.open(stored.sha256))).toEqual(bytes);
		const { sha256 } = stored;
		expect(await readFile(join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256))).toEqual(bytes);
	});

	test("keeps the same bytes once, also when they come many times at once", async () => {
		const bytes = randomBytes(100_000);
		const stored = await Promise.all(Array.from({ length: 8 }, () => put(bytes)));
		expect(new Set(stored.map((file) => file.sha256)).size).toBe(1);
		expect(await everyFile()).toEqual([digest(bytes)]);
	});

	test("takes a web stream", async () => {
		const bytes = randomBytes(1000);
		const { sha256 } = await store.putStream(new Blob([bytes]).stream(), { maxBytes: 1000 });
		expect(sha256).toBe(digest(bytes));
	});

	test("takes an empty file", async () => {
		expect(await store.putStream(Readable.from([]), { maxBytes: 1 })).toMatchObject({ size: 0 });
	});

	test("stops reading what is too large, and leaves nothing of it", async () => {
		let read = 0;
		async function* endless() {
			for (;;) {
				read += megabyte;
				yield new Uint8Array(megabyte);
			}
		}
		const refused = store.putStream(endless(), { maxBytes: 3 * megabyte });
		await expect(refused).rejects.toMatchObject({ code: "TOO_LARGE" });
		expect(read).toBe(4 * megabyte);
		expect(await everyFile()).toEqual([]);
	});

	test("holds little of a large file in memory", async () => {
		const part = randomBytes(megabyte);
		let most = 0;
		async function* large() {
			for (let i = 0; i < 200; i++) {
				most = Math.max(most, process.memoryUsage().arrayBuffers);
				yield part;
			}
		}
		const before = process.memoryUsage().arrayBuffers;
		await store.putStream(large(), { maxBytes: 200 * megabyte });
		expect(most - before).toBeLessThan(30 * megabyte);
	});

	test("leaves nothing of a stream that broke off", async () => {
		async function* broken() {
			yield randomBytes(1000);
			throw new Error("the connection was lost");
		}
		await expect(store.putStream(broken(), { maxBytes: megabyte })).rejects.toThrow("the connection was lost");
		expect(await everyFile()).toEqual([]);
	});

	test("says NOT_FOUND of what it does not have, and of what was removed", async () => {
		const { sha256 } = await put(randomBytes(10));
		await store.remove(sha256);
		await store.remove(sha256);
		await expect(store.open(sha256)).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(await store.has(sha256)).toBe(false);
	});

	test("never makes a path from anything but a digest", async () => {
		await expect(store.open("../../etc/passwd")).rejects.toThrow("64 hexadecimal digits");
	});

	test("clears what crashed writers left, and not what a live one is writing", async () => {
		await mkdir(join(folder, "tmp"), { recursive: true });
		const dead = `${noPid}.${hostname()}.dead`;
		const own = `${process.pid}.${hostname()}.before-this-start`;
		const old = `${process.ppid}.${hostname()}.old`;
		const live = `${process.ppid}.${hostname()}.live`;
		const elsewhere = "1.another-machine.live";
		for (const name of [dead, own, old, live, elsewhere]) await writeFile(join(folder, "tmp", name), "half");
		await utimes(join(folder, "tmp", old), 0, 0);
		await put(randomBytes(10));
		expect(await readdir(join(folder, "tmp"))).toEqual([elsewhere, live]);
	});

	test("lists what it has", async () => {
		const stored = await Promise.all([put(randomBytes(10)), put(randomBytes(10))]);
		const listed: string[] = [];
		for await (const sha256 of store.list()) listed.push(sha256);
		expect(listed.sort()).toEqual(stored.map((file) => file.sha256).sort());
	});
});
