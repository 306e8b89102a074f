import { type Find, matchesOf } from "../find";
import { digitsOf, isAllAlike, isBase58Check, isBech32, isLuhn, mod97, weighted } from "./checksums";
import type { Recogniser } from "./recogniser";

/** How long an IBAN of each country is (ISO 13616). */
const ibanLengths: Record<string, number> = Object.fromEntries(
	"AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
		.split(" ")
		.map((one) => [one.slice(0, 2), Number(one.slice(2))]),
);
/** Where the account's own number is of digits only. */
const digitsOnly = /^(AT|BA|BE|CZ|DE|DK|EE|ES|FI|FO|GL|HR|HU|IL|IS|LT|ME|NO|PL|PT|RS|SE|SI|SK|TL|TN|XK|AE|CR|EG|ST|VA)/;

function isIban(found: string): boolean {
	const text = found.replace(/[\s-]/g, "").toUpperCase();
	if (found !== found.toUpperCase() && found !== found.toLowerCase()) return false;
	if (text.length !== ibanLengths[text.slice(0, 2)]) return false;
	if (digitsOnly.test(text) && !/^[A-Z]{2}\d+$/.test(text)) return false;
	return mod97(text.slice(4) + text.slice(0, 4)) === 1;
}

/** Where any could begin. */
const ibanStart = /(?<![A-Z0-9])([A-Z]{2})\d{2}[ -]?[A-Z0-9]{4}/gi;
const ibanOf = new Map(
	Object.entries(ibanLengths).map(([country, length]) => [
		country,
		new RegExp(`[A-Z]{2}\\d{2}(?:[ -]?[A-Z0-9]){${length - 4}}(?![A-Z0-9])`, "yi"),
	]),
);

export function findIbans(text: string): Find[] {
	return matchesOf(ibanStart, text).flatMap(({ 1: country = "", index }) => {
		const pattern = ibanOf.get(country.toUpperCase());
		if (!pattern) return [];
		pattern.lastIndex = index;
		const [found] = pattern.exec(text) ?? [];
		return found && isIban(found) ? [{ kind: "iban", start: index, end: index + found.length }] : [];
	});
}

const issuers = /^(4|5[0-8]|6[0-9]|2[2-7]|3[04-9]|81|9792|1800|2131)/;
function isCard(found: string): boolean {
	const digits = digitsOf(found);
	return (
		digits.length >= 13 && digits.length <= 19 && issuers.test(digits.join("")) && !isAllAlike(digits) && isLuhn(digits)
	);
}

function isRouting(found: string): boolean {
	const digits = digitsOf(found);
	return !isAllAlike(digits) && weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
}

export const money: Recogniser[] = [
	{
		kind: "card",
		pattern: /(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)/g,
		check: isCard,
	},
	{
		kind: "card",
		// The shortest of Maestro.
		pattern: /(?<![\w.+-])(?:5[0678]|6\d)\d{10}(?![\w-]|\.\d)/g,
		check: (found) => isLuhn(digitsOf(found)),
		near: /\b(card|cards|karte|carte|tarjeta|carta)\b/i,
	},
	{
		kind: "bank_account",
		pattern: /(?<![\w-])[0-3678]\d{3}-?\d{4}-?\d(?![\w-])/g,
		check: isRouting,
		near: /\b(aba|routing|transit|rtn|bank)\b/i,
	},
	{
		kind: "bank_account",
		pattern: /(?<![\w-])\d{8,17}(?![\w-])/g,
		near: /\b(account (number|no)|acct|bank account|kontonummer|konto-?nr)\b/i,
	},
	{
		kind: "crypto_wallet",
		// The checksum is one of many coins: whatever the first letter is.
		pattern: /(?<!\w)[1-9A-HJ-NP-Za-km-z]{26,35}(?!\w)/g,
		check: isBase58Check,
	},
	{
		kind: "crypto_wallet",
		pattern: /(?<!\w)(?:bc|tb|ltc)1[ac-hj-np-z02-9]{11,71}(?!\w)/gi,
		check: isBech32,
	},
	{
		kind: "crypto_wallet",
		pattern: /(?<!\w)0x[0-9a-f]{40}(?!\w)/gi,
	},
];
