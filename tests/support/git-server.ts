import { once } from "node:events";
import fs from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import git, { TREE, type WalkerEntry } from "isomorphic-git";
import { onTestFinished } from "vitest";

const packet = (text: string | Buffer) => {
	const body = Buffer.from(text);
	return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
};
const flush = Buffer.from("0000");

/** A repository behind the smart protocol over HTTP, the part of it that fetching a last commit takes. */
export async function gitServer(options: { token?: string } = {}) {
	const dir = await mkdtemp(join(tmpdir(), "qd-git-"));
	await git.init({ fs, dir, defaultBranch: "main" });
	const asked: { path: string; authorization: string | undefined }[] = [];
	const server = createServer(async (request, response) => {
		const path = request.url ?? "";
		asked.push({ path, authorization: request.headers.authorization });
		const expected = `Basic ${Buffer.from(`git:${options.token}`).toString("base64")}`;
		if (options.token && request.headers.authorization !== expected) return void response.writeHead(401).end();
		if (path === "/moved.git/info/refs?service=git-upload-pack")
			return void response.writeHead(301, { location: "/repo.git/info/refs" }).end();
		if (path === "/repo.git/info/refs?service=git-upload-pack") {
			const head = await git.resolveRef({ fs, dir, ref: "main" });
			response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
			const can = "multi_ack_detailed side-band-64k ofs-delta shallow symref=HEAD:refs/heads/main agent=stand-in";
			const lines = [`${head} HEAD\0${can}\n`, `${head} refs/heads/main\n`].map(packet);
			return void response.end(Buffer.concat([packet("# service=git-upload-pack\n"), flush, ...lines, flush]));
		}
		if (path !== "/repo.git/git-upload-pack") return void response.writeHead(404).end();
		const wish = (await request.toArray()).join("");
		const want = /want ([0-9a-f]{40})/.exec(wish)?.[1] ?? "";
		response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" });
		const parts = [packet(`shallow ${want}\n`), flush, packet("NAK\n")];
		const pack = Buffer.from(await packOf(dir, want));
		for (let at = 0; at < pack.length; at += 60_000)
			parts.push(packet(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 60_000)])));
		response.end(Buffer.concat([...parts, flush]));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(async () => {
		server.closeAllConnections();
		server.close();
		await rm(dir, { recursive: true, force: true });
	});
	const { port } = server.address() as AddressInfo;
	/** Commits these files as they are; null takes one away. */
	const commit = async (files: Record<string, string | null>) => {
		for (const [filepath, text] of Object.entries(files)) {
			if (text === null) {
				await git.remove({ fs, dir, filepath });
				continue;
			}
			await fs.promises.mkdir(join(dir, filepath, ".."), { recursive: true });
			await writeFile(join(dir, filepath), text);
			await git.add({ fs, dir, filepath });
		}
		await git.commit({ fs, dir, message: "Change", author: { name: "Ann", email: "ann@example.test" } });
	};
	return { url: `http://127.0.0.1:${port}/repo.git`, base: `http://127.0.0.1:${port}`, dir, asked, commit };
}

async function packOf(dir: string, commit: string): Promise<Uint8Array> {
	const oids = [commit];
	const { commit: read } = await git.readCommit({ fs, dir, oid: commit });
	oids.push(read.tree);
	const note = async (_: string, [entry]: (WalkerEntry | null)[]) => {
		const oid = await entry?.oid();
		if (oid) oids.push(oid);
		return true;
	};
	await git.walk({ fs, dir, trees: [TREE({ ref: commit })], map: note });
	const { packfile } = await git.packObjects({ fs, dir, oids: [...new Set(oids)], write: false });
	return packfile ?? new Uint8Array();
}
