import { describe, expect, test } from "vitest";
import type { Scorer } from "./contract";
import { readVerdict } from "./service/judge";
import { type Answered, languageOf, meanOf, measure } from "./service/measures";
import { interval, kappa, meanWith, signTest } from "./service/statistics";
import { parseCsv } from "./service/transfer";

const of = (answer: string, expected = "", more: Partial<Answered> = {}): Answered => ({
	...{ answer, expected, result: null, passages: [], latencyMs: 1_200, costMicros: 5_000 },
	...more,
});
const score = (scorer: Scorer, answered: Answered) => measure([scorer], answered)[0]?.score;
const key = "k";

describe("an answer is measured", () => {
	test("against what is expected, whatever its case, blanks and marks of citations", () => {
		expect(score({ kind: "exact", key }, of("Thirty  days [1].", "thirty days"))).toBe(1);
		expect(score({ kind: "exact", key }, of("Thirty days or so", "thirty days"))).toBe(0);
		expect(score({ kind: "contains", key }, of("There are thirty [1] days.", "THIRTY DAYS"))).toBe(1);
		expect(score({ kind: "contains", key }, of("There are forty days.", "thirty days"))).toBe(0);
		expect(score({ kind: "exact", key }, of("Thirty days"))).toBeNull();
	});

	test("by rules without a model", () => {
		expect(score({ kind: "length", key, least: 2, most: 4 }, of("abc"))).toBe(1);
		expect(score({ kind: "length", key, least: 4, most: 9 }, of("abc"))).toBe(0);
		expect(score({ kind: "mentions", key, words: ["berth two", "Sunday"] }, of("Berth two, on weekdays"))).toBe(0.5);
		expect(score({ kind: "avoids", key, words: ["art"] }, of("It is part of it"))).toBe(1);
		expect(score({ kind: "avoids", key, words: ["art"] }, of("It is Art."))).toBe(0);
		expect(score({ kind: "latency", key, mostMs: 1_000 }, of("x"))).toBe(0);
		expect(score({ kind: "cost", key, most: 0.01 }, of("x"))).toBe(1);
		expect(score({ kind: "cost", key, most: 0.01 }, of("x", "", { costMicros: null }))).toBeNull();
		expect(languageOf("Die Fähre ist nicht da, und das ist gut für alle.")).toBe("de");
		expect(languageOf("The ferry is not here, and that is good for all of us.")).toBe("en");
		expect(languageOf("Berth 2")).toBeNull();
	});

	test("JSON by its fields, wherever it stands in the answer", () => {
		const expected = '{"total": 12, "lines": [{"item": "Rope"}, {"item": "Paint"}]}';
		const given = 'Here it is:\n```json\n{"lines": [{"item": "rope"}, {"item": "Oil"}], "total": 12}\n```';
		expect(score({ kind: "json", key }, of(given, expected))).toBeCloseTo(2 / 3);
		expect(score({ kind: "json", key }, of("No idea", expected))).toBe(0);
		expect(score({ kind: "json", key }, of('{"total": 12, "more": 1}', '{"total": 12}'))).toBe(0.5);
		expect(score({ kind: "json", key }, of("{}", "words"))).toBeNull();
	});

	test("by what it cites: what no source supports counts off, and so does a quote that stands nowhere", () => {
		const citation = {
			...{ marker: 1, chunkId: 1, documentId: "d", documentName: "n", collectionId: "c", page: 1, pageCount: 1 },
			snippet: "The ferry uses berth two …",
		};
		const result = { citations: [citation], unsupported: [{ start: 0, end: 20 }], abstained: false };
		const said = "Nobody ever says it. The ferry uses it.";
		expect(score({ kind: "citations", key }, of(said, "", { result }))).toBeCloseTo(19 / 39);
		const quoting = "It says “berth two on all Sundays” and “the harbour is closed”.";
		const whole = { result: { ...result, unsupported: [] }, passages: ["The ferry uses berth two on all Sundays."] };
		expect(score({ kind: "citations", key }, of(quoting, "", whole))).toBe(0.5);
		const none = { result: { citations: [], unsupported: [], abstained: false } };
		expect(score({ kind: "citations", key }, of(said, "", none))).toBe(0);
		const silent = { result: { citations: [], unsupported: [], abstained: true } };
		expect(score({ kind: "citations", key }, of(said, "", silent))).toBeNull();
		expect(meanOf([{ scorer: "a", score: null, why: "" }])).toBeNull();
	});

	test("a judge's words are a verdict only where they say a whole number of 1 to 5", () => {
		expect(readVerdict('{"rating": 4, "why": "It is \\"right\\"."}')).toEqual({ rating: 4, why: 'It is "right".' });
		expect(readVerdict("rating: 5")).toEqual({ rating: 5, why: "" });
		expect(readVerdict('{"rating": 9}')).toBeNull();
		expect(readVerdict('{"rating": 4.5}')).toBeNull();
		expect(readVerdict("Very good!")).toBeNull();
	});
});

describe("figures", () => {
	test("the sign test is exact, and says nothing where nothing differs", () => {
		expect(signTest(0, 0)).toBeNull();
		expect(signTest(5, 0)).toBeCloseTo(0.0625);
		expect(signTest(9, 1)).toBeCloseTo(0.021484, 5);
		expect(signTest(3, 3)).toBe(1);
		expect(signTest(1_100, 900)).toBeLessThan(0.001);
	});

	test("intervals hold the mean, are narrower with more, and the same each time", () => {
		const values = (n: number) => Array.from({ length: n }, (_, at) => at % 2);
		const [few, many] = [interval(values(10)), interval(values(1_000))];
		expect(few.low).toBeLessThan(0.5);
		expect(few.high).toBeGreaterThan(0.5);
		expect(many.high - many.low).toBeLessThan(few.high - few.low);
		expect(interval(values(10))).toEqual(few);
		expect(meanWith([1, 1, 1])).toEqual({ mean: 1, low: 1, high: 1, count: 3 });
		expect(meanWith([])).toBeNull();
	});

	test("kappa is agreement beyond chance", () => {
		const pairs = (...all: string[]) => all.map((one): [boolean, boolean] => [one[0] === "y", one[1] === "y"]);
		expect(kappa(pairs("yy", "nn", "yy", "nn"))).toBe(1);
		expect(kappa(pairs("yn", "ny"))).toBe(-1);
		expect(kappa(pairs("yy", "yn", "ny", "nn"))).toBe(0);
		expect(kappa(pairs("yy", "yy"))).toBeNull();
		expect(kappa([])).toBeNull();
	});
});

describe("a CSV file", () => {
	test("has quotes, ends of lines and separators of any kind", () => {
		expect(parseCsv('\uFEFFinput,expected\r\n"a ""b"", c",d\r\n\r\n"two\nlines",\r\n')).toEqual([
			["input", "expected"],
			['a "b", c', "d"],
			["two\nlines", ""],
		]);
		expect(parseCsv("input;expected\na;b\nc;")).toEqual([
			["input", "expected"],
			["a", "b"],
			["c", ""],
		]);
		expect(() => parseCsv('input\n"never closed')).toThrow(/never closed/);
	});
});
