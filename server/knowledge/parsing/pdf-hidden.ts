import type { PDFPageProxy } from "pdfjs-dist/legacy/build/pdf.mjs";

type Pdfjs = typeof import("pdfjs-dist/legacy/build/pdf.mjs");
type State = { fill: string; mode: number };
export type Letter = { letter: string; isSeen: boolean };
/** How many letters of the page may be missing in its text before the two no longer match. */
const longestGap = 5_000;
/** Invisible letters, as text recognition lays them over a scan. */
const invisible = 3;

const isPale = (colour: string) => /^#(?:f[0-9a-f]){3}$/i.test(colour);
/**
 * Every letter that the page draws, in drawing order and without spaces, and whether a reader sees it. Hidden are
 * near-white letters on a page with no coloured ground or picture (`hasImages`), and invisible ones among visible; where
 * most are invisible, they are the text of a scan.
 */
export async function findLetters({ OPS }: Pdfjs, page: PDFPageProxy, hasImages: () => boolean): Promise<Letter[]> {
	const paints = [OPS.fill, OPS.eoFill, OPS.fillStroke, OPS.eoFillStroke];
	const { fnArray, argsArray } = await page.getOperatorList();
	const drawn: { letter: string; state: State }[] = [];
	const saved: State[] = [];
	let state: State = { fill: "#000000", mode: 0 };
	let hasGround = false;
	fnArray.forEach((operator, i) => {
		const args: unknown = argsArray[i];
		if (operator === OPS.save) saved.push(state);
		else if (operator === OPS.restore) state = saved.pop() ?? state;
		else if (operator === OPS.setFillRGBColor) state = { ...state, fill: firstText(args) };
		else if (operator === OPS.setFillColorN) state = { ...state, fill: "pattern" };
		else if (operator === OPS.setTextRenderingMode) state = { ...state, mode: firstNumber(args) };
		else if (operator === OPS.constructPath) hasGround ||= paints.includes(firstNumber(args)) && !isPale(state.fill);
		else if (operator === OPS.shadingFill) hasGround = true;
		if (operator === OPS.showText) for (const letter of shownLetters(args)) drawn.push({ letter, state });
	});
	const isScan = drawn.filter((one) => one.state.mode === invisible).length > drawn.length / 2;
	const isWhiteSeen = hasGround || hasImages();
	return drawn.map(({ letter, state: { fill, mode } }) => ({
		letter,
		isSeen: mode === invisible ? isScan && !isPale(fill) : isWhiteSeen || !isPale(fill),
	}));
}

const firstNumber = (args: unknown) => (Array.isArray(args) && typeof args[0] === "number" ? args[0] : 0);
const firstText = (args: unknown) => (Array.isArray(args) && typeof args[0] === "string" ? args[0] : "");

function* shownLetters(args: unknown): Generator<string> {
	if (!Array.isArray(args) || !Array.isArray(args[0])) return;
	for (const glyph of args[0]) {
		if (typeof glyph === "object" && glyph !== null && "unicode" in glyph && typeof glyph.unicode === "string")
			yield* glyph.unicode.replace(/\s/g, "");
	}
}

/** Leaves hidden letters out of texts in drawing order. A letter that can't be found among the drawn ones stays. */
export function keepVisible(texts: string[], letters: Letter[]): string[] {
	if (letters.every((one) => one.isSeen)) return texts;
	let at = 0;
	const isSeen = (letter: string): boolean => {
		if (/\s/.test(letter)) return true;
		const most = Math.min(letters.length, at + longestGap);
		for (let i = at; i < most; i++) {
			const drawn = letters[i];
			if (drawn?.letter !== letter) continue;
			at = i + 1;
			return drawn.isSeen;
		}
		return true;
	};
	return texts.map((text) => [...text].filter(isSeen).join(""));
}
