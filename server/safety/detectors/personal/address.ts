import { type Find, matchesOf } from "../find";

/** Words that name a street, before or behind its own name, in the languages of Europe and America. */
const behind =
	"street|st|road|rd|avenue|ave|drive|dr|lane|ln|court|ct|boulevard|blvd|square|sq|terrace|highway|hwy|parkway|pkwy|crescent|cres|gardens|mews|turnpike|trail|trl|circle|cir|alley|plaza|mall|str|quay|esplanade|wharf|út|utca|tér|körút|rkp|cesta|ulice|tänav|tn|mnt|puiestee|põik|plads|torg|allé|backe|vägen|gatan";
const joined =
	"stra(?:ß|ss)e|str\\.|gasse|weg|platz|allee|damm|ufer|laan|straat|plein|gracht|kade|dijk|dreef|steeg|vej|veien|vegen|gata|gate|gaten|gatan|väg|vägen|gränd|stigen|katu|kuja|polku|braut|tún|tun|holt";
const before =
	"rue|avenue|av\\.|boulevard|bd\\.?|place|chemin|allée|impasse|quai|route|via|viale|piazza|corso|vicolo|largo|calle|c\\/|avenida|avda\\.?|plaza|paseo|camino|ronda|rua|rúa|travessa|praça|ul\\.|ulica|al\\.|os\\.|pl\\.|aleja|str\\.|strada|bulevardul|ulice|nám\\.|náměstí|třída|odos|οδός|λεωφόρος";
/** Endings of the United States' post (Publication 28) and of Britain: of names with capitals alone, as most are plain words too. */
const suffixes =
	"Anex|Annex|Arcade|Bayou|Beach|Bend|Bluffs?|Bottom|Branch|Bridge|Brooks?|Burgs?|Bypass|Byway|Camp|Canyon|Cape|Causeway|Centers?|Centre|Chase|Cliffs?|Close|Club|Common|Corners?|Courts|Cove|Creek|Crest|Cross|Crossing|Crossroad|Curve|Dale|Dam|Divide|Drives|Estates?|Expressway|Extensions?|Falls|Ferry|Fields?|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Freeway|Garden|Gate|Gateway|Glens?|Green|Groves?|Harbors?|Harbour|Haven|Heath|Heights|Hills?|Hollow|Inlet|Islands?|Isle|Junctions?|Keys?|Knolls?|Lakes?|Land|Landing|Lights?|Loaf|Locks?|Lodge|Loop|Manors?|Meadows?|Mills?|Mission|Motorway|Mount|Mountains?|Neck|Orchard|Oval|Overpass|Parade|Parks?|Pass|Passage|Path|Pike|Pines?|Place|Pl|Plains?|Points?|Ports?|Prairie|Promenade|Radial|Ramp|Ranch|Rapids?|Rest|Ridges?|Rise|River|Roads|Route|Row|Run|Shoals?|Shores?|Skyway|Springs?|Spurs?|Squares|Stations?|Stravenue|Stream|Streets|Summit|Throughway|Trace|Track|Trafficway|Tunnel|Underpass|Unions?|Vale|Valleys?|Viaduct|Views?|Villages?|Ville|Vista|Walks?|Way|Wells?|Wood|Yard";
const unit = "(?:apt|apartment|suite|ste|unit|flat|floor|whg|app)\\.?[ ]?#?\\d{1,5}[a-z]?";

const word = "[\\p{L}\\p{M}][\\p{L}\\p{M}.'’-]{0,30}";
const capital = "\\p{Lu}[\\p{L}\\p{M}.'’-]{1,30}";
const number = "\\d{1,5}(?:[a-z]|[-/]\\d{1,4})?\\.?";
const lead = "(?:\\d{1,6}[ ]{1,2}){0,2}";

