import { posix } from "node:path";
import { fileTypes, maxFileBytes } from "../contract";
import { drop } from "./dropped";
import type { Block } from "./page";
import { cleanLine } from "./text";
import { ZipReader } from "./zip";

/** A file that came in another: a path of its own within it, and its bytes. */
export type Contained = { name: string; content: Buffer };

/** An archive in an archive is opened; one in that isn't. */
const deepest = 2;
const longestName = 200;
const isZip = (name: string) => /\.zip$/i.test(name);
/** What systems leave behind in archives, for themselves. */
const isLitter = (name: string) => /(?:^|\/)(?:__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/i.test(name);

/** The files of an archive, and a page that lists what is in it. */
export function readArchive(file: Buffer): { files: Contained[]; blocks: Block[] } {
	const files: Contained[] = [];
	const refused: string[] = [];
	unpack(new ZipReader(file), "", 1);
	drop("attachments", refused.length);
	return {
		files,
		blocks: [
			{ kind: "heading", level: 1, text: "Files in this archive" },
			...files.map(({ name }): Block => ({ kind: "item", text: name })),
			...refused.map((text): Block => ({ kind: "item", text })),
		],
	};

	function unpack(archive: ZipReader, above: string, depth: number): void {
		for (const { name, isLink } of archive.list()) {
			if (name.endsWith("/") || isLitter(name)) continue;
			const path = safePath(`${above}${name}`);
			const content = isLink ? null : archive.read(name);
			if (!content) refused.push(`${path} (a link: not followed)`);
			else if (isZip(name) && depth < deepest) unpack(archive.inner(content), `${path}/`, depth + 1);
			else if (isZip(name)) refused.push(`${path} (an archive too deep in archives: not opened)`);
			else if (!isReadable(name)) refused.push(`${path} (this kind of file can't be read)`);
			else if (content.length === 0) refused.push(`${path} (empty)`);
			else if (content.length > maxFileBytes) refused.push(`${path} (larger than 25 MB: not read)`);
			else files.push({ name: path, content });
		}
	}
}

/** By its ending alone: what it really is shows when it is read. */
export const isReadable = (name: string): boolean =>
	Object.hasOwn(fileTypes, name.slice(name.lastIndexOf(".") + 1).toLowerCase());

/** Only ever a name to show: nothing is written where an archive says. */
export function safePath(name: string): string {
	const parts = name.replaceAll("\\", "/").split("/");
	const clean = parts.map(cleanLine).filter((part) => part && part !== "." && part !== ".." && !/^[a-z]:$/i.test(part));
	const path = clean.join("/") || "unnamed";
	// The ending says what it is, so the beginning goes.
	return path.length > longestName ? `…${path.slice(-longestName)}`.toWellFormed() : path;
}

export const fileNameOf = (name: string | null, otherwise: string): string =>
	posix.basename(safePath(name ?? "")) === "unnamed" ? otherwise : posix.basename(safePath(name ?? ""));
