import { constants } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { env } from "@/server/core/env";
import { maxFileBytes } from "@/server/knowledge/contract";
import { readableType } from "@/server/knowledge/service";
import { mostFiles } from "../contract";
import { takes } from "../patterns";
import { type Content, FileProblem, type Found, type Kind, type Listing, SourceProblem } from "./kind";

const mostFolders = 10_000;
const tooLarge = "The file is larger than 25 MB. Split it, or leave it out by a pattern.";
const isWithin = (path: string, root: string) => path === root || path.startsWith(`${root}${sep}`);
const own = () => resolve(env().QD_DATA);

/** The folder as it is, links followed. Throws a SourceProblem where it is not below one that the operator allows. */
export async function allowedFolder(address: string): Promise<string> {
	const roots = env().QD_SOURCE_FOLDERS ?? [];
	if (roots.length === 0)
		throw new SourceProblem(
			"Folders of the server are not read here. Whoever runs this installation allows some by QD_SOURCE_FOLDERS.",
		);
	const outside = new SourceProblem(`This is no folder below ${roots.join(" or ")}, and only those are read here.`);
	if (!roots.some((root) => isWithin(resolve(address), root))) throw outside;
	const real = await realpath(address).catch(() => {
		throw new SourceProblem("The folder is not there, or the server may not open it. Is it mounted?");
	});
	const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
	if (!realRoots.some((root) => isWithin(real, root))) throw outside;
	if (isWithin(real, own()) || isWithin(own(), real))
		throw new SourceProblem("The folder holds this installation's own data. Choose another one.");
	if (!(await stat(real)).isDirectory()) throw new SourceProblem("This is a file, not a folder. Name its folder.");
	return real;
}

async function list({ source, signal }: Parameters<Kind["list"]>[0]): Promise<Listing> {
	const root = await allowedFolder(source.address);
	const isTaken = takes(source.include);
	const files: Found[] = [];
	let skipped = 0;
	const waiting = [root];
	const unread: string[] = [];
	for (let n = 0; waiting.length > 0; n++) {
		signal?.throwIfAborted();
		if (n >= mostFolders) return { files, skipped, incomplete: `It has more than ${mostFolders} folders in it.` };
		const folder = waiting.shift() ?? root;
		const entries = await entriesOf(folder);
		if (!entries) unread.push(relative(root, folder));
		for (const entry of entries ?? []) {
			const path = join(folder, entry.name);
			const name = relative(root, path).split(sep).join("/");
			// A link could lead out of it; what begins with a dot is meant for programs.
			if (entry.name.startsWith(".") || entry.isSymbolicLink()) skipped++;
			else if (entry.isDirectory()) waiting.push(path);
			else if (!entry.isFile() || !readableType(name) || !isTaken(name) || name.length > 1000) skipped++;
			else {
				const about = await stat(path).catch(() => null);
				if (!about) continue;
				if (files.length >= mostFiles) return { files, skipped, incomplete: `It has more than ${mostFiles} files.` };
				files.push({ path: name, mark: `${about.ctimeMs} ${about.mtimeMs} ${about.size}`, size: about.size });
			}
		}
	}
	if (unread.length === 0) return { files, skipped, incomplete: null };
	const some = unread.slice(0, 3).join(", ");
	return { files, skipped, incomplete: `The server may not open ${unread.length} of its folders, such as ${some}.` };
}

/** Null where it can't be opened, or is not where it was any more. */
async function entriesOf(folder: string) {
	try {
		if ((await realpath(folder)) !== folder) return null;
		return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
	} catch {
		return null;
	}
}

/** Its bytes, where it is a file below the folder and no link leads elsewhere, at the moment that it is open. */
async function readFile(root: string, path: string): Promise<Content> {
	const full = join(root, path);
	const handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause) => {
		throw new FileProblem(
			"The server may not open this file. Change its rights, or leave it out by a pattern.",
			false,
			{
				cause,
			},
		);
	});
	try {
		const [about, real] = await Promise.all([handle.stat(), realpath(full).catch(() => "")]);
		const there = real && isWithin(real, root) ? await stat(real) : null;
		if (!about.isFile() || there?.ino !== about.ino || there.dev !== about.dev)
			throw new FileProblem("A link leads elsewhere: it is not followed. Put the file itself there.");
		if (about.size > maxFileBytes) throw new FileProblem(tooLarge);
		const bytes = Buffer.alloc(about.size);
		const { bytesRead } = await handle.read(bytes, 0, about.size, 0);
		const mark = `${about.ctimeMs} ${about.mtimeMs} ${about.size}`;
		return { bytes: bytes.subarray(0, bytesRead), mediaType: readableType(path) ?? "", mark };
	} finally {
		await handle.close();
	}
}

export const folder: Kind = {
	list,
	read: async ({ source, signal }, wanted, take) => {
		const root = await allowedFolder(source.address);
		for (const file of wanted) {
			signal?.throwIfAborted();
			const outcome = await readFile(root, file.path).catch((error: unknown) => {
				if (error instanceof FileProblem) return error;
				throw error;
			});
			if (!(await take(file, outcome))) return;
		}
	},
	tell: ({ address }, path) => `${address.split("/").at(-1)}/${path}`,
};
