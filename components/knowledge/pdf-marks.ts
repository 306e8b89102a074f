import type { PageViewport, PDFPageProxy } from "pdfjs-dist";

/** In parts of a hundred of the page. */
export type Box = { left: number; top: number; width: number; height: number };
type Item = { str: string; transform: number[]; width: number; height: number };

/** Only letters and digits tell where a passage stands: spaces, hyphens and ligatures differ from what was read in. */
const bare = (text: string): string =>
	text
		.normalize("NFKC")
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]/gu, "");

const anchor = 40;

/** Where on the page the passage stands, line by line; nowhere where it is not found. */
export async function placePassage(page: PDFPageProxy, viewport: PageViewport, passage: string): Promise<Box[]> {
	const { items } = await page.getTextContent();
	const texts = items.flatMap((item) => ("str" in item && item.str.trim() ? [item] : []));
	const found = findItems(
		texts.map((item) => item.str),
		passage,
	);
	return found ? texts.slice(found.from, found.to).map((item) => boxOf(item, viewport)) : [];
}

/** Which of the texts, one after the other, the passage goes through. */
export function findItems(texts: string[], passage: string): { from: number; to: number } | null {
	const starts: number[] = [];
	let all = "";
	for (const text of texts) {
		starts.push(all.length);
		all += bare(text);
	}
	const wanted = bare(passage);
	if (wanted === "") return null;
	const start = all.indexOf(wanted.slice(0, anchor));
	if (start < 0) return null;
	const last = all.indexOf(wanted.slice(-anchor), start);
	const end = last < 0 ? start + wanted.length : last + Math.min(anchor, wanted.length);
	const from = starts.findLastIndex((at) => at <= start);
	return { from, to: starts.findLastIndex((at) => at < end) + 1 };
}

function boxOf({ transform, width, height }: Item, viewport: PageViewport): Box {
	const [, , c = 0, d = 0, e = 0, f = 0] = transform;
	const tall = height || Math.hypot(c, d);
	const [x1 = 0, y1 = 0] = viewport.convertToViewportPoint(e, f - tall * 0.2);
	const [x2 = 0, y2 = 0] = viewport.convertToViewportPoint(e + width, f + tall);
	const part = (of: number, whole: number) => (of / whole) * 100;
	return {
		left: part(Math.min(x1, x2), viewport.width),
		top: part(Math.min(y1, y2), viewport.height),
		width: part(Math.abs(x2 - x1), viewport.width),
		height: part(Math.abs(y2 - y1), viewport.height),
	};
}
