/** Kinds of personal data that are looked for, and what people call them. */
export const personalWords = {
	email: "e-mail address",
	phone: "phone number",
	card: "payment card",
	iban: "IBAN",
	bank_account: "bank account",
	crypto_wallet: "crypto wallet",
	ip: "IP address",
	mac: "MAC address",
	url: "web address",
	address: "postal address",
	postcode: "postcode",
	birth_date: "date of birth",
	date: "date",
	person: "name of a person",
	national_id: "national identity number",
	tax_id: "tax number",
	social_security: "social security number",
	health_id: "health insurance number",
	passport: "passport number",
	driving_licence: "driving licence",
	vehicle: "vehicle registration",
	company_id: "company number",
	professional_id: "professional number",
	voter_id: "voter number",
} as const;
export type PersonalKind = keyof typeof personalWords;
// Object.keys forgets the names that the table has.
export const personalKinds = Object.keys(personalWords) as [PersonalKind, ...PersonalKind[]];

/** Found only where they are asked for: they say little about a person by themselves. */
export const kindsOnRequest: ReadonlySet<PersonalKind> = new Set(["url", "date", "company_id", "postcode"]);

const otherWords: Record<string, string> = {
	key: "key or token",
	password: "password",
	private_key: "private key",
	random: "random text like a secret",
	instruction: "instruction to the model",
	role: "change of its role",
	extraction: "question for its instructions",
	exfiltration: "way out for data",
	hidden: "hidden text",
	disguised: "disguised letters",
	encoded: "encoded instruction",
	judged: "judged so by a model",
	word: "word of the list",
	failed: "could not be checked",
};

/** What people call it; own patterns have names of their own. */
export const kindWord = (kind: string): string =>
	(personalWords as Record<string, string>)[kind] ?? otherWords[kind] ?? kind;

/** `2 e-mail addresses` as `e-mail address (2)`: no plural of any name is needed. */
export const foundInWords = (found: Record<string, number>): string =>
	Object.entries(found)
		.map(([kind, count]) => (count > 1 ? `${kindWord(kind)} (${count})` : kindWord(kind)))
		.join(", ");
