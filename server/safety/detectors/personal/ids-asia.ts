import { bare, digitsOf, isAllAlike, isDay, isLuhn, isVerhoeff, weighted } from "./checksums";
import type { Recogniser } from "./recogniser";

const passport = /\b(passports?|travel document|여권)\b/i;
const car = /\b(car|vehicle|registration|plate|number ?plate|reg)\b/i;
const states =
	"AN|AP|AR|AS|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TN|TR|TS|UK|UP|WB";

const isThai = (found: string): boolean => {
	const digits = digitsOf(found);
	const sum = weighted(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
	return !isAllAlike(digits) && (11 - (sum % 11)) % 10 === digits[12];
};
// Their checksum holds only for those of before October 2020, and not for all of them.
const isKorean = (found: string): boolean =>
	!isAllAlike(digitsOf(found)) && isDay(bare(found).slice(0, 6)) && Number(bare(found).slice(7, 9)) <= 95;
const isKoreanCompany = (found: string): boolean => {
	const digits = digitsOf(found);
	const sum = weighted(digits, [1, 3, 7, 1, 3, 7, 1, 3, 5]) + Math.floor(((digits[8] ?? 0) * 5) / 10);
	return (10 - (sum % 10)) % 10 === digits[9];
};
const isSingaporean = (found: string): boolean => {
	const text = found.toUpperCase();
	const first = text[0] ?? "";
	const sum =
		weighted(digitsOf(text), [2, 7, 6, 5, 4, 3, 2]) + (first === "T" || first === "G" ? 4 : first === "M" ? 3 : 0);
	const letters = first === "M" ? "KLJNPQRTUWX" : first === "S" || first === "T" ? "JZIHGFEDCBA" : "XWUTRQPNMLK";
	return letters[sum % 11] === text.at(-1);
};
/** Singapore's UEN: of a business, of a company, of all others. */
function isSingaporeanCompany(found: string): boolean {
	const text = found.toUpperCase();
	const last = text.at(-1);
	if (text.length === 9) return "XMKECAWLJDB"[weighted(digitsOf(text), [10, 4, 9, 3, 8, 2, 7, 1]) % 11] === last;
	if (/^\d/.test(text)) return "ZKCMDNERGWH"[weighted(digitsOf(text), [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11] === last;
	const letters = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
	const values = [...text.slice(0, -1)].map((letter) => letters.indexOf(letter));
	return letters[(((weighted(values, [4, 3, 5, 3, 10, 2, 2, 5, 7]) - 5) % 11) + 11) % 11] === last;
}
const isAustralianTax = (found: string): boolean => {
	const digits = digitsOf(found);
	return !isAllAlike(digits) && weighted(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;
};
const isAbn = (found: string): boolean => {
	const [first = 0, ...rest] = digitsOf(found);
	return first > 0 && weighted([first - 1, ...rest], [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 === 0;
};
const isAcn = (found: string): boolean => {
	const digits = digitsOf(found);
	return (10 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === digits[8];
};
const isMedicare = (found: string): boolean => {
	const digits = digitsOf(found);
	return weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digits[8];
};
const isAadhaar = (found: string): boolean => isVerhoeff(digitsOf(found)) && !isAllAlike(digitsOf(found));
const isFilipinoTax = (found: string): boolean => {
	const digits = digitsOf(found);
	return !isAllAlike(digits) && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === digits[8];
};

/** Asia, Oceania and Africa. */
export const asian: Recogniser[] = [
	// India.
	{ kind: "national_id", pattern: /(?<![\w.-])[2-9]\d{3}([- :])\d{4}\1\d{4}(?![\w-])/g, check: isAadhaar },
	{
		kind: "national_id",
		pattern: /(?<![\w.-])[2-9]\d{11}(?![\w-]|\.\d)/g,
		check: isAadhaar,
		near: /\b(aadhaa?r|uid(ai)?)\b/i,
	},
	{ kind: "tax_id", pattern: /(?<!\w)[A-Z]{5}\d{4}[A-Z](?!\w)/gi },
	{ kind: "tax_id", pattern: /(?<!\w)(?:0[1-9]|[12]\d|3[0-7])[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z](?!\w)/gi },
	{ kind: "passport", pattern: /(?<!\w)[A-Z] ?[1-9]\d ?\d{5}(?!\w)/gi, near: passport },
	{ kind: "voter_id", pattern: /(?<!\w)[A-Z]{3}\d{7}(?!\w)/gi, near: /\b(vot(e|er|ing)|epic|elector)/i },
	{ kind: "voter_id", pattern: /(?<!\w)[A-Z]{2}\/\d{2}\/\d{3}\/\d{6,7}(?!\w)/gi },
	{
		kind: "vehicle",
		pattern: new RegExp(`(?<!\\w)(?:${states})[ -]?\\d{1,2}[ -]?[A-Z]{0,3}[ -]?\\d{4}(?!\\w)`, "gi"),
	},
	// Of all of India, of its forces, of embassies.
	{ kind: "vehicle", pattern: /(?<!\w)\d{2}[ -]?BH[ -]?\d{4}[ -]?[A-HJ-NP-Z]{1,2}(?!\w)/gi },
	{
		kind: "vehicle",
		pattern: /(?<!\w)(?:\d{2}[A-Z]\d{5,6}[A-Z]|\d{1,3}[ -]?(?:CD|CC|UN)[ -]?\d{1,4})(?!\w)/gi,
		near: car,
	},
	// Korea.
	{ kind: "national_id", pattern: /(?<![\w.-])\d{6}-[1-8]\d{6}(?![\w-])/g, check: isKorean },
	{
		kind: "national_id",
		pattern: /(?<![\w.-])\d{6}[1-8]\d{6}(?![\w-]|\.\d)/g,
		check: isKorean,
		near: /\b(rrn|frn|korean|resident)/i,
	},
	{ kind: "passport", pattern: /(?<!\w)[MSROD]\d{3}[A-Z]\d{4}(?!\w)/gi, near: passport },
	{ kind: "passport", pattern: /(?<!\w)[MSROD]\d{8}(?!\w)/gi, near: passport },
	{ kind: "driving_licence", pattern: /(?<![\w.-])(?:1[1-9]|2[0-8])[- ]\d{2}[- ]\d{6}[- ]\d{2}(?![\w-])/g },
	{ kind: "company_id", pattern: /(?<![\w.-])\d{3}-?\d{2}-?\d{5}(?![\w-])/g, check: isKoreanCompany },
	// Thailand, Singapore, the Philippines.
	{
		kind: "national_id",
		pattern: /(?<![\w.-])[1-9]([- ])\d{4}\1\d{5}\1\d{2}\1\d(?![\w-])/g,
		check: isThai,
	},
	{
		kind: "national_id",
		pattern: /(?<![\w.-])[1-9]\d{12}(?![\w-]|\.\d)/g,
		check: isThai,
		near: /\b(thai|national id|tnin)/i,
	},
	{ kind: "national_id", pattern: /(?<!\w)[STFGM]\d{7}[A-Z](?!\w)/gi, check: isSingaporean },
	{
		kind: "company_id",
		pattern: /(?<!\w)(?:\d{8}[A-Z]|(?:19|20)\d{7}[A-Z]|[TSR]\d{2}[A-Z][A-Z0-9]\d{4}[A-Z])(?!\w)/gi,
		check: isSingaporeanCompany,
	},
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])\d{3}-?\d{3}-?\d{3}(?:-?\d{3,5})?(?![\w-])/g,
		check: isFilipinoTax,
		near: /\b(tin|bir)\b/i,
	},
	// Australia.
	{
		kind: "tax_id",
		pattern: /(?<![\w.-])\d{3}[ -]?\d{3}[ -]?\d{3}(?![\w-])/g,
		check: isAustralianTax,
		near: /\b(tfn|tax file)\b/i,
	},
	{ kind: "company_id", pattern: /(?<![\w.-])\d{2}[ -]?\d{3}[ -]?\d{3}[ -]?\d{3}(?![\w-]| \d)/g, check: isAbn },
	{ kind: "company_id", pattern: /(?<![\w.-])\d{3}[ -]?\d{3}[ -]?\d{3}(?![\w-]| \d)/g, check: isAcn },
	{
		kind: "health_id",
		pattern: /(?<![\w.-])[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?[1-9])?(?![\w-])/g,
		check: isMedicare,
		near: /\bmedicare\b/i,
	},
	// South Africa, Nigeria.
	{
		kind: "national_id",
		pattern: /(?<![\w.-])\d{10}[01]\d{2}(?![\w-]|\.\d)/g,
		check: (found) => isDay(found.slice(0, 6)) && isLuhn(digitsOf(found)),
	},
	{ kind: "national_id", pattern: /(?<![\w.-])\d{11}(?![\w-]|\.\d)/g, check: isAadhaar, near: /\b(nin|nigeria)/i },
	{ kind: "vehicle", pattern: /(?<!\w)[A-Z]{3}[- ]?\d{3}[- ]?[A-Z]{2}(?!\w)/g, near: car },
];
