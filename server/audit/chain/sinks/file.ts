import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reader } from "@/db/connection";
import type { SignedCheckpoint } from "@/db/schema";
import { env } from "@/server/core/env";
import { checkpointAt, checkpointsAfter, publicKeys } from "../checkpoint";
import { checkpointHash } from "../signing";

const most = 1_000;
const tailBytes = 4_096;

/** Where the copies lie: beside the database's data, and not in it. */
const checkpointFiles = (folder = env().QD_DATA) => ({
	folder: join(folder, "audit"),
	checkpoints: join(folder, "audit", "checkpoints.jsonl"),
	keys: join(folder, "audit", "keys.pem"),
});

/**
 * Appends what the file does not have yet, and says how far it goes. It ends where the database has gone on from; one that ends
 * elsewhere is left as it is, for it is the proof that the database was replaced.
 */
export async function pushToFile(db: Reader): Promise<number> {
	const files = checkpointFiles();
	await mkdir(files.folder, { recursive: true, mode: 0o755 });
	const last = await lastLine(files.checkpoints);
	if (last) {
		const ours = await checkpointAt(db, last.size);
		if (!ours || checkpointHash(ours) !== checkpointHash(last)) throw new Error(strangerTold(files.checkpoints, last));
	}
	const next = await checkpointsAfter(db, last?.size ?? 0, most);
	if (next.length === 0) return last?.size ?? 0;
	await writeFile(files.keys, await publicKeys(db), { mode: 0o644 });
	await append(files.checkpoints, next.map((one) => `${JSON.stringify(one)}\n`).join(""));
	return next.at(-1)?.size ?? 0;
}

const strangerTold = (file: string, last: SignedCheckpoint) =>
	`${file} ends with entry ${last.size} of ${last.time}, which this database does not have: it was replaced by another or an older one. Keep that file as proof and move it away; a new one is begun then.`;

async function append(file: string, text: string): Promise<void> {
	const handle = await open(file, "a", 0o644);
	try {
		await handle.appendFile(text);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** The newest whole line; what a killed process left half written is no line, and is cut off. */
async function lastLine(file: string): Promise<SignedCheckpoint | null> {
	const handle = await open(file, "r+").catch((error) => {
		if (error.code === "ENOENT") return null;
		throw error;
	});
	if (!handle) return null;
	try {
		const { size } = await handle.stat();
		const from = Math.max(0, size - tailBytes);
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(tailBytes), 0, tailBytes, from);
		const text = buffer.subarray(0, bytesRead).toString();
		const whole = text.slice(0, text.lastIndexOf("\n") + 1);
		if (whole.length < text.length) await handle.truncate(from + Buffer.byteLength(whole));
		const line = whole.trimEnd().split("\n").at(-1);
		return line ? (JSON.parse(line) as SignedCheckpoint) : null;
	} finally {
		await handle.close();
	}
}

/** What the file holds, for whoever compares it with the database; nothing where there is none. */
export async function readCheckpointFile(): Promise<SignedCheckpoint[]> {
	const text = await readFile(checkpointFiles().checkpoints, "utf8").catch((error) => {
		if (error.code === "ENOENT") return "";
		throw error;
	});
	const whole = text.slice(0, text.lastIndexOf("\n") + 1);
	return whole
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as SignedCheckpoint);
}
