import type { RunResult } from "@/server/runs/contract";
import type { languages, Score, Scorer } from "../contract";

/** An answer with all that measuring it needs. */
export type Answered = {
	answer: string;
	expected: string;
	result: Pick<RunResult, "citations" | "unsupported" | "abstained"> | null;
	/** What the cited passages say in full, as far as it is still there. */
	passages: readonly string[];
	latencyMs: number | null;
	costMicros: number | null;
};
type Found = Omit<Score, "scorer">;
type Measured = Exclude<Scorer, { kind: "judge" }>;

/** Measures by every scorer but judges, which are asked. */
export function measure(scorers: readonly Scorer[], of: Answered): Score[] {
	return scorers.flatMap((scorer) =>
		scorer.kind === "judge" ? [] : [{ scorer: scorer.key, ...measureBy(scorer, of) }],
	);
}

function measureBy(scorer: Measured, of: Answered): Found {
	switch (scorer.kind) {
		case "exact":
			return (
				isThere(of) ?? verdict(folded(of.answer) === folded(of.expected), "is what is expected", "is something else")
			);
		case "contains":
			return (
				isThere(of) ?? verdict(folded(of.answer).includes(folded(of.expected)), "has what is expected", "lacks it")
			);
		case "citations":
			return citationSupport(of);
		case "json":
			return isThere(of) ?? compareJson(of.answer, of.expected);
		case "length": {
			const count = of.answer.length;
			return verdict(
				count >= scorer.least && count <= scorer.most,
				`has ${count} characters`,
				`has ${count} characters`,
			);
		}
		case "mentions": {
			const lacking = scorer.words.filter((word) => !hasWord(of.answer, word));
			return {
				score: (scorer.words.length - lacking.length) / scorer.words.length,
				why: lacking.length === 0 ? "It has all of them." : `It lacks ${lacking.join(", ")}.`,
			};
		}
		case "avoids": {
			const found = scorer.words.filter((word) => hasWord(of.answer, word));
			return verdict(found.length === 0, "has none of them", `has ${found.join(", ")}`);
		}
		case "language": {
			const language = languageOf(of.answer);
			if (language === null) return { score: null, why: "It is too short to tell its language." };
			return verdict(language === scorer.language, `is in ${language}`, `is in ${language}`);
		}
		case "latency": {
			if (of.latencyMs === null) return { score: null, why: "How long it took is not known." };
			return verdict(of.latencyMs <= scorer.mostMs, `took ${of.latencyMs} ms`, `took ${of.latencyMs} ms`);
		}
		case "cost": {
			if (of.costMicros === null) return { score: null, why: "No prices are set." };
			const cost = of.costMicros / 1_000_000;
			return verdict(cost <= scorer.most, `cost ${cost.toPrecision(3)}`, `cost ${cost.toPrecision(3)}`);
		}
	}
}

const verdict = (holds: boolean, good: string, bad: string): Found => ({
	score: holds ? 1 : 0,
	why: `It ${holds ? good : bad}.`,
});

const isThere = ({ expected }: Answered): Found | null =>
	expected.trim() === "" ? { score: null, why: "The item says nothing of what is expected." } : null;

/** Case, blanks, marks of citations and the last full stop make no difference. */
export const folded = (text: string): string =>
	text
		.normalize("NFKC")
		.replace(/\[\d{1,3}\]/g, " ")
		.toLowerCase()
		.replace(/\s+/gu, " ")
		.replace(/ ([.,;:!?])/g, "$1")
		.trim()
		.replace(/\.$/, "");

/** As a word of its own, not as a part of another. */
function hasWord(text: string, word: string): boolean {
	const [inText, wanted] = [folded(text), folded(word)];
	for (let at = inText.indexOf(wanted); at >= 0 && wanted !== ""; at = inText.indexOf(wanted, at + 1)) {
		const isOpen = (letter: string | undefined) => letter === undefined || !/[\p{L}\p{N}]/u.test(letter);
		if (isOpen(inText[at - 1]) && isOpen(inText[at + wanted.length])) return true;
	}
	return false;
}

