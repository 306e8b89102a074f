import { drop } from "./dropped";
import { unreadable } from "./failure";
import { openOffice, readRelations } from "./office";
import { type ParsedPage, writePage } from "./page";
import { readSlide } from "./slide";
import { readXml } from "./xml";

const main = "ppt/presentation.xml";

/** Each slide is a page with its number; hidden slides, hidden shapes, notes and comments are left out. */
export function* readSlides(file: Buffer): Generator<ParsedPage> {
	const archive = openOffice(file, "pptx");
	const presentation = archive.read(main);
	if (!presentation) throw unreadable("damaged");
	const relations = readRelations(archive, main);
	const parts: string[] = [];
	let size = { width: Number.POSITIVE_INFINITY, height: Number.POSITIVE_INFINITY };
	readXml(presentation, {
		open: (name, attributes) => {
			if (name === "sldId") parts.push(relations.get(attributes.get("r:id") ?? "")?.target ?? "");
			if (name === "sldSz") size = { width: Number(attributes.get("cx")), height: Number(attributes.get("cy")) };
		},
	});
	for (const [i, part] of parts.entries()) {
		const xml = archive.read(part);
		if (!xml) throw unreadable("damaged");
		const slide = readSlide(xml, size);
		const besides = [...readRelations(archive, part).values()].map(({ type }) => type);
		drop("notes", besides.filter((type) => type === "notesSlide").length);
		drop("comments", besides.filter((type) => type === "comments").length);
		if (slide.isHidden) drop("hiddenSlides");
		yield writePage(i + 1, slide.isHidden ? [] : slide.blocks);
	}
}
