import fc from "fast-check";
import { expect, test } from "vitest";
import { templates } from "@/server/agents/templates";
import { type ObjectField, type PlainField, readSchema } from "@/server/extractions/contract";
import { invoiceAnswer, invoiceLines } from "@/tests/support/invoices";
import { readAnswer } from "./answer";
import { findWords, numbersIn, saysDate, searchable } from "./find";
import { judge, type Source } from "./judge";
import { merge } from "./merge";
import { cut, mostParts, partChars } from "./parts";

const schema = readSchema(templates.invoices.extractSchema).schema as ObjectField;
const sourceOf = (text: string, isRecognised = false): Source => ({
	...{ pages: [searchable(1, text)], texts: new Map([[1, text]]), isRecognised },
});
const text = invoiceLines.join("\n");
const read = (field: PlainField, value: string | number | boolean | null, quote: string, source = sourceOf(text)) =>
	judge({ path: "a", field, value, quote, confidence: 1 }, source);

test("a value that stands in the document is found at its very words, whatever blanks, case and dashes are between", () => {
	const found = read({ type: "string" }, "hs–2026–0417", "INVOICE NUMBER:\n  HS-2026-0417");
	expect(found).toMatchObject({ isFound: true, quote: "Invoice number: HS-2026-0417", confidence: 0.97 });
	expect(text.slice(found.place?.start, found.place?.end)).toBe("Invoice number: HS-2026-0417");
	expect(read({ type: "number" }, 1080.6, "Total EUR 1,080.60").confidence).toBe(0.97);
	expect(read({ type: "string", format: "date" }, "2026-03-12", "12 March 2026").confidence).toBe(0.97);
});

test("a value that stands nowhere is marked and low, however sure the model is", () => {
	const none = read({ type: "string" }, "XX-1", "Invoice number: XX-1");
	expect(none).toMatchObject({ isFound: false, place: null, quote: "", confidence: 0.2 });
	const other = read({ type: "number" }, 9999, "Total EUR 1,080.60");
	expect(other).toMatchObject({ isFound: false, confidence: 0.2 });
	expect(other.reasons[0]).toMatch(/say something else/);
	// A year of another date is none of it.
	expect(read({ type: "string", format: "date" }, "2026-05-12", "Date: 12 March 2026").confidence).toBe(0.2);
	expect(read({ type: "integer" }, 4, "0417").isFound).toBe(false);
	expect(read({ type: "string" }, null, "").confidence).toBe(0);
});

test("a choice and a yes are concluded, and less sure", () => {
	const paid = read({ type: "boolean" }, false, "Payment due: 11 April 2026");
	expect(paid).toMatchObject({ isFound: true, confidence: 0.6 });
	expect(read({ type: "string", enum: ["invoice", "bill"] }, "bill", "Payment due").confidence).toBe(0.6);
});

test("in what was recognised of a picture, single letters may be wrong, and it is less sure for it", () => {
	const source = sourceOf("Inv0ice nurnber: HS-2O26-O4l7", true);
	const near = read({ type: "string" }, "HS-2026-0417", "HS-2026-0417", source);
	expect(near).toMatchObject({ isFound: true, quote: "HS-2O26-O4l7" });
	expect(near.confidence).toBeLessThan(0.8);
	expect(read({ type: "string" }, "HS-2026-0417", "HS-2026-0417", { ...source, isRecognised: false }).isFound).toBe(
		false,
	);
});

test("numbers and dates are read in every usual way of writing", () => {
	expect(numbersIn("1.234,56 and 1,234.56 and 1 234,56 and 1'234.56")).toEqual(expect.arrayContaining([1234.56]));
	expect(numbersIn("4 pcs 312.00")).toEqual(expect.arrayContaining([4, 312]));
	expect(numbersIn("(12.50)")).toContain(-12.5);
	for (const written of ["2026-11-05", "05.11.2026", "11/05/26", "Nov 5th, 2026", "5. November 2026"])
		expect([written, saysDate(written, "2026-11-05")]).toEqual([written, true]);
	expect(saysDate("5 November 2025", "2026-11-05")).toBe(false);
	expect(findWords([searchable(1, "The 25 days")], "5 days")).toBeNull();
});

test("places are always inside of the page, and say what was looked for", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(50), fc.nat(20), (page, from, length) => {
			const words = page.slice(from, from + length);
			const found = findWords([searchable(1, page)], words);
			if (found) expect(found.start >= 0 && found.end <= page.length && found.start < found.end).toBe(true);
		}),
	);
});

