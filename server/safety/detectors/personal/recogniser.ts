import type { PersonalKind } from "../../contract/kinds";
import { type Find, matchesOf } from "../find";

/** One form of one kind of personal data. */
export type Recogniser = {
	kind: PersonalKind;
	/** With the flags `g` and `u` or `i`; every repetition is bounded. */
	pattern: RegExp;
	/** A checksum, a day that there is; also shortens a match that took in too much. */
	check?: (match: string) => boolean;
	/** Its form alone says too little: one of these words has to stand near it. */
	near?: RegExp;
	/** Also where everything is taken that looks like it: by itself it would be any number at all. */
	isNearNeeded?: true;
};

/** So far before it, and so far after it, a word speaks for a find. */
const before = 70;
const after = 30;

export function findBy(recogniser: Recogniser, text: string, isStrict: boolean): Find[] {
	const { kind, pattern, check, near, isNearNeeded } = recogniser;
	const finds: Find[] = [];
	for (const match of matchesOf(pattern, text)) {
		const [found] = match;
		const start = match.index;
		const end = start + found.length;
		if (check && !check(found)) continue;
		if (near && (isStrict || isNearNeeded)) {
			const around = `${text.slice(Math.max(0, start - before), start)}\n${text.slice(end, end + after)}`;
			if (!near.test(around)) continue;
		}
		finds.push({ kind, start, end });
	}
	return finds;
}
