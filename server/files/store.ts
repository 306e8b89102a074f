import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { env } from "@/server/core/env";
import { AppError, notFound } from "@/server/core/errors";

export type StoredFile = { sha256: string; size: number };
type Bytes = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** A temporary file older than this has no writer any more, whoever that was. */
const staleAfterMs = 60 * 60_000;
/** Begins the names of our temporary files: tells a live writer's from one that a crash left. */
const writer = `${process.pid}.${hostname()}`;

/** Files named by what is in them, so that the same bytes lie there once: `ab/cd/<sha256>` under its folder. */
export class FileStore {
	private readonly temporary: string;
	private readonly writing = new Set<string>();
	private swept: Promise<void> | null = null;

	constructor(private readonly folder: string) {
		this.temporary = join(folder, "tmp");
	}

	/** Takes a stream in without holding it; past `maxBytes` it stops reading and throws TOO_LARGE, leaving nothing. */
	async putStream(bytes: Bytes, { maxBytes }: { maxBytes: number }): Promise<StoredFile> {
		await this.sweep();
		const name = `${writer}.${randomUUID()}`;
		const path = join(this.temporary, name);
		this.writing.add(name);
		try {
			const handle = await open(path, "wx", 0o600);
			const stored = await write(handle, bytes, maxBytes).finally(() => handle.close());
			const target = this.path(stored.sha256);
			await mkdir(dirname(target), { recursive: true });
			// Also where the same bytes lie there already: it makes them look new to whoever clears out old ones.
			await rename(path, target);
			await syncFolder(dirname(target));
			return stored;
		} catch (error) {
			await rm(path, { force: true });
			throw error;
		} finally {
			this.writing.delete(name);
		}
	}

	/** Throws NOT_FOUND where there is no such file. */
	async open(sha256: string): Promise<Readable> {
		if (!(await this.has(sha256))) throw notFound("This file");
		return createReadStream(this.path(sha256));
	}

	async has(sha256: string): Promise<boolean> {
		return (await this.age(sha256)) !== null;
	}

	async remove(sha256: string): Promise<void> {
		await rm(this.path(sha256), { force: true });
	}

	/** Where the file lies, for a reader in another process. */
	path(sha256: string): string {
		if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error("A file is named by 64 hexadecimal digits");
		return join(this.folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
	}

	/** Milliseconds since these bytes were last brought; null where they are not here. */
	async age(sha256: string): Promise<number | null> {
		const found = await stat(this.path(sha256)).catch(ignoreMissing);
		return found ? Date.now() - found.mtimeMs : null;
	}

	/** Every file's digest, folder by folder. */
	async *list(): AsyncGenerator<string> {
		for (const first of await names(this.folder)) {
			if (first === "tmp") continue;
			for (const second of await names(join(this.folder, first)))
				for (const name of await names(join(this.folder, first, second))) if (name.length === 64) yield name;
		}
	}

	/** Removes what a crash left half-written; once a process, before its first file. */
	sweep(): Promise<void> {
		this.swept ??= this.removeOrphans();
		return this.swept;
	}

	private async removeOrphans(): Promise<void> {
		await mkdir(this.temporary, { recursive: true });
		for (const name of await names(this.temporary)) {
			if (this.writing.has(name)) continue;
			const path = join(this.temporary, name);
			const found = await stat(path).catch(ignoreMissing);
			const isLive = hasWriter(name);
			if (found && (!isLive || Date.now() - found.mtimeMs > staleAfterMs)) await rm(path, { force: true });
		}
	}
}

let store: FileStore | undefined;
/** The store of this deployment, in its data folder. */
export function fileStore(): FileStore {
	store ??= new FileStore(join(env().QD_DATA, "files"));
	return store;
}

async function write(handle: FileHandle, bytes: Bytes, maxBytes: number): Promise<StoredFile> {
	const hash = createHash("sha256");
	let size = 0;
	for await (const part of bytes) {
		size += part.byteLength;
		if (size > maxBytes)
			throw new AppError("TOO_LARGE", `A file may have ${Math.round(maxBytes / 1024 / 1024)} MB at most: split it.`);
		hash.update(part);
		await handle.writeFile(part);
	}
	await handle.sync();
	return { sha256: hash.digest("hex"), size };
}

async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	// Some systems can't sync a folder; the rename stands all the same.
	await handle.sync().catch(() => {});
	await handle.close();
}

const names = (path: string): Promise<string[]> => readdir(path).catch((error) => ignoreMissing(error) ?? []);

function ignoreMissing(error: unknown): undefined {
	if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
		return undefined;
	throw error;
}

/** Whether a temporary file's writer may still be at it. On another machine nobody can tell from here. */
function hasWriter(name: string): boolean {
	const pid = Number.parseInt(name, 10);
	if (!name.startsWith(`${pid}.${hostname()}.`)) return true;
	if (pid === process.pid) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// Somebody else's process, but a live one.
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}
