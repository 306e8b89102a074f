import type { Material, Piece } from "./state";

/** Characters that a model is shown at a time, and how many such parts a document may have: both are what a run can pay for. */
export const partChars = 40_000;
export const mostParts = 10;

/** Cuts a document into parts, at the ends of its pages where they are not too long; null where it has too many. */
export function cut({ pages, picture }: Material): Piece[][] | null {
	const pieces = pages.filter(({ text }) => text.trim() !== "").flatMap(({ page, text }) => piecesOf(page, text));
	const parts: Piece[][] = [];
	let room = 0;
	for (const piece of pieces) {
		const size = piece.end - piece.start;
		if (size > room) {
			parts.push([]);
			room = partChars;
		}
		parts.at(-1)?.push(piece);
		room -= size;
	}
	if (parts.length === 0) return picture ? [[]] : [];
	return parts.length > mostParts ? null : parts;
}

/** A page that is longer than a part is cut between two lines. */
function piecesOf(page: number, text: string): Piece[] {
	const pieces: Piece[] = [];
	for (let start = 0; start < text.length; ) {
		let end = Math.min(text.length, start + partChars);
		if (end < text.length) {
			const line = text.lastIndexOf("\n", end);
			const blank = text.lastIndexOf(" ", end);
			end = line > start + partChars / 2 ? line : blank > start ? blank : end;
		}
		pieces.push({ page, start, end });
		start = end;
	}
	return pieces;
}
