import { UnreadableFile } from "./failure";
import type { Block } from "./page";
import { readXml } from "./xml";

const mostLinks = 1_000;

/** The addresses that a sitemap lists, and a page that says so. */
export function readSitemap(file: Buffer): { blocks: Block[]; links: string[] } {
	const links: string[] = [];
	let root: string | null = null;
	let isAddress = false;
	let address = "";
	let all = 0;
	readXml(file, {
		open: (name) => {
			root ??= name;
			isAddress = name === "loc";
			if (isAddress) address = "";
		},
		text: (text) => {
			if (isAddress) address += text;
		},
		close: (name) => {
			if (name === "loc" && ++all <= mostLinks) links.push(address.trim());
			isAddress = false;
		},
	});
	if (root !== "urlset" && root !== "sitemapindex")
		throw new UnreadableFile("wrongType", "The address answered with XML that is no sitemap, which can't be read.");
	const more = all - links.length;
	return {
		links,
		blocks: [
			{ kind: "heading", level: 1, text: "Pages in this sitemap" },
			...links.map((text): Block => ({ kind: "item", text })),
			...(more > 0
				? [{ kind: "paragraph", text: `${more} more were left out: at most ${mostLinks} are read.` } as const]
				: []),
		],
	};
}