const quoted = /[“"„«]([^“”"„«»]{12,400})[”"“»]/gu;

/** The share of the answer that its passages support, times the share of its quotes that stand there word for word. */
function citationSupport({ answer, result, passages }: Answered): Found {
	if (!result || result.abstained) return { score: null, why: "It gave no answer of which anything could be cited." };
	if (result.citations.length === 0) return { score: 0, why: "It cites nothing." };
	const unsupported = result.unsupported.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
	const supported = answer.length === 0 ? 0 : Math.max(0, 1 - unsupported / answer.length);
	const texts = [...passages, ...result.citations.map(({ snippet }) => snippet.replace(/…$/, ""))].map(folded);
	const quotes = [...answer.matchAll(quoted)].flatMap(([, quote]) => (quote ? [folded(quote)] : []));
	const found = quotes.filter((quote) => texts.some((text) => text.includes(quote))).length;
	const told = quotes.length === 0 ? "" : ` ${found} of ${quotes.length} quotes stand there word for word.`;
	return {
		score: supported * (quotes.length === 0 ? 1 : found / quotes.length),
		why: `${Math.round(supported * 100)} % of it is supported by what it cites.${told}`,
	};
}

/** The first JSON in an answer, also within a fence. */
function readJson(text: string): unknown {
	const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1];
	for (const one of [text, fenced ?? "", text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)]) {
		try {
			return JSON.parse(one);
		} catch {
			// The next way of finding it.
		}
	}
	return undefined;
}

const deepest = 12;
/** Every value by its path: `lines.0.amount`. */
function flatten(value: unknown, path = "", depth = 0): [string, string][] {
	if (typeof value === "object" && value !== null && depth < deepest) {
		const inner = Object.entries(value).flatMap(([key, one]) => flatten(one, path ? `${path}.${key}` : key, depth + 1));
		if (inner.length > 0) return inner;
	}
	const text = typeof value === "string" ? folded(value) : JSON.stringify(value ?? null);
	return [[path, text]];
}

function compareJson(answer: string, expected: string): Found {
	const wanted = readJson(expected);
	if (wanted === undefined) return { score: null, why: "What is expected is no JSON." };
	const given = readJson(answer);
	if (given === undefined) return { score: 0, why: "The answer is no JSON." };
	const fields = flatten(wanted);
	const found = new Map(flatten(given));
	const wrong = fields.filter(([path, value]) => found.get(path) !== value).map(([path]) => path || "the value");
	const known = new Set(fields.map(([path]) => path));
	const more = [...found.keys()].filter((path) => !known.has(path));
	const all = fields.length + more.length;
	const differing = [...wrong, ...more];
	return {
		score: all === 0 ? 1 : (fields.length - wrong.length) / all,
		why:
			differing.length === 0
				? `All ${fields.length} fields are alike.`
				: `Of ${all} fields these differ: ${differing.slice(0, 8).join(", ").slice(0, 400)}${differing.length > 8 ? " …" : ""}.`,
	};
}

/** Small words that are much used in one language. */
const small = {
	en: "the of and to in is that it for was on are with as at be this have from not by or you which",
	de: "der die das und ist nicht ein eine zu den von mit sich auf für im dem auch es an werden aus wird bei",
	fr: "le la les des et est une que dans qui pour pas sur au avec ce il sont par du plus ne vous",
	es: "el la los las que y es en una por con para del se no su al lo como más pero está",
	it: "il la che di e un una per non con sono del della si le gli è nel più anche come dal",
	nl: "de het een en van is niet dat op te zijn met voor aan er maar om ook als bij wordt naar",
} as const satisfies Record<(typeof languages)[number], string>;
const smallSets = Object.entries(small).map(([language, words]) => [language, new Set(words.split(" "))] as const);

/** The language whose small words it has most; null where it has too few to tell. */
export function languageOf(text: string): string | null {
	const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
	const counts = smallSets.map(([language, set]) => [language, words.filter((word) => set.has(word)).length] as const);
	const [first, second] = counts.sort(([, one], [, other]) => other - one);
	if (!first || first[1] < 2 || first[1] === second?.[1]) return null;
	return first[0];
}

/** The mean of those that apply; null where none does. */
export function meanOf(scores: readonly Score[]): number | null {
	const given = scores.flatMap(({ score }) => (score === null ? [] : [score]));
	return given.length === 0 ? null : given.reduce((sum, one) => sum + one, 0) / given.length;
}
