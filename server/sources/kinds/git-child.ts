import fs from "node:fs";
import git, {
	type GitHttpRequest,
	type GitHttpResponse,
	type HttpClient,
	TREE,
	type WalkerEntry,
} from "isomorphic-git";
import { closeNetwork } from "@/server/core/close-network";
import type { GitAnswer, GitTask, GitWord } from "./git-protocol";

const mostFiles = 50_000;
const mostBytes = 25 * 1024 * 1024;
/** A link, and a repository in the repository: neither is a file. */
const linkMode = 0o120000;

const tell = (word: GitWord) => process.send?.(word);
const waiting = new Map<number, (answer: GitAnswer) => void>();
let calls = 0;

async function bodyOf(parts: GitHttpRequest["body"]): Promise<Buffer<ArrayBuffer>> {
	const all: Uint8Array[] = [];
	for await (const part of parts ?? []) all.push(part);
	return Buffer.concat(all);
}

/** Whoever started us makes the call. */
async function request({ url, method, headers, body }: GitHttpRequest): Promise<GitHttpResponse> {
	const call = ++calls;
	const answered = new Promise<GitAnswer>((resolve) => waiting.set(call, resolve));
	tell({ call, url, method: method === "POST" ? "POST" : "GET", headers: headers ?? {}, body: await bodyOf(body) });
	const answer = await answered;
	if (answer.failure) throw new Error(answer.failure);
	async function* parts() {
		yield answer.body;
	}
	const { status: statusCode } = answer;
	return { url, headers: answer.headers, body: parts(), statusCode, statusMessage: String(statusCode) };
}
const http: HttpClient = { request };

/** The last commit of a branch, without what was before it, and its files. */
async function fetchLast({ gitdir, url, branch }: Extract<GitTask, { is: "fetch" }>): Promise<void> {
	await git.init({ fs, gitdir, bare: true });
	await git.addRemote({ fs, gitdir, remote: "origin", url, force: true });
	const { fetchHead } = await git.fetch({
		...{ fs, http, gitdir, url, remote: "origin", depth: 1, singleBranch: true, tags: false },
		...(branch ? { ref: branch, remoteRef: branch } : {}),
	});
	const files: [string, string][] = [];
	if (fetchHead) await git.walk({ fs, gitdir, trees: [TREE({ ref: fetchHead })], map: note });
	tell({ files });

	async function note(path: string, [entry]: (WalkerEntry | null)[]): Promise<true | null> {
		const type = await entry?.type();
		if (type === "tree") return true;
		const oid = await entry?.oid();
		if (type !== "blob" || !oid || (await entry?.mode()) === linkMode) return null;
		files.push([path, oid]);
		if (files.length > mostFiles) throw new Error(`The repository has more than ${mostFiles} files`);
		return null;
	}
}

async function readBlobs({ gitdir, oids }: Extract<GitTask, { is: "read" }>): Promise<void> {
	const cache = {};
	for (const oid of oids) {
		const found = await git.readBlob({ fs, gitdir, oid, cache }).catch(() => null);
		if (!found) tell({ oid, bytes: null, why: "missing" });
		else if (found.blob.length > mostBytes) tell({ oid, bytes: null, why: "large" });
		else tell({ oid, bytes: Buffer.from(found.blob), why: "read" });
	}
}

const statusOf = (error: unknown): number | null => {
	const data = error instanceof Error && "data" in error ? error.data : null;
	return data && typeof data === "object" && "statusCode" in data && typeof data.statusCode === "number"
		? data.statusCode
		: null;
};

closeNetwork();
// Whoever started us is gone: nobody waits for the result.
process.once("disconnect", () => process.exit(1));
process.on("message", async (word: GitAnswer | { task: GitTask }) => {
	if (!("task" in word)) return void waiting.get(word.call)?.(word);
	try {
		if (word.task.is === "fetch") await fetchLast(word.task);
		else await readBlobs(word.task);
		tell({ end: true });
	} catch (error) {
		tell({ failed: (error instanceof Error ? error.message : String(error)).slice(0, 2000), status: statusOf(error) });
	}
});
