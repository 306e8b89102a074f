import { isIP } from "node:net";
import { digitsOf } from "./checksums";
import type { Recogniser } from "./recogniser";

const phoneWords =
	/\b(phones?|tel|telephone|telefon[oe]?|mobile|mobil|cell|call|calling|fax|desk|office|whatsapp|sms|text (me|him|her)|messages? to|reach (me|him|her|us)|dial|number is|contact)\b|☎|📞|\bt[ée]l[ée]phone|portable|handy/iu;
const digitCount = (least: number, most: number) => (found: string) => {
	const { length } = digitsOf(found.replace(/\s?(x|ext\.?)\s?\d{1,6}$/i, ""));
	return length >= least && length <= most;
};
const isDateLike = (found: string): boolean => /^(19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}$/.test(found.trim());

export const contact: Recogniser[] = [
	{
		kind: "email",
		pattern:
			/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+'][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:\p{L}{2,24}|xn--[a-z0-9-]{2,59})(?![\p{L}\p{N}_-])/giu,
	},
	{
		kind: "phone",
		// With its country's code.
		pattern:
			/(?<![\w+])(?<!\d[ -])(?:\+|00)[1-9]\d{0,2}(?:[ .\-/\u00a0]{0,2}\(?\d{1,5}\)?){2,6}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\d)/giu,
		check: digitCount(8, 16),
	},
	{
		kind: "phone",
		pattern:
			/(?<![\w.+-])(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w-])/giu,
	},
	{
		kind: "phone",
		// National, with the 0 of the trunk.
		pattern: /(?<![\w.+/-])(?<!\d[ -])\(?0\d{1,4}\)?[ \-/]\d{2,8}(?:[ -]\d{2,4}){0,4}(?![\w-])/gu,
		check: digitCount(8, 12),
	},
	{
		kind: "phone",
		pattern: /(?<![\w.+/-])0[2-9]\d{8,9}(?![\w-])/gu,
		near: phoneWords,
	},
	{
		kind: "phone",
		pattern: /(?<![\w.+/-])[2-5]\d{9}(?![\w-])/gu,
		near: phoneWords,
	},
	{
		kind: "phone",
		// Any grouping, where something says that it is one.
		pattern: /(?<![\w.+/:-])\(?\d{2,4}\)?(?:[ .-]\d{2,4}){1,5}(?:\s?x\d{1,6})?(?![\w-])/gu,
		check: (found) => digitCount(7, 13)(found) && !isDateLike(found) && !/^\d{4}( \d{4}){2,}/.test(found),
		near: phoneWords,
	},
	{
		kind: "ip",
		pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?![\w]|\.\d)/gu,
		check: (found) => isIP(found.split("/")[0] ?? "") === 4,
	},
	{
		kind: "ip",
		pattern:
			/(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?:%\w{1,16})?(?:\/\d{1,3})?(?![\w:]|\.\d)/giu,
		check: (found) => found.length > 2 && isIP(found.split("/")[0] ?? "") === 6,
	},
	{
		kind: "mac",
		pattern:
			/(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![\w:-])/giu,
	},
	{
		kind: "url",
		pattern: /\b(?:https?:\/\/|www\.)[^\s<>"'`]{3,500}/giu,
	},
	{
		kind: "url",
		pattern:
			/(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?:com|org|net|edu|gov|io|dev|info|biz|eu|de|fr|uk|us|ch|at|nl|be|it|es|pl|se|dk|no|fi|webcam|app|cloud|ai|co)(?![\w@-])/giu,
	},
];
