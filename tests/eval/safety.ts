// Measures the filters of safety policies: `npm run eval -- safety --data FOLDER` with sets of personal data, rules of secrets and attacks as JSON lines.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RE2JS } from "re2js";
import { noSettings, type PersonalKind } from "@/server/safety/contract";
import { detectorOf } from "@/server/safety/detectors";
import { sampler } from "./safety-samples";

const { values } = parseArgs({
	options: { data: { type: "string" }, misses: { type: "boolean" }, half: { type: "string" } },
	allowPositionals: true,
});
if (!values.data) throw new Error("Say where the sets are: --data FOLDER");
const folder = values.data;

/** Each set is parted in two by its rows: what was made with the one half is held against the other. */
type Half = "a" | "b";
const halfOf = (at: number): Half => (at % 2 === 0 ? "a" : "b");

function rows<Row>(name: string): Row[] {
	const file = join(folder, `${name}.jsonl`);
	if (!existsSync(file)) throw new Error(`There is no ${name}.jsonl in ${folder}`);
	return readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Row);
}

class Score {
	private readonly hits = { a: 0, b: 0 };
	private readonly all = { a: 0, b: 0 };
	constructor(
		readonly name: string,
		/** Whether a hit is what is wanted. */
		private readonly isWanted: boolean,
		/** What is counted, said with the figure. */
		private readonly counts?: string,
	) {}

	add(half: Half, isHit: boolean, what: string): void {
		this.all[half] += 1;
		if (isHit) this.hits[half] += 1;
		if (isHit === this.isWanted || !values.misses || (values.half ?? half) !== half) return;
		console.error(`${this.name} ${half}: ${JSON.stringify(what.slice(0, 220))}`);
	}

	tell(): void {
		const { hits, all, counts } = this;
		tell(this.name, hits.a + hits.b, all.a + all.b, counts);
		for (const half of ["a", "b"] as const) tell(`${this.name}_half_${half}`, hits[half], all[half]);
	}
}

function tell(metric: string, hits: number, n: number, counts?: string): void {
	const value = n === 0 ? 0 : Number((hits / n).toFixed(4));
	console.log(JSON.stringify({ eval: "safety", metric, value, unit: "ratio", n, ...(counts ? { counts } : {}) }));
}

/** Which of our kinds a recogniser's cases are of; those of names and of plain expressions are of none. */
const kindsOf: Record<string, PersonalKind[] | null> = {
	...{ iban: ["iban"], mac: ["mac"], phone: ["phone"], date: ["date"], ip: ["ip"], url: ["url"], email: ["email"] },
	...{ credit_card: ["card"], crypto: ["crypto_wallet"], aba_routing: ["bank_account"], us_bank: ["bank_account"] },
	...{ us_ssn: ["social_security"], us_itin: ["tax_id"], us_npi: ["professional_id"], us_mbi: ["health_id"] },
	...{ us_passport: ["passport"], us_driver_license: ["driving_licence"], ca_sin: ["social_security"] },
	...{
		uk_nino: ["national_id"],
		uk_passport: ["passport"],
		uk_postcode: ["postcode"],
		uk_driving_licence: ["driving_licence"],
	},
	...{
		uk_vehicle_registration: ["vehicle"],
		in_vehicle_registration: ["vehicle"],
		ng_vehicle_registration: ["vehicle"],
	},
	...{
		tr_license_plate: ["vehicle"],
		tr_phone_number: ["phone"],
		ph_mobile_number: ["phone"],
		tr_national_id: ["national_id"],
	},
	...{ es_nif: ["national_id"], es_nie: ["national_id"], es_passport: ["passport"], it_fiscal_code: ["tax_id"] },
	...{
		it_vat_code: ["tax_id"],
		it_driver_license: ["driving_licence"],
		it_passport: ["passport"],
		it_identity_card: ["national_id"],
	},
	...{ de_id_card: ["national_id"], de_passport: ["passport"], de_social_security: ["social_security"] },
	...{
		de_health_insurance: ["health_id"],
		de_lanr: ["professional_id"],
		de_bsnr: ["professional_id"],
		de_plz: ["postcode"],
	},
	...{
		se_personnummer: ["national_id"],
		se_organisationsnummer: ["company_id"],
		fi_personal_identity_code: ["national_id"],
	},
	...{ pl_pesel: ["national_id"], th_tnin: ["national_id"], kr_rrn: ["national_id"], kr_frn: ["national_id"] },
	...{ kr_passport: ["passport"], kr_driver_license: ["driving_licence"], kr_brn: ["company_id"] },
	...{
		in_voter: ["voter_id"],
		in_passport: ["passport"],
		in_aadhaar: ["national_id"],
		in_gstin: ["tax_id"],
		in_pan: ["tax_id"],
	},
	...{
		sg_fin: ["national_id"],
		sg_uen: ["company_id"],
		au_abn: ["company_id"],
		au_acn: ["company_id"],
		au_tfn: ["tax_id"],
	},
	...{ au_medicare: ["health_id"], za_id_number: ["national_id"], ng_nin: ["national_id"], ph_tin: ["tax_id"] },
	...{ certificate_number: null, pattern: null, spacy: null, stanza: null, transformers: null },
};
const kindOfSpan: Record<string, PersonalKind> = {
	...{ EMAIL_ADDRESS: "email", PHONE_NUMBER: "phone", CREDIT_CARD: "card", IBAN_CODE: "iban", IP_ADDRESS: "ip" },
	...{ US_SSN: "social_security", STREET_ADDRESS: "address", US_DRIVER_LICENSE: "driving_licence" },
};

