import {
	bare,
	digitsOf,
	icaoCheck,
	isAllAlike,
	isDay,
	isGermanInsured,
	isGermanPension,
	isItalianFiscal,
	isLuhn,
	weighted,
} from "./checksums";
import type { Recogniser } from "./recogniser";

const passport = /\b(passports?|travel document|reisepass|pass-?nr|pasaporte|passaporto|passeport)\b/i;
const car = /\b(car|vehicle|registration|reg|plate|number ?plate|plaka|targa|kennzeichen|van|parked|vrn)\b/i;

const isIcao = (found: string): boolean => {
	const text = found.toUpperCase();
	return icaoCheck(text.slice(0, -1)) === Number(text.at(-1));
};
const nifLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
function isNif(found: string): boolean {
	const text = bare(found).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
	return nifLetters[Number(text.slice(0, -1)) % 23] === text.at(-1);
}
function isSwedish(found: string): boolean {
	const digits = found.replace(/\D/g, "").slice(-10);
	const day = Number(digits.slice(4, 6));
	const plain = day > 60 ? digits.slice(0, 4) + String(day - 60).padStart(2, "0") : digits.slice(0, 6);
	return isDay(plain) && isLuhn(digitsOf(digits));
}
function isFinnish(found: string): boolean {
	const text = found.toUpperCase();
	const number = Number(text.slice(0, 6) + text.slice(7, 10));
	return isDay(text.slice(0, 6), "dmy") && "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] === text.at(10);
}
function isPesel(found: string): boolean {
	const digits = digitsOf(found);
	const month = Number(found.slice(2, 4)) % 20;
	const check = (10 - (weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
	return (
		month >= 1 &&
		month <= 12 &&
		Number(found.slice(4, 6)) <= 31 &&
		Number(found.slice(4, 6)) > 0 &&
		check === digits[10]
	);
}
function isTurkish(found: string): boolean {
	const d = digitsOf(found);
	const odd = weighted(d, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
	const even = weighted(d, [0, 1, 0, 1, 0, 1, 0, 1]);
	const total = d.slice(0, 10).reduce((sum, digit) => sum + digit, 0);
	return (((odd * 7 - even) % 10) + 10) % 10 === d[9] && total % 10 === d[10];
}
/** ISO 7064 mod 11, 10: Germany's tax number. */
function isGermanTax(found: string): boolean {
	const digits = digitsOf(found);
	let product = 10;
	for (const digit of digits.slice(0, 10)) {
		const sum = (digit + product) % 10 || 10;
		product = (sum * 2) % 11;
	}
	return (11 - product) % 10 === digits[10];
}
const isDoctor = (found: string): boolean => {
	const digits = digitsOf(found);
	return (10 - (weighted(digits, [4, 9, 4, 9, 4, 9]) % 10)) % 10 === digits[6];
};
const isNhs = (found: string): boolean => {
	const digits = digitsOf(found);
	const check = 11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
	return (check === 11 ? 0 : check) === digits[9] && !isAllAlike(digits);
};

const isPostcode = (found: string): boolean => !/^XA|[CIKMOV][A-Z]$|[CIKMOV]$/.test(found);
const isBritishLicence = (text: string): boolean =>
	/^[A-Z]+9*$/.test(text.slice(0, 5)) && Number(text[6]) % 5 <= 1 && text.slice(6, 8) !== "00";
/** Of Northern Ireland: two letters of a county, one before them. */
const ulster = /(?<!\w)[A-Z]?(?:[A-Z]Z|I[ABJLW]|[JOTUX]I) ?\d{1,4}(?!\w)/gi;

export const european: Recogniser[] = [
	// United Kingdom.
	{
		kind: "national_id",
		pattern: /(?<!\w)(?!bg|gb|nk|kn|nt|tn|zz)[a-ceghj-prtw-z][a-ceghj-nprtw-z] ?\d{2} ?\d{2} ?\d{2} ?[a-d](?!\w)/gi,
	},
	{
		kind: "health_id",
		pattern: /(?<![\w.-])\d{3}[- ]?\d{3}[- ]?\d{4}(?![\w-])/g,
		check: isNhs,
		near: /\b(nhs|national health)\b/i,
	},
	{ kind: "passport", pattern: /(?<!\w)[A-Z]{2}\d{7}(?!\w)/gi, near: passport },
	{
		kind: "postcode",
		pattern:
			/(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW]) ?\d[ABD-HJLNP-UW-Z]{2})(?!\w)/g,
		check: isPostcode,
	},
	{
		kind: "postcode",
		pattern: /(?<!\w)[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}(?!\w)/g,
		check: (found) => isPostcode(found.toUpperCase()),
		near: /\b(post ?code|postal|address|live[sd]?)\b/i,
		isNearNeeded: true,
	},
	{
		kind: "vehicle",
		pattern: /(?<!\w)[A-HJ-PR-Y]{2}(?:0[2-9]|[12]\d|5[1-9]|[67]\d)[- ]?[A-HJ-PR-Z]{3}(?!\w)/gi,
		near: car,
	},
	{
		kind: "vehicle",
		pattern:
			/(?<!\w)(?:[A-HJ-NPR-TV-Y]\d{1,3}[- ]?[A-HJ-PR-Y][A-HJ-PR-Z]{2}|[A-HJ-PR-Z]{3}[- ]?\d{1,3}[- ]?[A-HJ-NPR-TV-Y])(?!\w)/gi,
		near: car,
	},
	{
		kind: "vehicle",
		pattern: ulster,
		near: car,
		isNearNeeded: true,
	},
	{
		kind: "driving_licence",
		pattern: /(?<!\w)[A-Z9]{5} ?\d[0156]\d(?:0[1-9]|[12]\d|3[01])\d ?[A-Z9]{2}[A-Z0-9] ?[A-Z]{2}(?: ?\d{2})?(?!\w)/gi,
		check: (found) => isBritishLicence(bare(found)),
	},
	// Spain.
	{ kind: "national_id", pattern: /(?<!\w)\d{7,8}-?[A-Z](?!\w)/gi, check: isNif },
	{ kind: "national_id", pattern: /(?<!\w)[XYZ]-?\d{7,8}-?[A-Z](?!\w)/gi, check: isNif },
	{ kind: "passport", pattern: /(?<!\w)[A-Z]{3}\d{6}(?!\w)/gi, near: passport },
	// Italy.
	{
		kind: "tax_id",
		pattern: /(?<!\w)[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z](?!\w)/gi,
		check: (found) => isItalianFiscal(found.toUpperCase()),
	},
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])(?:IT ?)?\d(?:[ _-]?\d){10}(?![\w-]|\.\d)/gi,
		check: (found) => isLuhn(digitsOf(found)) && !isAllAlike(digitsOf(found)),
		near: /\b(p\.? ?iva|partita iva|vat|iva)\b/i,
	},
	{
		kind: "driving_licence",
		pattern: /(?<!\w)(?:U1[0-9BCDFGHJ-NP-TV-Z]{7}[A-Z]|[A-Z]{2}\d{7}[A-Z])(?!\w)/gi,
		near: /\b(patente|guida|driv|licen)/i,
	},
	{
		kind: "national_id",
		pattern: /(?<!\w)(?:C[A-Z] ?\d{5} ?[A-Z]{2}|\d{7} ?[A-Z]{2}|[A-Z]{2} ?\d{7})(?!\w)/gi,
		near: /\b(carta|identit|identity card|id card)/i,
	},
	// Germany.
	{ kind: "passport", pattern: /(?<!\w)[CFGHJK][0-9CFGHJ-NPRTV-Z]{7,8}\d(?!\w)/gi, check: isIcao, near: passport },
	// As it is printed, without the check of the line for machines.
	{
		kind: "passport",
		pattern: /(?<!\w)(?=[A-Z]*\d)[CFGHJK][0-9CFGHJ-NPRTV-Z]{8}(?!\w)/gi,
		near: passport,
		isNearNeeded: true,
	},
	{
		kind: "national_id",
		pattern: /(?<!\w)(?=[A-Z]*\d)[LMNPRTV-Y][0-9CFGHJ-NPRTV-Z]{8}(?!\w)/gi,
		near: /\b(personal)?ausweis/i,
		isNearNeeded: true,
	},
	{
		kind: "national_id",
		pattern: /(?<!\w)[LMNPRTV-Y][0-9CFGHJ-NPRTV-Z]{7,8}\d(?!\w)/gi,
		check: isIcao,
		near: /\b(ausweis|personalausweis|identity|id card)/i,
	},
	{
		kind: "social_security",
		pattern: /(?<!\w)\d{2} ?[0-3]\d[01]\d\d{2} ?[A-Z] ?\d{3}(?!\w)/gi,
		check: (found) => isGermanPension(bare(found)),
	},
	{
		kind: "health_id",
		pattern: /(?<!\w)[A-Z]\d{9}(?!\w)/gi,
		check: (found) => isGermanInsured(found.toUpperCase()),
		near: /krankenkasse|versicher|kvnr|insur/i,
	},
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])[1-9]\d(?: ?\d{3}){3}(?![\w-])/g,
		check: isGermanTax,
		near: /\b(steuer|tax|idnr|tin)/i,
	},
	{
		kind: "professional_id",
		pattern: /(?<![\w.-])\d{9}(?![\w-]|\.\d)/g,
		check: isDoctor,
		near: /arzt|\blanr\b|doctor/i,
	},
	{
		kind: "professional_id",
		pattern: /(?<![\w.-])(?:0[1-9]|[1-7]\d|8[0-8]|9[389])\d{7}(?![\w-]|\.\d)/g,
		near: /\bbsnr\b|betriebsst/i,
	},
	{
		kind: "postcode",
		pattern: /(?<![\w.,-])(?:D-)?(?:0[1-9]|[1-9]\d)\d{3}(?![\w.,-]\d|\w)/g,
		near: /\b(plz|postleitzahl|zip|post ?code|postal)\b/i,
	},
	// Sweden, Finland, Poland, Türkiye.
	{
		kind: "national_id",
		pattern: /(?<![\w.-])(?:18|19|20)?\d{6}[-+]?\d{4}(?![\w-])/g,
		check: isSwedish,
		near: /person|pnr|svensk|swed|identity/i,
	},
	{ kind: "national_id", pattern: /(?<![\w.-])(?:(?:18|19|20)\d{6}-?|\d{6}[-+])\d{4}(?![\w-])/g, check: isSwedish },
	{
		kind: "company_id",
		pattern: /(?<![\w.-])(?:16)?\d{2}[2-9]\d{3}-?\d{4}(?![\w-])/g,
		check: (found) => isLuhn(digitsOf(found).slice(-10)),
	},
	{ kind: "national_id", pattern: /(?<![\w.-])\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?!\w)/gi, check: isFinnish },
	{
		kind: "national_id",
		pattern: /(?<![\w.-])\d{11}(?![\w-]|\.\d)/g,
		check: isPesel,
		near: /pesel|polish|identity|identyfik/i,
	},
	{
		kind: "national_id",
		pattern: /(?<![\w.-])[1-9]\d{10}(?![\w-]|\.\d)/g,
		check: isTurkish,
		near: /\bt\.?c\.?|kimlik|turkish|identity/i,
	},
	{ kind: "vehicle", pattern: /(?<!\w)(?:0[1-9]|[1-7]\d|8[01])[ -]?[A-PR-VYZ]{1,3}[ -]?\d{2,5}(?!\w)/gi, near: car },
];
