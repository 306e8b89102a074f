import { type Detect, matchesOf, untangled } from "./find";
import { readable } from "./unveil";

/** Words and phrases, whole, in any case, also where letters are disguised; spaces between them may be of any kind. */
export function wordDetector(words: readonly string[]): Detect {
	if (words.length === 0) return () => [];
	const each = words.map((word) =>
		word
			.normalize("NFKC")
			.split(/\s+/)
			.map((part) => part.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"))
			.join("\\s{1,3}"),
	);
	const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${each.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
	return (text) => {
		const plain = readable(text);
		const direct = [...matchesOf(pattern, text)].map(({ 0: found, index }) => ({
			kind: "word",
			start: index,
			end: index + found.length,
		}));
		if (plain.text === text) return direct;
		const disguised = [...matchesOf(pattern, plain.text)].map(({ 0: found, index }) => ({
			kind: "word",
			start: plain.at(index),
			end: plain.at(index + found.length),
		}));
		return untangled([...direct, ...disguised]);
	};
}
