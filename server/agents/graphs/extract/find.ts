/** A text in the form in which quotations are looked for in it, and where each of its letters stands in the text itself. */
export type Searchable = { page: number; folded: string; at: number[]; length: number };

const quotes = /[‘’‚‛′`´]/;
const doubles = /[“”„‟«»″]/;
const dashes = /[‐‑‒–—−]/;

function fold(letter: string): string {
	if (quotes.test(letter)) return "'";
	if (doubles.test(letter)) return '"';
	if (dashes.test(letter)) return "-";
	return letter.normalize("NFKC").toLowerCase();
}

/** Without regard to case, kinds of blanks, quotation marks and dashes. */
export function searchable(page: number, text: string): Searchable {
	let folded = "";
	const at: number[] = [];
	let place = 0;
	for (const letter of text) {
		const isBlank = /\s/u.test(letter);
		const said = isBlank ? " " : fold(letter);
		if (!(isBlank && folded.endsWith(" "))) {
			folded += said;
			for (let n = 0; n < said.length; n++) at.push(place);
		}
		place += letter.length;
	}
	return { page, folded, at, length: text.length };
}

export type Found = { page: number; start: number; end: number };

export const folded = (text: string): string => searchable(0, text).folded.trim();

/** Where the words stand, as a whole: not in the middle of other words. */
export function findWords(pages: readonly Searchable[], words: string): Found | null {
	const wanted = folded(words);
	if (wanted === "") return null;
	for (const page of pages)
		for (let from = page.folded.indexOf(wanted); from >= 0; from = page.folded.indexOf(wanted, from + 1))
			if (isWhole(page.folded, from, wanted)) return placeOf(page, from, from + wanted.length);
	return null;
}

const isWordy = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);

function isWhole(text: string, from: number, wanted: string): boolean {
	const to = from + wanted.length;
	const startsInside = isWordy(text[from - 1]) && isWordy(wanted[0]);
	const endsInside = isWordy(text[to]) && isWordy(wanted.at(-1));
	return !startsInside && !endsInside;
}

function placeOf(page: Searchable, from: number, to: number): Found {
	const start = page.at[from] ?? 0;
	// A letter that is folded to several, such as a ligature, is one.
	let after = to;
	while (after < page.at.length && page.at[after] === page.at[to - 1]) after++;
	return { page: page.page, start, end: page.at[after] ?? page.length };
}

/** What recognition of letters takes for each other. */
const alike: Record<string, string> = { o: "0", q: "0", i: "1", l: "1", "|": "1", "!": "1", s: "5", b: "8", z: "2" };
/** Shorter ones would be found anywhere. */
const leastAlike = 4;

/** Where words stand that recognition may have got wrong in single letters, blanks and signs. */
export function findAlike(pages: readonly Searchable[], words: string): Found | null {
	const wanted = bare(folded(words)).text;
	if (wanted.length < leastAlike) return null;
	for (const page of pages) {
		const { text, at } = bare(page.folded);
		const from = text.indexOf(wanted);
		if (from >= 0) return placeOf(page, at[from] ?? 0, (at[from + wanted.length - 1] ?? 0) + 1);
	}
	return null;
}

function bare(text: string): { text: string; at: number[] } {
	let kept = "";
	const at: number[] = [];
	for (let place = 0; place < text.length; place++) {
		const letter = text.charAt(place);
		const said = alike[letter] ?? letter;
		if (!isWordy(said)) continue;
		kept += said;
		at.push(place);
	}
	return { text: kept, at };
}

const oneNumber = /[-−–(]?\s?(?:\p{Sc}\s?)?\d+(?:[.,'’]\d+)*/gu;
/** Thousands may be set apart by a blank, as other numbers are. */
const spacedNumber = /[-−–(]?\s?(?:\p{Sc}\s?)?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?/gu;

/** Every way in which the numbers of a text can be read: `1.234` is one and a bit, or a thousand and more. */
export function numbersIn(text: string): number[] {
	const found = [...text.matchAll(oneNumber), ...text.matchAll(spacedNumber)];
	return found.flatMap(([said]) => {
		const isNegative = /^[-−–(]/.test(said);
		return readings(said.replace(/[^\d.,]/g, "")).flatMap((one) => (isNegative ? [one, -one] : [one]));
	});
}

function readings(digits: string): number[] {
	const last = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
	const whole = Number(digits.replace(/[.,]/g, ""));
	if (last < 0) return [whole];
	const part = Number(`${digits.slice(0, last).replace(/[.,]/g, "")}.${digits.slice(last + 1)}`);
	const isGrouped = digits.length - last - 1 === 3;
	return isGrouped ? [part, whole] : [part];
}

const months: string[][] = [
	...["jan", "feb", "mar|mär", "apr", "may|mai", "jun", "jul", "aug", "sep", "oct|okt", "nov", "dec|dez"],
].map((names) => names.split("|"));

/** Whether a text says this date (as 2026-11-25), in whatever way it is written. */
export function saysDate(text: string, date: string): boolean {
	const [year = "", month = "", day = ""] = date.split("-");
	const tokens: string[] = folded(text).match(/\p{L}+|\d+/gu) ?? [];
	if (tokens.includes(`${year}${month}${day}`)) return true;
	const takes = (fits: (token: string) => boolean): boolean => {
		const at = tokens.findIndex(fits);
		if (at >= 0) tokens.splice(at, 1);
		return at >= 0;
	};
	const names = months[Number(month) - 1] ?? [];
	return (
		(takes((token) => token === year) || takes((token) => token === year.slice(2))) &&
		(takes((token) => names.some((name) => token.startsWith(name))) ||
			takes((token) => isNumber(token, Number(month)))) &&
		takes((token) => isNumber(token, Number(day)) || isNumber(token.replace(/(?:st|nd|rd|th)$/, ""), Number(day)))
	);
}

const isNumber = (token: string, value: number): boolean => /^\d{1,2}$/.test(token) && Number(token) === value;
