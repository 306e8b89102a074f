import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { guardedFetch } from "@/server/core/fetch-guard";
import { readableType } from "@/server/knowledge/service";
import { mostFiles } from "../contract";
import { takes } from "../patterns";
import { runGit } from "./git-process";
import type { GitAnswer, GitTask, GitWord } from "./git-protocol";
import { type Content, FileProblem, type Kind, type Listing, type Reach } from "./kind";

const packBytes = 64 * 1024 * 1024;
const callMs = 180_000;

/** What syncs keep on this machine while they go on. */
export const syncFolders = () => join(resolve(env().QD_DATA), "sources");
const folderOf = ({ source, syncId }: Reach) => join(syncFolders(), `${source.id}.${syncId}`);

/** The call that git wants to make: to the repository's own server only, with its token. */
async function call(
	{ source, secret, signal }: Reach,
	wanted: Extract<GitWord, { call: number }>,
): Promise<Omit<GitAnswer, "call">> {
	const none = { status: 0, headers: {}, body: new Uint8Array() };
	if (new URL(wanted.url).origin !== new URL(source.address).origin)
		return { ...none, failure: "The repository leads to another server, which is not followed." };
	const token = Buffer.from(`${source.settings.username ?? "git"}:${secret}`).toString("base64");
	try {
		const { status, headers, body } = await guardedFetch(wanted.url, {
			method: wanted.method,
			headers: { ...wanted.headers, ...(secret ? { authorization: `Basic ${token}` } : {}) },
			...(wanted.method === "POST" ? { body: wanted.body } : {}),
			maxBytes: packBytes,
			timeoutMs: callMs,
			...(signal ? { signal } : {}),
		});
		const single = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value ?? "")]);
		return { status, headers: Object.fromEntries(single), body, failure: null };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return { ...none, failure: error.message };
	}
}

function explain(failure: string, status: number | null): string {
	switch (status) {
		case 401:
		case 403:
			return `The repository's server refused (${status}). Enter a token that may read it.`;
		case 404:
			return "There is no such repository, or its server shows it to nobody without a token (404).";
		case 301:
		case 302:
		case 307:
		case 308:
			return `The repository has moved (${status}): open it in a browser and enter the address that it has there.`;
	}
	if (/Could not find/.test(failure)) return "The repository has no such branch. Correct its name.";
	if (/more than \d+ bytes/.test(failure))
		return "The last state of the repository is larger than 64 MB packed, and is not read. Choose a smaller one.";
	return failure.endsWith(".") ? failure : `The repository can't be read: ${failure}.`;
}

const run = (reach: Reach, task: GitTask, hear: (word: GitWord) => Promise<void>) =>
	runGit(task, { signal: reach.signal, call: (wanted) => call(reach, wanted), hear, explain });

const Known = z.array(z.tuple([z.string(), z.string()]));

/** The repository's last state on this machine, fetched where another one, or none, did it before. */
async function fetched(reach: Reach): Promise<[string, string][]> {
	const gitdir = folderOf(reach);
	const done = join(gitdir, "quarterdeck.json");
	const known = await readFile(done, "utf8").catch(() => null);
	if (known) return Known.parse(JSON.parse(known));
	await rm(gitdir, { recursive: true, force: true });
	await mkdir(gitdir, { recursive: true, mode: 0o700 });
	let files: [string, string][] = [];
	const { address: url, settings } = reach.source;
	await run(reach, { is: "fetch", gitdir, url, branch: settings.branch ?? null }, async (word) => {
		if ("files" in word) files = word.files;
	});
	await writeFile(done, JSON.stringify(files), { mode: 0o600 });
	return files;
}

async function list(reach: Reach): Promise<Listing> {
	const isTaken = takes(reach.source.include);
	const all = await fetched(reach);
	const isWanted = ([path]: [string, string]) =>
		!path.split("/").some((part) => part.startsWith(".")) &&
		readableType(path) !== null &&
		isTaken(path) &&
		path.length <= 1000;
	const wanted = all.filter(isWanted);
	return {
		files: wanted.slice(0, mostFiles).map(([path, oid]) => ({ path, mark: oid })),
		skipped: all.length - wanted.length,
		incomplete: wanted.length > mostFiles ? `It has more than ${mostFiles} files.` : null,
	};
}

const gone = "The repository changed while it was read. The next sync takes the file as it is then.";
const tooLarge = "The file is larger than 25 MB. Split it, or leave it out by a pattern.";

export const git: Kind = {
	list,
	read: async (reach, wanted, take) => {
		await fetched(reach);
		const waiting = Map.groupBy(wanted, ({ mark }) => mark ?? "");
		let isWanted = true;
		await run(reach, { is: "read", gitdir: folderOf(reach), oids: [...waiting.keys()] }, async (word) => {
			if (!("oid" in word)) return;
			for (const file of isWanted ? (waiting.get(word.oid) ?? []) : []) {
				const bytes = word.bytes && Buffer.from(word.bytes);
				const content = (found: Buffer): Content => ({
					...{ bytes: found, mark: word.oid, mediaType: readableType(file.path) ?? "" },
				});
				const outcome = bytes ? content(bytes) : new FileProblem(word.why === "large" ? tooLarge : gone);
				isWanted = isWanted && (await take(file, outcome));
			}
		});
	},
	tell: ({ address }, path) => `${address.replace(/^https?:\/\//, "").replace(/\.git$/, "")}/${path}`,
	end: (reach) => rm(folderOf(reach), { recursive: true, force: true }),
};
