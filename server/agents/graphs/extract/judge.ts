import type { PlainField, Value } from "@/server/extractions/contract";
import { type Found, findAlike, findWords, folded, numbersIn, type Searchable, saysDate } from "./find";

/** What the model read for one field, and where it says that it stands. */
export type Reading = { path: string; field: PlainField; value: Value; quote: string; confidence: number | null };
export type Judged = {
	path: string;
	value: Value;
	/** The words of the document itself that it stands in; empty where it stands nowhere. */
	quote: string;
	place: Found | null;
	/** Whether it stands in the document, as far as can be told. */
	isFound: boolean;
	/** 0 to 1. */
	confidence: number;
	reasons: string[];
};

/** Pages as they are looked through, and as they read. */
export type Source = { pages: Searchable[]; texts: ReadonlyMap<number, string>; isRecognised: boolean };

const certain = 0.97;
const near = 0.75;
const read = 0.6;
const nowhere = 0.2;
/** Less than this is shown as low, and has to be looked at. */
export const lowConfidence = 0.5;
const longestQuote = 300;

/** How sure a value is: by where it stands first of all, and by what the model thinks of it last. */
export function judge({ path, field, value, quote, confidence }: Reading, source: Source): Judged {
	if (value === null)
		return {
			...{ path, value, quote: "", place: null, isFound: false, confidence: 0 },
			reasons: ["The model found nothing for it."],
		};
	const found = place(field, value, quote, source);
	const own = confidence === null ? 0.8 : Math.min(1, Math.max(0, confidence));
	const reasons = [
		found.why,
		confidence === null ? "The model did not say how sure it is." : `The model is ${Math.round(own * 100)} % sure.`,
	];
	if (source.isRecognised) reasons.push("The text was recognised in a picture.");
	const score = found.base * (0.7 + 0.3 * own) * (source.isRecognised ? 0.95 : 1);
	const text = found.place && source.texts.get(found.place.page)?.slice(found.place.start, found.place.end);
	return {
		...{ path, value, quote: (text ?? "").slice(0, longestQuote), place: found.place, isFound: found.base > nowhere },
		confidence: Math.round(Math.min(certain, score) * 100) / 100,
		reasons,
	};
}

type Placing = { place: Found | null; base: number; why: string };

function place(field: PlainField, value: NonNullable<Value>, quote: string, source: Source): Placing {
	const { pages, isRecognised } = source;
	const exact = findWords(pages, quote);
	const quoted = exact ?? (isRecognised ? findAlike(pages, quote) : null);
	if (quoted && says(field, value, quote, isRecognised))
		return exact
			? { place: quoted, base: 1, why: "It stands in the document word for word." }
			: { place: quoted, base: near, why: "It stands in the document, but for single letters." };
	const own = typeof value === "boolean" ? null : findWords(pages, String(value));
	if (own && String(value).length > 2)
		return { place: own, base: near, why: "It stands in the document, elsewhere than the model says." };
	if (quoted && isDerived(field))
		return { place: quoted, base: read, why: "It was concluded from words that stand in the document." };
	if (quoted) return { place: quoted, base: nowhere, why: "The words that it is read from say something else." };
	return { place: null, base: nowhere, why: "It stands nowhere in the document." };
}

/** Yes, no and a choice are seldom written out. */
const isDerived = (field: PlainField): boolean =>
	field.type === "boolean" || (field.type === "string" && field.enum !== undefined);

function says(field: PlainField, value: NonNullable<Value>, quote: string, isRecognised: boolean): boolean {
	if (typeof value === "boolean") return false;
	if (typeof value === "number") return numbersIn(quote).some((one) => Math.abs(one - value) < 1e-9);
	if (field.type === "string" && field.format === "date") return saysDate(quote, value);
	if (folded(value) === "") return false;
	const within = [{ page: 0, folded: folded(quote), at: [], length: quote.length }];
	return findWords(within, value) !== null || (isRecognised && findAlike(within, value) !== null);
}
