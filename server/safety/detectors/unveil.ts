import { type Find, matchesOf } from "./find";

/** Letters that no reader sees: tags, zero-width ones, changes of direction, selectors of a shape, of which a few are ordinary. */
const unseenLetters = [
	"\\u00ad",
	"\\u034f",
	"\\u061c",
	"\\u115f",
	"\\u1160",
	"\\u17b4",
	"\\u17b5",
	"\\u180b-\\u180f",
	"\\u200b-\\u200f",
	"\\u202a-\\u202e",
	"\\u2060-\\u206f",
	"\\u3164",
	"\\ufe00-\\ufe0f",
	"\\ufeff",
	"\\uffa0",
	"\\ufff0-\\ufffb",
	"\\u{1d173}-\\u{1d17a}",
	"\\u{e0000}-\\u{e0fff}",
];
const unseen = new RegExp(`[${unseenLetters.join("")}]`, "u");
/** Letters of tags, but for the few behind a black flag, which make the flags of regions. */
const tags = /(?<![\u{1f3f4}\u{e0020}-\u{e007e}])[\u{e0020}-\u{e007e}]{3,}|(?<=\u{1f3f4})[\u{e0020}-\u{e007e}]{9,}/gu;
const turned = /[\u202a-\u202e\u2066-\u2069]/gu;
const run = new RegExp(`(?:(?![\\u{e0000}-\\u{e0fff}])${unseen.source}){4,}`, "gu");
/** A zero-width letter in the midst of a word of Latin, Greek or Cyrillic letters joins nothing there. */
const inWord =
	/(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\u200b-\u200d\u2060\ufeff\u00ad]{1,3}(?=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])/gu;
/** Written so that it is there and can't be seen. */
const styled =
	/<[^<>]{1,300}(?:display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|font-size\s{0,3}:\s{0,3}0|opacity\s{0,3}:\s{0,3}0(?:\.0+)?\s{0,3}[;"'])[^<>]{0,300}>|<!--[\s\S]{0,1000}?\b(?:ignore|instruction|system|assistant|must|prompt)\b[\s\S]{0,1000}?-->/giu;

/** Parts that are hidden from whoever reads the text. */
export function hiddenParts(text: string): Find[] {
	const finds: Find[] = [];
	const add = (match: RegExpExecArray) =>
		finds.push({ kind: "hidden", start: match.index, end: match.index + match[0].length });
	for (const match of matchesOf(styled, text)) add(match);
	if (!unseen.test(text)) return finds;
	for (const pattern of [tags, turned, run]) for (const match of matchesOf(pattern, text)) add(match);
	// A soft hyphen here and there is how texts are set.
	const within = [...matchesOf(inWord, text)];
	if (within.length >= 2) for (const match of within) add(match);
	return finds;
}

/** Letters that look like Latin ones, for whoever reads; each with the one that it looks like. */
const alike = new Map<string, string>(
	Object.entries({
		a: "аɑαａᴀ⍺",
		b: "ьЬᏏƅｂ",
		c: "сϲᴄⅽｃ",
		d: "ԁⅾᏧｄɗ",
		e: "еєҽℯ℮ｅэ",
		f: "ſẝғｆ",
		g: "ɡցｇɢ",
		h: "һհᏂｈн",
		i: "іıɩιӏⅰｉ¡",
		j: "јϳｊ",
		k: "кκᴋｋ",
		l: "ⅼӀⵏｌ|",
		m: "мⅿᴍｍ",
		n: "ոռηｎп",
		o: "оοσօᴏｏ০০",
		p: "рρⲣｐ",
		q: "ԛգｑ",
		r: "гᴦⲅｒя",
		s: "ѕꜱƽｓ",
		t: "тτᴛｔ",
		u: "υսᴜцｕ",
		v: "ѵνᴠⅴｖ",
		w: "ԝѡᴡｗш",
		x: "хχⅹｘ",
		y: "уγүʏｙ",
		z: "ᴢｚ",
	}).flatMap(([plain, others]) => [...others].map((other): [string, string] => [other, plain])),
);
const leet: Record<string, string> = { "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s" };

type Readable = {
	text: string /** Where a place of it stands in the text that it was made from. */;
	at: (place: number) => number;
};

/** What could read otherwise than it stands; all else is copied. */
const odd = /[^\x20-\x7b}~\n\r\t]|(?<=[a-z])[0134573@$](?=[a-z0-9@$])/giu;

/** A text as it reads, with a way back to its own places. */
export function readable(text: string): Readable {
	const letters = matchesOf(odd, text);
	if (letters.length === 0) return { text, at: (place) => place };
	// Where each part begins in what is made, and where it came from; of a letter that was exchanged all comes from its place.
	const parts: { made: number; from: number; isCopy: boolean }[] = [];
	let made = "";
	let place = 0;
	const add = (piece: string, from: number, isCopy: boolean) => {
		if (piece !== "") parts.push({ made: made.length, from, isCopy });
		made += piece;
	};
	for (const { 0: letter, index } of letters) {
		add(text.slice(place, index), place, true);
		const isUnseen = unseen.test(letter);
		add(isUnseen ? "" : plainLetter(letter, text, index), index, false);
		place = index + letter.length;
	}
	add(text.slice(place), place, true);
	const at = (wanted: number) => {
		if (wanted >= made.length) return text.length;
		const part = parts[lastAt(parts, wanted)];
		return part ? part.from + (part.isCopy ? wanted - part.made : 0) : text.length;
	};
	return { text: made, at };
}

/** The last part that begins at or before a place. */
function lastAt(parts: readonly { made: number }[], wanted: number): number {
	let [low, high] = [0, parts.length - 1];
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		if ((parts[middle]?.made ?? 0) <= wanted) low = middle;
		else high = middle - 1;
	}
	return low;
}

