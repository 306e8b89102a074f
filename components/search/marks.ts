export type Piece = { text: string; isMarked: boolean };

const shownBefore = 90;
const cutFrom = 200;

/** The text in pieces, with the words that the question's stems stand for marked. */
export function markTerms(text: string, stems: readonly string[]): Piece[] {
	const pieces: Piece[] = [];
	let at = 0;
	for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
		if (!stems.some((stem) => fits(word.toLowerCase(), stem))) continue;
		if (index > at) pieces.push({ text: text.slice(at, index), isMarked: false });
		pieces.push({ text: word, isMarked: true });
		at = index + word.length;
	}
	if (at < text.length) pieces.push({ text: text.slice(at), isMarked: false });
	return pieces;
}

/** A stem is the beginning of its words, but that a last y became an i. */
function fits(word: string, stem: string): boolean {
	if (stem.length < 3) return word === stem;
	return word.startsWith(stem) || (stem.endsWith("i") && word === `${stem.slice(0, -1)}y`);
}

/** From where on to show it, so that the first marked word is in sight. */
export function excerptOf(text: string, stems: readonly string[]): string {
	const [first, second] = markTerms(text, stems);
	const until = first && !first.isMarked && second ? first.text.length : 0;
	if (until < cutFrom) return text;
	const from = text.indexOf(" ", until - shownBefore);
	return `… ${text.slice(from + 1)}`;
}
