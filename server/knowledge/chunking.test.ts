import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prose } from "@/tests/support/documents";
import { Chunker, searchText } from "./chunking";
import { type Block, type ParsedPage, writePage } from "./parsing/page";

function chunkPages(pages: ParsedPage[]) {
	const chunker = new Chunker();
	return pages.flatMap((one) => chunker.add(one));
}

const page = (...blocks: Block[]) => writePage(1, blocks);
const heading = (text: string, level = 1): Block => ({ kind: "heading", level, text });
const paragraph = (text: string): Block => ({ kind: "paragraph", text });
const lengths = (chunks: { text: string }[]) => chunks.map((chunk) => chunk.text.length);

describe("passages", () => {
	test("have 900 to 1,000 characters and end with a sentence, but for a document's last ones", () => {
		const chunks = chunkPages([page(paragraph(prose(20_000)))]);
		for (const chunk of chunks.slice(0, -2)) {
			expect(chunk.text.length).toBeGreaterThanOrEqual(880);
			expect(chunk.text.length).toBeLessThanOrEqual(1000);
			expect(chunk.text).toMatch(/\.$/);
		}
		expect(Math.min(...lengths(chunks))).toBeGreaterThanOrEqual(200);
	});

	test("keep a heading with the text under it", () => {
		const leave = page(heading("Leave"), paragraph(prose(950)), heading("Parental leave", 2), paragraph(prose(900)));
		const chunks = chunkPages([leave]);
		const parental = chunks.find((chunk) => chunk.text.includes("Parental leave"));
		expect(parental?.text).toMatch(/^Parental leave\n\nThe committee/);
		expect(parental?.heading).toBe("Leave › Parental leave");
	});

	test("go together where they are tiny", () => {
		const questions = Array.from({ length: 6 }, (_, i) => [heading(`Question ${i}`), paragraph("A short answer.")]);
		const chunks = chunkPages([page(...questions.flat())]);
		expect(chunks).toHaveLength(1);
	});

	test("carry the headings of earlier pages", () => {
		const pages = [writePage(1, [heading("Annex"), paragraph("First.")]), writePage(2, [paragraph("Second.")])];
		expect(chunkPages(pages)).toMatchObject([
			{ page: 1, ordinal: 0, heading: "Annex" },
			{ page: 2, ordinal: 1, heading: "Annex", text: "Second." },
		]);
	});

	test("stand exactly where they say, lose nothing and stay in size, whatever the text", () => {
		const words = fc.array(fc.oneof(fc.lorem({ maxCount: 30 }), fc.string({ unit: "grapheme" })), { maxLength: 60 });
		const block = fc.oneof(
			words.map((texts) => paragraph(texts.join(" "))),
			fc.lorem({ maxCount: 5 }).chain((text) => fc.integer({ min: 1, max: 6 }).map((level) => heading(text, level))),
			fc.string({ minLength: 1000, maxLength: 3000, unit: fc.constantFrom("x", "🦊", "é") }).map(paragraph),
		);
		fc.assert(
			fc.property(fc.array(fc.array(block, { maxLength: 8 }), { maxLength: 4 }), (documents) => {
				const pages = documents.map((blocks, i) => writePage(i + 1, blocks));
				const chunks = chunkPages(pages);
				for (const { page: number, start, end, text } of chunks) {
					expect(pages[number - 1]?.text.slice(start, end)).toBe(text);
					expect(text.length).toBeLessThanOrEqual(1000);
					expect(text.isWellFormed()).toBe(true);
				}
				const letters = (texts: string[]) => texts.join("").replace(/[^\p{L}\p{N}]/gu, "");
				expect(letters(chunks.map((chunk) => chunk.text))).toBe(letters(pages.map((one) => one.text)));
				expect(chunks.map((chunk) => chunk.ordinal)).toEqual(chunks.map((_, i) => i));
			}),
			{ numRuns: 150, seed: 7 },
		);
	});
});

test("a passage is searched with the headings above it, none of them twice", () => {
	expect(searchText({ heading: "Leave › Parental", text: "Parental\n\nFourteen weeks." })).toBe(
		"Leave\nParental\n\nFourteen weeks.",
	);
	expect(searchText({ heading: "", text: "Fourteen weeks." })).toBe("Fourteen weeks.");
});
