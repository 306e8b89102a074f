import { isIP } from "node:net";
import { digitsOf } from "./checksums";
import type { Recogniser } from "./recogniser";

const phoneWords =
	/\b(phones?|tel|telephone|telefon[oe]?|telefon(nummer|ní|szám)?|rufnummer|mobile|mobil|móvil|celular|cellulare|cell|landline|hotline|voicemail|call|calling|called|callback|ring(ing)? (me|him|her|us|them)|fax|desk|office|whatsapp|viber|sms|text (me|him|her|us|them)|messages? to|reach (me|him|her|us|them)|dial|(my|your|his|her|our|their|new|old|contact|direct|extension) number|number is|contact|tlf|tfn|puh)\b|☎|📞|\bt[ée]l[ée]phone|portable|handy/iu;
/** Endings of hosts: every country's, and the common ones of none. */
const endings =
	"com|org|net|edu|gov|mil|int|io|dev|info|biz|name|pro|mobi|jobs|travel|museum|aero|coop|cat|asia|post|tel|app|cloud|ai|online|shop|store|site|tech|xyz|club|blog|web|webcam|page|link|news|live|life|world|today|agency|email|group|company|solutions|services|digital|media|design|studio|space|website|host|academy|school|zone|network|systems|top|vip|work|a[cdefgilmoqrstuwxz]|b[abdefghijmnorstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[cegrstu]|f[ijkmor]|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]|n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghiklmnorstvxyz]|t[cdfghjklmnortvwz]|u[agksyz]|v[aceginu]|w[fs]|y[et]|z[amw]";
const digitCount = (least: number, most: number) => (found: string) => {
	const { length } = digitsOf(found.replace(/\s?(x|ext\.?)\s?\d{1,6}$/i, ""));
	return length >= least && length <= most;
};
/** Of countries with two and three figures that many people have. */
const callingCodes =
	"2[07]|21[1-368]|22[0-9]|23[0-9]|24[0-9]|25[0-8]|26[0-9]|3[0-469]|35[0-9]|37[0-8]|38[0-79]|4[0-13-9]|42[013]|5[1-8]|59[0-9]|6[0-6]|8[1246]|85[2356]|88[06]|9[0-58]|96[0-8]|97[0-7]|99[2-68]";
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
			/(?<![\w+])(?<!\d[ -])(?:\+|00)[1-9]\d{0,2}(?:[ .\-/\u00a0]{0,2}\(?\d{1,5}\)?){2,6}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\d)/gi,
		check: digitCount(8, 16),
	},
	{
		kind: "phone",
		pattern:
			/(?<![\w.+-])(?:1[-. ])?(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w-])/gi,
	},
	{
		kind: "phone",
		// Of the Americas' south: an area in brackets, then halves.
		pattern: /(?<![\w.+-])\(0?\d{2}\) ?9? ?\d{4}[- ]\d{4}(?![\w-])/g,
	},
	{
		kind: "phone",
		// In pairs, as France and its neighbours write them.
		pattern: /(?<![\w.+/-])(?<!\d[ -])0[1-9](?:([ .])\d{2})(?:\1\d{2}){3}(?![\w-]|\.\d)/g,
	},
	{
		kind: "phone",
		// The country's code in brackets, or one that is known, without its plus.
		pattern: /(?<![\w+])\((?:\+|00)[1-9]\d{0,2}\)(?:[ .\-/]{0,2}\(?\d{1,5}\)?){2,6}(?![\w-])/g,
		check: digitCount(8, 16),
	},
	{
		kind: "phone",
		pattern: new RegExp(`(?<![\\w.+/-])(?:${callingCodes})[ -]?\\d{2,3}[ -]?\\d{3}[ -]?\\d{3,5}(?![\\w-]|\\.\\d)`, "g"),
		check: digitCount(10, 13),
		near: phoneWords,
		isNearNeeded: true,
	},
	{
		kind: "phone",
		// National, with the 0 of the trunk.
		pattern: /(?<![\w.+/-])(?<!\d[ -])\(?0\d{1,4}\)?[ \-/]\d{2,8}(?:[ -]\d{2,4}){0,4}(?![\w-])/g,
		check: digitCount(8, 12),
	},
	{
		kind: "phone",
		pattern: /(?<![\w.+/-])0[2-9]\d{8,9}(?![\w-])/g,
		near: phoneWords,
	},
	{
		kind: "phone",
		pattern: /(?<![\w.+/-])[2-5]\d{9}(?![\w-])/g,
		near: phoneWords,
	},
	{
		kind: "phone",
		// Any grouping, where something says that it is one.
		pattern: /(?<![\w.+/:-])\(?\d{2,4}\)?(?:[ .-]\d{2,4}){1,5}(?:\s?x\d{1,6})?(?![\w-])/g,
		check: (found) => digitCount(7, 13)(found) && !isDateLike(found) && !/^\d{4}( \d{4}){2,}/.test(found),
		near: phoneWords,
	},
	{
		kind: "ip",
		pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?(?![\w]|\.\d)/g,
		check: (found) => isIP(found.split("/")[0] ?? "") === 4,
	},
	{
		kind: "ip",
		pattern:
			/(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?:%\w{1,16})?(?:\/\d{1,3})?(?![\w:]|\.\d)/gi,
		check: (found) => found.length > 2 && isIP(found.split("/")[0] ?? "") === 6,
	},
	{
		kind: "mac",
		pattern:
			/(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![\w:-])/gi,
	},
	{
		kind: "mac",
		pattern: /(?<!\w)(?=[0-9]*[a-f])[0-9a-f]{12}(?!\w)/gi,
		near: /\b(mac|ethernet|bssid|wi-?fi|network card|hardware address)\b/i,
		isNearNeeded: true,
	},
	{
		kind: "url",
		pattern: /\b(?:https?:\/\/|www\.)[^\s<>"'`]{3,500}/gi,
	},
	{
		kind: "url",
		pattern: new RegExp(
			`(?<![\\w@./-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,4}(?:${endings})(?![\\w@-])(?:[:/][^\\s<>"'\`]{1,500})?`,
			"gi",
		),
	},
];
