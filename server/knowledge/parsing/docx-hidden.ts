import { drop } from "./dropped";

/** The style that hidden runs get, for the converter to drop. */
export const hiddenStyle = "QuarterdeckHidden";

const tokens = /<(\/?)w:(tc|p|r|rPr|pPr|tcPr|tbl|shd|background)\b([^>]*)>/g;
const flag = (name: string) => new RegExp(`<w:${name}(?:\\s+w:val="(?:1|true|on)")?\\s*/>`);
const vanish = [flag("vanish"), flag("webHidden"), flag("specVanish")];
const tiny = /<w:sz\s+w:val="[0-3]"\s*\/>/;
const paleColour = /<w:color\s[^>]*w:val="(?:[Ff][A-Fa-f0-9]){3}"/;
const hasGround = /<w:(?:shd|highlight)\b/;
const darkFill = /w:(?:fill|color)="(?!auto|[Ff][A-Fa-f0-9][Ff][A-Fa-f0-9][Ff][A-Fa-f0-9])[0-9A-Fa-f]{6}"/;

type Open = { name: string; isDark: boolean };

/**
 * Marks runs that a reader doesn't see: vanished ones, letters under 2 points, near-white ones without a dark ground.
 * Works on the XML as text, in one pass; only a style is inserted, so what was well-formed stays so.
 */
export function markHiddenRuns(xml: string): string {
	const out: string[] = [];
	const open: Open[] = [];
	let copied = 0;
	for (const match of xml.matchAll(tokens)) {
		const [token, closing, name = "", rest = ""] = match;
		if (name === "shd" || name === "background") {
			if (darkFill.test(rest)) darken(open, name);
			continue;
		}
		if (closing) {
			while (open.length > 0 && open.pop()?.name !== name);
			continue;
		}
		if (rest.endsWith("/")) continue;
		if (name === "rPr" && isHidden(xml, match.index + token.length, open)) {
			const end = match.index + token.length;
			out.push(xml.slice(copied, end), `<w:rStyle w:val="${hiddenStyle}"/>`);
			copied = end;
			drop("hiddenText");
		}
		open.push({ name, isDark: false });
	}
	out.push(xml.slice(copied));
	return out.join("");
}

/** Shading belongs to the cell, paragraph or table whose properties it stands in; a background to all that follows. */
function darken(open: Open[], name: string): void {
	if (name === "background") open.unshift({ name: "page", isDark: true });
	const owner = open.findLast((element) => element.name === "tc" || element.name === "p" || element.name === "tbl");
	if (owner && !open.some((element) => element.name === "rPr")) owner.isDark = true;
}

function isHidden(xml: string, start: number, open: Open[]): boolean {
	const end = xml.indexOf("</w:rPr>", start);
	const properties = xml.slice(start, end < 0 ? start : end);
	if (vanish.some((mark) => mark.test(properties)) || tiny.test(properties)) return true;
	if (!paleColour.test(properties) || hasGround.test(properties)) return false;
	return !open.some((element) => element.isDark);
}
