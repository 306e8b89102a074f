import type { Find } from "../find";

/** Words that name a street, before or behind its own name, in the languages of Europe and America. */
const behind =
	"street|st|road|rd|avenue|ave|drive|dr|lane|ln|court|ct|boulevard|blvd|square|sq|terrace|highway|hwy|parkway|pkwy|crescent|cres|gardens|mews|turnpike|trail|trl|circle|cir|alley|plaza|mall|str|quay|esplanade|wharf|út|utca|tér|körút|rkp|cesta|ulice|tänav|tn|mnt|puiestee|põik|plads|torg|allé|backe|vägen|gatan";
const joined =
	"stra(?:ß|ss)e|str\\.|gasse|weg|platz|allee|damm|ufer|laan|straat|plein|gracht|kade|dijk|dreef|steeg|vej|veien|vegen|gata|gate|gaten|gatan|väg|vägen|gränd|stigen|katu|kuja|polku|braut|tún|tun|holt";
const before =
	"rue|avenue|av\\.|boulevard|bd\\.?|place|chemin|allée|impasse|quai|route|via|viale|piazza|corso|vicolo|largo|calle|c\\/|avenida|avda\\.?|plaza|paseo|camino|ronda|rua|rúa|travessa|praça|ul\\.|ulica|al\\.|os\\.|pl\\.|aleja|str\\.|strada|bulevardul|ulice|nám\\.|náměstí|třída|odos|οδός|λεωφόρος";
const unit = "(?:apt|apartment|suite|ste|unit|flat|floor|whg|app)\\.?[ ]?#?\\d{1,5}[a-z]?";

const word = "[\\p{L}\\p{M}][\\p{L}\\p{M}.'’-]{0,30}";
const capital = "\\p{Lu}[\\p{L}\\p{M}.'’-]{1,30}";
const number = "\\d{1,5}(?:[a-z]|[-/]\\d{1,4})?\\.?";
const lead = "(?:\\d{1,6}[ ]{1,2}){0,2}";

/** Each by itself is a street with its number, or a box. */
const sure: RegExp[] = [
	new RegExp(`(?<![\\p{L}\\d])${lead}\\d{1,6}[ ](?:${word}[ ]){1,5}(?:${behind})\\b\\.?`, "giu"),
	new RegExp(
		`(?<![\\p{L}\\d])${lead}(?:\\p{L}{1,30}[ ]){0,3}\\p{Lu}\\p{L}{1,30}(?:${joined})[ ]${number}(?!\\d)`,
		"gu",
	),
	new RegExp(`(?<![\\p{L}\\d])${lead}(?:${before})[ ](?:${word}[ ]){1,6}${number}(?!\\d)`, "giu"),
	new RegExp(`(?<![\\p{L}\\d])${lead}\\d{1,5}[ ](?:${before})[ ]${word}(?:[ ]\\p{Lu}[\\p{L}'’-]{1,30}){0,3}`, "giu"),
	new RegExp(`(?<![\\p{L}\\d])${lead}(?:P\\.?[ ]?O\\.?[ ]?Box|Postfach|Apartado|Boîte postale)[ ]\\d{1,6}`, "giu"),
	/(?<![\p{L}\d])(?:PSC \d{1,5},? Box \d{1,5}|Unit \d{1,5} Box \d{1,5}|(?:USNS|USCGC|USS|USNV) \p{L}{2,30})[\s,]{1,4}(?:APO|FPO|DPO) (?:AA|AE|AP) \d{5}/giu,
	/(?<!\p{L})(?:APO|FPO|DPO) (?:AA|AE|AP) \d{5}/giu,
	// A postcode or house number, a name, a house number, and what belongs to a house.
	new RegExp(`(?<![\\p{L}\\d])${lead}(?:${word}[ ]){1,5}${number}[\\s,>?]{1,8}${unit}`, "giu"),
	new RegExp(`(?<![\\p{L}\\d])\\d{1,6}[ ](?:${word}[ ]){1,4}[\\s,>?]{0,8}${unit}`, "giu"),
	new RegExp(`(?<![\\p{L}\\d])${unit}[\\s,]{1,4}\\d{2,6}[ ](?:${word}[ ]){1,4}${number}(?!\\d)`, "giu"),
];

