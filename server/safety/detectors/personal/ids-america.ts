import { digitsOf, isAllAlike, isLuhn, weighted } from "./checksums";
import type { Recogniser } from "./recogniser";

const passport = /\b(passports?|travel document|reisepass|pasaporte|passaporto|passeport)\b/i;
const licence = /\b(driver'?s?|driving|licen[cs]e|permit|\bDL\b|dmv)\b/i;

/** Numbers that stood in advertisements and forms, and are nobody's. */
const noSsn = new Set(["078051120", "123456789", "219099999", "987654321"]);
function isSsn(found: string): boolean {
	const digits = found.replace(/\D/g, "");
	const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
	if (area === "000" || area === "666" || group === "00" || serial === "0000") return false;
	return !noSsn.has(digits) && !isAllAlike(digitsOf(digits));
}
const isItin = (found: string): boolean =>
	/^9\d\d(5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}$/.test(found.replace(/\D/g, ""));
function isNpi(found: string): boolean {
	const digits = digitsOf(found);
	return !isAllAlike(digits) && isLuhn([8, 0, 8, 4, 0, ...digits]);
}
function isSin(found: string): boolean {
	const digits = digitsOf(found);
	return !isAllAlike(digits) && isLuhn(digits);
}

/** Licences of the states of America, as their offices print them. */
const ofStates = [
	"[A-Z]{1,2}\\d{3,14}",
	"[A-Z]\\d{3}-\\d{4}-\\d{4}(?:-\\d{2})?",
	"[A-Z]\\d{3}-\\d{3}-\\d{2}-\\d{3}-\\d",
	"[A-Z](?:[- ]\\d{3}){4}",
	"[A-Z]\\d{4}-\\d{5}-\\d{5}",
	"[A-Z]\\d{2}-\\d{2}-\\d{4}",
	"[A-Z]\\d[A-Z]\\d[A-Z]",
	"[A-Z]\\d{6}R|[A-Z]{2}\\d{6}[A-Z]|\\d{7,8}[A-Z]{1,2}|\\d{3}[A-Z]{2}\\d{4}",
	"\\d{2}[A-Z]{3}\\d{5,6}",
	"[A-Z]{3}-\\d{2}-\\d{4}|[A-Z]{3}\\d{6}",
	"WDL[A-Z0-9]{9}|[A-Z*]{5,7}\\d{3}[A-Z0-9]{2}",
];

export const american: Recogniser[] = [
	{ kind: "social_security", pattern: /(?<![\w.-])(?!9)\d{3}([-. ])\d{2}\1\d{4}(?![\w-])/g, check: isSsn },
	{
		kind: "social_security",
		pattern: /(?<![\w.-])(?!9)\d{3}-?\d{2}-?\d{4}(?![\w-]|\.\d)/g,
		check: isSsn,
		near: /\b(ssns?|social security|ssid)\b/i,
	},
	{ kind: "tax_id", pattern: /(?<![\w.-])9\d{2}(?:[- ]\d{2}[- ]?|\d{2}[- ])\d{4}(?![\w-])/g, check: isItin },
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])9\d{8}(?![\w-])/g,
		check: isItin,
		near: /\b(itin|individual taxpayer|tax id)\b/i,
	},
	{
		kind: "professional_id",
		pattern: /(?<![\w.-])[12]\d{3}[- ]?\d{3}[- ]?\d{3}(?![\w-]|\.\d)/g,
		check: isNpi,
		near: /\b(npi|provider)\b/i,
	},
	{
		kind: "health_id",
		pattern:
			/(?<!\w)[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}(?!\w)/gi,
	},
	{ kind: "passport", pattern: /(?<!\w)[A-Z]\d{8}(?!\w)/gi, near: passport },
	{ kind: "passport", pattern: /(?<![\w.-])\d{9}(?![\w-]|\.\d)/g, near: passport },
	{
		kind: "driving_licence",
		pattern: new RegExp(`(?<![\\w-])(?:${ofStates.join("|")})(?![\\w-])`, "gi"),
		near: licence,
	},
	{
		kind: "driving_licence",
		pattern: /(?<![\w.-])\d{7,9}(?![\w-]|\.\d)/g,
		near: /\b(driver'?s? licen[cs]e|driving licen[cs]e)\b/i,
	},
	// Canada.
	{ kind: "social_security", pattern: /(?<![\w.-])[1-79]\d{2}([- ])\d{3}\1\d{3}(?![\w-])/g, check: isSin },
	{
		kind: "social_security",
		pattern: /(?<![\w.-])[1-79]\d{8}(?![\w-]|\.\d)/g,
		check: isSin,
		near: /\b(sin|nas|social insurance|assurance sociale)\b/i,
	},
	// Brazil.
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)/g,
		check: (found) => {
			const digits = digitsOf(found);
			const one = ((weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
			const two = ((weighted(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
			return !isAllAlike(digits) && one === digits[9] && two === digits[10];
		},
	},
];
