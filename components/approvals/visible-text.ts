/** A stretch of text, and where it would not be seen for what it is, what it is. */
export type Piece = { text: string; mark: string | null };

/** Control and format characters: what is invisible, zero-width, or turns the reading direction; spaces that are none. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;
/** Letters that look like Latin ones, in a word that has Latin ones beside them. */
const lookalike = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;
const latin = /\p{Script=Latin}/u;

const nameOf = (letter: string): string =>
	`U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Text in which nothing hides: what can't be seen, or passes for something else, is named in its place. */
export function visiblePieces(text: string): Piece[] {
	const pieces: Piece[] = [];
	const add = (letter: string, mark: string | null) => {
		const last = pieces.at(-1);
		if (last && last.mark === null && mark === null) last.text += letter;
		else pieces.push({ text: letter, mark });
	};
	for (const word of text.split(/(\n|[^\p{L}\p{M}]+)/u)) {
		const isMixed = latin.test(word) && lookalike.test(word);
		for (const letter of word) {
			const isStrange = letter !== "\n" && (hidden.test(letter) || (isMixed && lookalike.test(letter)));
			add(letter, isStrange ? nameOf(letter) : null);
		}
	}
	return pieces;
}

/** Canonical JSON over several lines. Line breaks and controls within a text stay the escapes that JSON has for them. */
export const laidOut = (canonical: string): string => JSON.stringify(JSON.parse(canonical), null, 2);