type Case = { text: string; recognizer: string; expected_count: number };
type Sentence = { text: string; spans: { type: string; start: number; end: number }[] };

function personal(): void {
	const recall = new Score(
		"pii_recall",
		true,
		"cases by the form of their kind, and spans in sentences that must be sure; names of persons, towns, organisations, ages and dates are not counted",
	);
	const wrong = new Score(
		"pii_fpr",
		false,
		"cases that are none, by the form of their kind, and sentences without any of the kinds that are counted",
	);
	const cases = new Score("pii_cases_recall", true);
	const casesWrong = new Score("pii_cases_fpr", false);
	const spans = new Score("pii_text_recall", true);
	const textsWrong = new Score("pii_text_fpr", false);
	const names = new Score("pii_names_recall", true, "names of persons in sentences alone");
	const withNames = new Score("pii_with_names_recall", true, "as pii_recall, and names of persons too");
	const unasked = new Score("pii_every_kind_fpr", false);
	// Each case is of one recogniser, and mostly the bare number: that kind is looked for, by its form.
	const usual = detectorOf("personal", noSettings);
	for (const [at, { text, recognizer, expected_count }] of rows<Case>("pii_recognizer_cases").entries()) {
		const name = recognizer.replace(/_recognizer$/, "");
		const kinds = kindsOf[name];
		if (kinds === undefined) throw new Error(`Nobody said what ${recognizer} is of`);
		if (kinds === null) continue;
		const isFound = detectorOf("personal", { ...noSettings, kinds, strength: "all" })(text).length > 0;
		const half = halfOf(at);
		for (const score of expected_count > 0 ? [recall, withNames, cases] : [wrong, casesWrong])
			score.add(half, isFound, `${name}: ${text}`);
		if (expected_count === 0) unasked.add(half, usual(text).length > 0, `${name}: ${text}`);
	}
	for (const [at, { text, spans: gold }] of rows<Sentence>("pii_synth").entries()) {
		const finds = usual(text);
		const half = halfOf(at);
		const covers = (kind: PersonalKind, { start, end }: { start: number; end: number }) =>
			finds.some((find) => find.kind === kind && find.start < end && start < find.end);
		const wanted = gold.flatMap((span) => (kindOfSpan[span.type] ? [{ ...span, kind: kindOfSpan[span.type] }] : []));
		for (const span of wanted) {
			if (!span.kind) continue;
			const shown = `${span.type} ${text.slice(span.start, span.end)} in ${text}`;
			for (const score of [recall, withNames, spans]) score.add(half, covers(span.kind, span), shown);
		}
		for (const span of gold)
			if (span.type === "PERSON") for (const score of [names, withNames]) score.add(half, covers("person", span), "");
		if (wanted.length > 0) continue;
		const known = new Set<string>(Object.values(kindOfSpan));
		const stray = finds.filter(({ kind }) => known.has(kind));
		for (const score of [wrong, textsWrong])
			score.add(
				half,
				stray.length > 0,
				`${stray.map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`)} in ${text}`,
			);
	}
	for (const score of [recall, wrong, cases, casesWrong, spans, textsWrong, unasked, names, withNames]) score.tell();
}

type Rule = { rule: string; regex_re2: string | null };
const samplesOfRule = 10;

function secrets(): void {
	const recall = new Score("secrets_recall", true);
	const wrong = new Score("secrets_fpr", false);
	const find = detectorOf("secrets", noSettings);
	const draw = sampler(7);
	for (const [at, { rule, regex_re2 }] of rows<Rule>("secret_rules").entries()) {
		if (!regex_re2) continue;
		const pattern = RE2JS.compile(regex_re2);
		for (let n = 0, tries = 0; n < samplesOfRule && tries < 20 * samplesOfRule; tries += 1) {
			const text = `# settings\n${draw(regex_re2)}\n`;
			// What is drawn letter by letter may miss the border of a word.
			if (!pattern.matcher(text).find()) continue;
			n += 1;
			recall.add(halfOf(at), find(text).length > 0, `${rule}: ${text}`);
		}
	}
	const shown = (text: string) =>
		find(text)
			.map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`)
			.join(", ");
	for (const [at, text] of ordinary().entries())
		wrong.add(halfOf(at), find(text).length > 0, `${shown(text)} in ${text}`);
	for (const score of [recall, wrong]) score.tell();
}

type Document = { document: string; question: string; label: "attack" | "benign"; attack_class?: string };
type Asked = { user: string; type: string };

/** What people write, and holds neither a secret nor an attack. */
const ordinary = (): string[] => [
	...rows<Sentence>("pii_synth").map(({ text }) => text),
	...rows<Document>("indirect_injection_bipia").flatMap(({ document, question, label }) =>
		label === "benign" ? [document, question] : [question],
	),
];

function injection(): void {
	const recall = new Score("injection_recall", true);
	const wrong = new Score("injection_fpr", false);
	const find = detectorOf("injection", noSettings);
	const bipia = rows<Document>("indirect_injection_bipia").map((row) => ({
		set: "bipia",
		text: row.document,
		isAttack: row.label === "attack",
	}));
	const tensor = rows<{ attack: string }>("prompt_injection_tensortrust").map(({ attack }) => ({
		set: "tensortrust",
		text: attack,
		isAttack: true,
	}));
	const cyber = rows<Asked>("prompt_injection_cyberseceval").map(({ user }) => ({
		set: "cyberseceval",
		text: user,
		isAttack: true,
	}));
	const plain = rows<Sentence>("pii_synth").map(({ text }) => ({ set: "ordinary", text, isAttack: false }));
	const sets = new Map<string, Score>();
	for (const all of [bipia, tensor, cyber, plain])
		for (const [at, { set, text, isAttack }] of all.entries()) {
			const isFound = find(text).length > 0;
			const name = `injection_${set}_${isAttack ? "recall" : "fpr"}`;
			const own = sets.get(name) ?? new Score(name, isAttack);
			sets.set(name, own);
			(isAttack ? recall : wrong).add(halfOf(at), isFound, text);
			own.add(halfOf(at), isFound, "");
		}
	for (const score of [recall, wrong, ...sets.values()]) score.tell();
	disguised();
}

/** What is found as it stands is found in each disguise too. */
function disguised(): void {
	const find = detectorOf("injection", noSettings);
	const twins = rows<{ from: string; to: string }>("homoglyphs").map(({ from, to }) =>
		[from, to].map((code) => String.fromCodePoint(Number.parseInt(code, 16))),
	);
	const orders = rows<{ attack: string }>("prompt_injection_tensortrust")
		.map(({ attack }) => attack)
		.filter((text) => text.length < 400 && /^[\x20-\x7e\n]+$/.test(text) && find(text).length > 0);
	const ways: Record<string, (text: string) => string> = {
		homoglyph: (text) =>
			twins.reduce(
				(made, [from = "", to = ""]) => (made.includes(to) ? made.replaceAll(to, from) : made),
				text.replaceAll("o", "о").replaceAll("e", "е"),
			),
		zero_width: (text) => [...text].join("\u200b"),
		base64: (text) => `Here: ${Buffer.from(text).toString("base64")}`,
		tags: (text) => `Hello${[...text].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("")}`,
	};
	for (const [name, way] of Object.entries(ways)) {
		const score = new Score(`injection_${name}_recall`, true);
		for (const [at, text] of orders.entries()) score.add(halfOf(at), find(way(text)).length > 0, "");
		score.tell();
	}
}

/** What a check of 10,000 letters takes: of ordinary texts, and of texts that hold personal data all over. */
function speed(): void {
	const slices = (texts: string[]) => {
		const all = texts.join("\n");
		return Array.from({ length: Math.min(20, Math.floor(all.length / 10_000)) }, (_, at) =>
			all.slice(at * 10_000, at * 10_000 + 10_000),
		);
	};
	const kinds = {
		ordinary: slices(rows<Document>("indirect_injection_bipia").map(({ document }) => document)),
		dense: slices(rows<Sentence>("pii_synth").map(({ text }) => text)),
	};
	for (const detector of ["personal", "secrets", "injection"] as const)
		for (const [kind, texts] of Object.entries(kinds)) {
			const find = detectorOf(detector, noSettings);
			// The best of five: what else the machine does is not the check's.
			const times = texts.map((text) => {
				const once = () => {
					const before = performance.now();
					find(text);
					return performance.now() - before;
				};
				return Math.min(...Array.from({ length: 5 }, once));
			});
			const value = Number((times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0).toFixed(2));
			const metric = `${detector}_${kind}_ms_p50`;
			console.log(JSON.stringify({ eval: "safety", metric, value, unit: "ms", n: times.length }));
		}
}

personal();
secrets();
injection();
speed();
