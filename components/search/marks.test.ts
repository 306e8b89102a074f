import { describe, expect, test } from "vitest";
import { askedOf } from "./asked";
import { excerptOf, markTerms } from "./marks";

const marked = (text: string, stems: string[]) =>
	markTerms(text, stems).flatMap((one) => (one.isMarked ? [one.text] : []));

test("marks the words that the stems of the question stand for, and no others", () => {
	const text = "Employees study holidays: each employee's studies end. It ends; items stay.";
	expect(marked(text, ["employe", "studi", "holiday", "it"])).toEqual([
		"Employees",
		"study",
		"holidays",
		"employee",
		"studies",
		"It",
	]);
	expect(
		markTerms(text, ["holiday"])
			.map((one) => one.text)
			.join(""),
	).toBe(text);
	expect(markTerms("", ["a"])).toEqual([]);
});

test("an excerpt begins shortly before the first word that fits", () => {
	const text = `${"nothing of note ".repeat(30)}the harbour`;
	expect(excerptOf(text, ["harbour"]).length).toBeLessThan(120);
	expect(excerptOf("the harbour", ["harbour"])).toBe("the harbour");
	expect(excerptOf(text, [])).toBe(text);
});

describe("an address", () => {
	const asked = (address: Record<string, string>) =>
		askedOf((name) => address[name] ?? null, new Date("2026-11-25T10:00:00Z"));

	test("becomes the question with its filters", () => {
		expect(asked({})).toEqual({ input: null, problem: null });
		expect(asked({ q: " leave ", type: "text/markdown", added: "week", field: "year>=2024" })).toEqual({
			input: {
				query: "leave",
				limit: 20,
				filter: {
					type: { eq: "text/markdown" },
					date: { gte: "2026-11-19T00:00:00.000Z" },
					fields: { year: { gte: 2024 } },
				},
			},
			problem: null,
		});
	});

	test("with a filter that can't be used asks without it, and says so", () => {
		const unusable: Record<string, string>[] = [{ field: "north" }, { type: "x/y" }, { in: "x" }];
		for (const address of unusable) {
			const { input, problem } = asked({ q: "leave", ...address });
			expect(input).toEqual({ query: "leave", limit: 20 });
			expect(problem).toBeTruthy();
		}
	});
});