function plainLetter(letter: string, text: string, place: number): string {
	const twin = alike.get(letter) ?? alike.get(letter.toLowerCase());
	// A word of Cyrillic or Greek is a word: only among Latin letters is a letter of theirs a disguise.
	if (twin) return isAmongLatin(text, place, letter.length) ? twin : letter;
	const figure = leet[letter];
	if (figure && /[a-z]/i.test(text[place - 1] ?? "") && /[a-z0-9@$]/i.test(text[place + 1] ?? "")) return figure;
	const folded = letter.normalize("NFKD").replace(/\p{M}/gu, "");
	return folded.length > 0 && folded.length <= 4 ? folded : letter;
}

const isAmongLatin = (text: string, place: number, length: number): boolean =>
	/[a-z]/i.test(text.slice(Math.max(0, place - 4), place)) ||
	/[a-z]/i.test(text.slice(place + length, place + length + 4));

type Decoded = { text: string; start: number; end: number /** It speaks to somebody. */; isOrder: boolean };

const base64 = /(?<![\w+/=-])(?:[A-Za-z0-9+/]{4}){5,2000}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![\w+/=])/g;
const hex = /(?<![\w])(?:[0-9a-f]{2}[ :]?){16,2000}(?![\w])/gi;
const percent = /(?:%[0-9a-f]{2}){8,2000}/gi;
const order =
	/\b(?:ignore|you|your|answer|print|write|say|tell|send|reveal|password|instructions?|respond|please|create|develop|provide|give|explain|suggest|make|find)\b/giu;

/** What a text says once it is unpacked: base64, hexadecimal, percent signs, turned round, moved by thirteen. */
export function decodedParts(text: string): Decoded[] {
	const parts: Decoded[] = [];
	const add = (decoded: string, start: number, length: number) => {
		if (!isProse(decoded)) return;
		parts.push({ text: decoded, start, end: start + length, isOrder: (decoded.match(order)?.length ?? 0) >= 1 });
	};
	for (const { 0: found, index } of matchesOf(base64, text))
		add(Buffer.from(found, "base64").toString(), index, found.length);
	for (const { 0: found, index } of matchesOf(hex, text))
		add(Buffer.from(found.replace(/[ :]/g, ""), "hex").toString(), index, found.length);
	for (const { 0: found, index } of matchesOf(percent, text))
		add(Buffer.from(found.replaceAll("%", ""), "hex").toString(), index, found.length);
	return parts;
}

/** Words, and not what bytes happen to come to. */
const isProse = (text: string): boolean =>
	text.length >= 12 &&
	!/[^\P{Cc}\n\r\t]|\ufffd/u.test(text) &&
	(text.match(/[\p{L} ]/gu)?.length ?? 0) / text.length > 0.8 &&
	/ /.test(text);
