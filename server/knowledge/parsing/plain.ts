import type { Block } from "./page";

/** Text by its byte order mark, else UTF-8, else Windows-1252, in which every byte means something. */
export function decodeText(file: Buffer): string {
	const mark = file.subarray(0, 2).toString("hex");
	if (mark === "fffe") return new TextDecoder("utf-16le").decode(file);
	if (mark === "feff") return new TextDecoder("utf-16be").decode(file);
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(file);
	} catch {
		return new TextDecoder("windows-1252").decode(file);
	}
}

export function* readPlain(text: string): Generator<Block> {
	for (const paragraph of text.split(/\r?\n[^\S\n]*\r?\n/)) yield { kind: "paragraph", text: paragraph };
}
