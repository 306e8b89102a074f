import type { Recogniser } from "./recogniser";

const months =
	"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const birth =
	/\b(born|birth(day|date)?|date of birth|dob|d\.o\.b|geboren|geburtsdatum|geb|n[ée]e? le|naissance|nacid[oa]|nacimiento|nat[oa] il|data di nascita|fødselsdato|urodzon)/i;
const isDate = (found: string): boolean => {
	const [day = ""] = found.split(/[T ](?=\d\d:)/);
	const numbers = (day.match(/\d+/g) ?? []).map(Number);
	return numbers.every((number) => number <= 2100) && numbers.some((number) => number >= 1 && number <= 31);
};

const dates = [
	/(?<![\w./-])(?:19|20)\d{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w]|[./-]\d)/g,
	/(?<![\w./-])(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:(?:19|20)\d{2}|\d{2})(?![\w]|[./-]\d)/g,
	new RegExp(`(?<!\\w)(?:0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?[ -]${months}\\.?(?:[ ,-]{1,2}\\d{2,4})?(?!\\w)`, "giu"),
	new RegExp(
		`(?<!\\w)${months}\\.?[ -](?:0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?(?:,? ?(?:19|20)\\d{2})?(?!\\w)`,
		"giu",
	),
];
/** A month and its year. */
const monthOf = new RegExp(`(?<!\\w)${months}[ -](?:19|20)\\d{2}(?!\\w)`, "giu");
const shortDate = /(?<![\w./-])(?:0?[1-9]|1[0-2])\/(?:0?[1-9]|[12]\d|3[01]|(?:19|20)\d{2})(?![\w]|[./-]\d)/g;

const name = "\\p{Lu}[\\p{L}'’-]{1,30}";
const fullName = `${name}(?:[ ](?:\\p{Lu}\\.?|${name}|de|da|di|del|la|van|von|der|den|bin|al|el)){0,4}`;

export const people: Recogniser[] = [
	...dates.map(
		(pattern): Recogniser => ({ kind: "birth_date", pattern: new RegExp(pattern), check: isDate, near: birth }),
	),
	...[...dates, shortDate].map(
		(pattern): Recogniser => ({ kind: "date", pattern: new RegExp(pattern), check: isDate }),
	),
	{ kind: "date", pattern: monthOf },
	{
		kind: "person",
		pattern: new RegExp(
			`(?<!\\p{L})(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Dame|Herr|Frau|Mme|Mlle|Monsieur|Madame|Señora?|Sra?|Signora?|Sig)\\.?[ ]${fullName}`,
			"gu",
		),
	},
	{
		kind: "person",
		pattern: new RegExp(
			`(?<=\\b(?:[Mm]y (?:full )?name is|[Nn]ame:|[Ii] am called|[Mm]y name's|[Ii]ch heiße|[Mm]e llamo|[Jj]e m'appelle|[Mm]i chiamo|[Ss]igned(?: by|,)|(?:[Bb]est|[Kk]ind) regards,|[Ss]incerely,|[Cc]ardholder:?|[Pp]atient:?|[Ee]mployee:?|[Cc]ustomer:?|[Rr]ecipient:?|[Cc]ontact:|[Dd]ear)\\s{1,3})${fullName}`,
			"gu",
		),
		check: (found) => !/^(Sir|Madam|All|Team|Customer|Colleague|Friend|The|Not|None|Unknown)\b/.test(found),
	},
];
