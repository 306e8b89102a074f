import { readHtmlPart } from "./html";
import type { Block } from "./page";
import { readPlain } from "./plain";

const frontMatter = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/;

export async function readMarkdown(source: string): Promise<Block[]> {
	const facts = frontMatter.exec(source);
	// Read as Markdown, the line under the facts would make a heading of them.
	const lead: Block[] = facts?.[1] ? [{ kind: "paragraph", text: facts[1] }] : [];
	return [...lead, ...(await readBody(facts ? source.slice(facts[0].length) : source))];
}

async function readBody(source: string): Promise<Block[]> {
	const { marked } = await import("marked");
	try {
		return await readHtmlPart(marked.parse(source, { async: false, gfm: true }));
	} catch (error) {
		// Nested deeper than the parser's stack: the source is readable as it stands.
		if (error instanceof RangeError) return [...readPlain(source)];
		throw error;
	}
}