const cue =
	/\b(address(es)?|adresse|anschrift|wohnhaft|indirizzo|dirección|domicilio|endereço|morada|adres|adresa|osoite|lakcím|lives?|lived|living|reside[sd]?|residen(ce|t)|located|location|office (is|are) at|offices|headquarter(s|ed)|ship(ped|ping)?( it)? to|deliver(ed|y)?|mail(ed)? to|sent? to|send .{0,30}to|parcel|return to|drops? you (off )?at|drop(ped)? off|pick(ed)? .{0,12}up|meet (me|you|us)|we'll meet|taxi|cab to|moved?|relocat(ed|ing)|new home|home is|corner of|intersection of|opposite|next to|station is|restaurant is|shop is|store is|hotel is|venue|enter on|billing|side of|wohn(t|haft|en)|habite|demeurant|domicilié|vive en|abita|mieszka|bydliště|bor|asuu|arrived at|driver to stop|where are we meeting|visit (me|us) at|find (me|us) at|directions to|drive to|walk to|building (is )?at|house (is )?at|flat (is )?at|apartment (is )?at|party at|staying at|neighbours? (at|from)|propert(y|ies) at|given .{0,30}address)\b/iu;
/** Where one could begin, and where its number could: looked at first, as most of a text is neither. */
const digit = "(?=\\d)(?<![\\p{L}\\d])";
/** What stands before a number, read back from it; the group says how far. */
const back = (before: string) => `(?=\\d)(?<=(?<![\\p{L}\\d])(${before}))`;

/** Each by itself is a street with its number, or a box. */
const sure: RegExp[] = [
	new RegExp(`${digit}${lead}\\d{1,6}[ ](?:${word}[ ]){1,5}(?:${behind})\\b\\.?`, "giu"),
	new RegExp(`${digit}${lead}\\d{1,6}[A-Z]?[ ](?:${capital}[ ]){1,4}(?:${suffixes})\\b`, "gu"),
	new RegExp(`${back(`${lead}(?:\\p{L}{1,30}[ ]){0,3}\\p{Lu}\\p{L}{1,30}(?:${joined})[ ]`)}${number}(?!\\d)`, "gu"),
	new RegExp(`${back(`${lead}(?:${before})[ ](?:${word},?[ ]){1,6}`)}${number}(?!\\d)`, "giu"),
	new RegExp(
		`${digit}${lead}\\d{1,5}(?:[ ]?(?:bis|ter)|[a-z])?,?[ ](?:${before})[ ]${word}(?:[ ]\\p{Lu}[\\p{L}'’-]{1,30}){0,3}`,
		"giu",
	),
	new RegExp(
		`${back(`${lead}(?:P\\.?[ ]?O\\.?[ ]?Box|Postfach|Apartado|Boîte postale|Postbus|Casella postale|Caixa postal|Postboks|Box)[ ]`)}\\d{1,6}`,
		"giu",
	),
];
/** Of armies and fleets. */
const military = [
	/(?<![\p{L}\d])(?:PSC \d{1,5},? Box \d{1,5}|Unit \d{1,5} Box \d{1,5}|(?:USNS|USCGC|USS|USNV) \p{L}{2,30})[\s,]{1,4}(?:APO|FPO|DPO) (?:AA|AE|AP) \d{5}/giu,
	/(?<!\p{L})(?:APO|FPO|DPO) (?:AA|AE|AP) \d{5}/giu,
];
const hasMilitary = /\b[AFD]PO\b/i;
/** A postcode or house number, a name, a house number, and what belongs to a house. */
const withUnit = [
	new RegExp(`${back(`${lead}(?:${word}[ ]){1,5}`)}${number}[\\s,>?]{1,8}${unit}`, "giu"),
	new RegExp(`${digit}\\d{1,6}[ ](?:${word}[ ]){1,4}[\\s,>?]{0,8}${unit}`, "giu"),
	new RegExp(`(?<![\\p{L}\\d])${unit}[\\s,]{1,4}\\d{2,6}[ ](?:${word}[ ]){1,4}${number}(?!\\d)`, "giu"),
];
const hasUnit = new RegExp(`\\b${unit}`, "i");

/** Where the words around speak of a place: a name and a number. */
const cued: RegExp[] = [
	new RegExp(`${back(`${lead}${capital}(?:[ ]${word}){0,4},?[ ]`)}${number}(?!\\d)`, "gu"),
	new RegExp(`${digit}\\d{1,6}[ ]\\d{1,5}[ ]${capital}(?:[ ]${word}){0,3}`, "gu"),
	new RegExp(`${digit}\\d{1,5}[ ]${capital}(?:[ ]${capital}){1,3}`, "gu"),
];
/** As on an envelope: alone on its line number, name, number; or name and number, and a flat or a postcode in the next lines. */
const lined = [
	new RegExp(`(?=\\d)(?<=^[\\s>?]{0,8})\\d{2,6}[ ](?:${word}[ ]){1,4}${number}(?=\\s*$)`, "gmu"),
	new RegExp(
		`(?=\\d)(?<=^[ \\t>?]{0,8}(${capital}(?:[ ]${word}){0,4},?[ ]))${number}(?=,?[ \\t]*\\n(?:[^\\n\\d]{1,40}\\n){0,2}[ \\t>?]*(?:(?i:${unit})|(?:[A-Z]{1,2}-)?\\d{4,6}(?!\\d)|\\d{3} \\d{2}(?!\\d)))`,
		"gmu",
	),
];

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
	const add = (match: RegExpMatchArray) => {
		const [start, end] = placeOf(match);
		if (noStreet.test(text.slice(start, end))) return;
		finds.push({ kind: "address", start, end: extended(text, end) });
	};
	if (!/\d/.test(text)) return finds;
	const patterns = [...sure, ...lined];
	if (hasMilitary.test(text)) patterns.push(...military);
	if (hasUnit.test(text)) patterns.push(...withUnit);
	for (const pattern of patterns) for (const match of matchesOf(pattern, text)) add(match);
	for (const pattern of cued)
		for (const match of matchesOf(pattern, text)) {
			const [start, end] = placeOf(match);
			const isStreet = /^\s?(st|str|street)\b/i.test(text.slice(end, end + 8));
			if (isStrict && !isStreet && !isCued(text, start, end)) continue;
			add(match);
		}
	return finds;
}

/** A number that could be a year is a house's only where more than the words around speak for it. */
function isCued(text: string, start: number, end: number): boolean {
	return cue.test(text.slice(Math.max(0, start - 80), start)) && !/(?<!\d)(?:19|20)\d\d$/.test(text.slice(start, end));
}

/** From where to where, with what was read back from its number. */
const placeOf = ({ 0: found, 1: before = "", index }: RegExpMatchArray): [number, number] => [
	(index ?? 0) - before.length,
	(index ?? 0) + found.length,
];