test("an answer is a stranger's: what is not of the schema is refused by its name", () => {
	const good = readAnswer(`Here it is:\n\`\`\`json\n${JSON.stringify(invoiceAnswer)}\n\`\`\``, schema, true);
	expect(good.problems).toEqual([]);
	expect(good.readings).toHaveLength(8 + 9);
	const problemsOf = (answer: unknown) =>
		readAnswer(typeof answer === "string" ? answer : JSON.stringify(answer), schema, true).problems.join(" ");
	expect(problemsOf("No.")).toMatch(/no JSON/);
	expect(problemsOf("[1]")).toMatch(/no JSON/);
	expect(problemsOf({})).toMatch(/`invoice_no` is required/);
	expect(problemsOf({ ...invoiceAnswer, total: { value: "a lot" } })).toMatch(/`total` has to be a number/);
	expect(problemsOf({ ...invoiceAnswer, total: 5 })).toMatch(/`total` has to be an object/);
	expect(problemsOf({ ...invoiceAnswer, iban: { value: "x" } })).toMatch(/`iban` is no field/);
	expect(problemsOf(`{"__proto__": {"value": 1}, ${JSON.stringify(invoiceAnswer).slice(1)}`)).toMatch(/__proto__/);
	expect(problemsOf({ ...invoiceAnswer, currency: { value: "XYZ" } })).toMatch(/one of EUR/);
	expect(problemsOf({ ...invoiceAnswer, lines: { value: 1 } })).toMatch(/`lines` has to be a list/);
	expect(problemsOf({ ...invoiceAnswer, lines: [{ values: { quantity: [] } }] })).toMatch(/`lines.0.item` is required/);
	expect(problemsOf({ ...invoiceAnswer, lines: Array(501).fill({ values: {} }) })).toMatch(/more than 500/);
	expect(problemsOf({ ...invoiceAnswer, supplier: { value: { toString: 1 } } })).toMatch(/one value/);
});

test("parts end at the ends of pages, go over everything, and are not too many", () => {
	const pages = [30_000, 20_000, 90_000].map((length, n) => ({ page: n + 1, text: "word ".repeat(length / 5) }));
	const material = { schema, document: { id: "", name: "" }, isRecognised: false, picture: null };
	const parts = cut({ ...material, pages }) ?? [];
	expect(parts.flat().map(({ page, start, end }) => [page, end - start > 0])).not.toContainEqual([
		expect.anything(),
		false,
	]);
	for (const { page, text: whole } of pages) {
		const pieces = parts.flat().filter((piece) => piece.page === page);
		expect(pieces.map(({ start, end }) => whole.slice(start, end)).join("")).toBe(whole);
	}
	expect(parts.every((part) => part.reduce((sum, { start, end }) => sum + end - start, 0) <= partChars)).toBe(true);
	expect(cut({ ...material, pages: [{ page: 1, text: "x".repeat(partChars * (mostParts + 1)) }] })).toBeNull();
	expect(cut({ ...material, pages: [{ page: 1, text: " " }] })).toEqual([]);
	expect(cut({ ...material, pages: [], picture: { type: "image/jpeg", base64: "" } })).toEqual([[]]);
});

test("two parts that disagree are sure of neither; rows of lists go on where the part before ended", () => {
	const answerOf = (total: number, item: string) =>
		readAnswer(
			JSON.stringify({
				total: { value: total, quote: `Total ${total}`, confidence: 1 },
				lines: [{ values: { item }, quote: item, confidence: 1 }],
			}),
			schema,
			false,
		).readings;
	const source = sourceOf("Total 10 rope Total 20 fender");
	const fields = merge([answerOf(10, "rope"), answerOf(20, "fender")], schema, source);
	expect(fields.find(({ path }) => path === "total")?.confidence).toBeLessThan(0.5);
	expect(fields.flatMap(({ path, value }) => (path.endsWith(".item") ? [[path, value]] : []))).toEqual([
		["lines.0.item", "rope"],
		["lines.1.item", "fender"],
	]);
	const agreed = merge([answerOf(10, "rope"), answerOf(10, "rope")], schema, source);
	expect(agreed.find(({ path }) => path === "total")).toMatchObject({ value: 10, confidence: 0.97 });
});