const cue =
	/\b(address(es)?|adresse|lives?|lived|living|reside[sd]?|located|office (is|are) at|offices|ship(ped|ping)?( it)? to|deliver(ed|y)?|mail(ed)? to|sent? to|send .{0,30}to|return to|drops? you (off )?at|meet (me|you|us)|we'll meet|taxi to|moved|new home|home is|corner of|station is|restaurant is|enter on|billing|side of|wohn(t|haft)|habite|vive en|abita|arrived at|driver to stop|where are we meeting|visit (me|us) at|building (is )?at|house (is )?at|given .{0,30}address)\b/iu;
/** Where the words around speak of a place: a name and a number. */
const cued: RegExp[] = [
	new RegExp(`(?<![\\p{L}\\d])${lead}${capital}(?:[ ]${word}){0,4}[ ]${number}(?!\\d)`, "gu"),
	new RegExp(`(?<![\\p{L}\\d])\\d{1,6}[ ]\\d{1,5}[ ]${capital}(?:[ ]${word}){0,3}`, "gu"),
	new RegExp(`(?<![\\p{L}\\d])\\d{1,5}[ ]${capital}(?:[ ]${capital}){1,3}`, "gu"),
];
/** By themselves on a line, as on an envelope: number, name, number. */
const lined = new RegExp(`(?<=^[\\s>?]{0,8})\\d{2,6}[ ](?:${word}[ ]){1,4}${number}(?=\\s*$)`, "gmu");

/** A name with a number behind it that is no street. */
const noStreet =
	/\b(chapter|section|figure|table|version|page|title|phase|room|step|part|volume|vol|no|article|appendix|line|level|grade|class|act|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|windows|python|node|iso|rfc|top|covid|question|day|week|year|month|gate|flight|route|season|episode|since|before|after|until|card|account|iban|phone|turned|turn|age|of|in|on|the|is|at)\.?[ ]\d{1,5}\.?$/iu;

/** Further lines of the same address: a flat, a town, a country, up to its postcode. */
const further = new RegExp(
	`(?:[\\s,>?]{1,12}(?i:${unit})){0,2}(?:(?:[ \\t]*[,\\n>?]+[ \\t>?]*|[ ])\\p{Lu}[\\p{L}\\p{M} .'’()-]{1,40}?){0,4}?(?:[\\s,>?]{1,12}(?:nan|\\p{Lu}{2,3})\\b)?[\\s,>?]{1,12}(?:[A-Z]{1,2}-)?(?:\\d{4,6}|\\d{2,3}-\\d{3}|[A-Z]\\d[A-Z] ?\\d[A-Z]\\d)(?:-\\d{3,4})?(?![\\d-])`,
	"yu",
);
const furtherUnit = new RegExp(`(?:[\\s,>?]{1,12}${unit}){1,2}`, "yiu");

function extended(text: string, end: number): number {
	for (const more of [further, furtherUnit]) {
		more.lastIndex = end;
		const match = more.exec(text);
		if (match) return end + match[0].length;
	}
	return end;
}

/** Postal addresses. With strictness a bare name with a number counts only where the words around speak of a place. */
export function findAddresses(text: string, isStrict: boolean): Find[] {
	const finds: Find[] = [];
	const add = (start: number, found: string) => {
		if (noStreet.test(found)) return;
		finds.push({ kind: "address", start, end: extended(text, start + found.length) });
	};
	if (!/\d/.test(text)) return finds;
	for (const pattern of [...sure, lined]) for (const match of text.matchAll(pattern)) add(match.index, match[0]);
	for (const pattern of cued)
		for (const match of text.matchAll(pattern)) {
			const start = match.index;
			const end = start + match[0].length;
			const isStreet = /^\s?(st|str|street)\b/i.test(text.slice(end, end + 8));
			if (isStrict && !isStreet && !cue.test(text.slice(Math.max(0, start - 80), start))) continue;
			add(start, match[0]);
		}
	return finds;
}
