import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { csvLine } from "./csv";

/** Reads RFC 4180 as strictly as it is written: every cell quoted, quotes doubled, lines end with CR LF. */
function parse(text: string): string[][] {
	const lines: string[][] = [];
	let line: string[] = [];
	for (let at = 0; at < text.length; ) {
		if (text[at] !== '"') throw new Error(`A cell without quotes at ${at}`);
		let cell = "";
		for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
			if (at >= text.length) throw new Error("A cell without an end");
			if (text[at] === '"') at += 1;
			cell += text[at];
		}
		line.push(cell);
		at += 1;
		if (text[at] === ",") at += 1;
		else if (text.startsWith("\r\n", at)) {
			lines.push(line);
			line = [];
			at += 2;
		} else throw new Error(`Neither a comma nor the end of the line at ${at}`);
	}
	return lines;
}

const file = new URL("../../../shared/corpora/csv_injection.jsonl", import.meta.url);
const corpus = existsSync(file)
	? readFileSync(file, "utf8")
			.split("\n")
			.filter(Boolean)
			.map((line) => z.object({ cell: z.string() }).parse(JSON.parse(line)).cell)
	: [];
const own = [
	...["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"],
	...[" =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u202e=1", '=cmd|"/C calc"!A0', "﹢1", "\0=1"],
];
const harmless = ["user.create", "", "Zoë Müller", 'a "quoted" word', "a,b", "a\r\nb", "1-2", "a@example.org", "'tis"];

describe("a cell", () => {
	test.each([...own, ...corpus])("is never a formula: %j", (text) => {
		const [[cell = ""] = []] = parse(csvLine([text]));
		const folded = cell.normalize("NFKC");
		expect(folded).not.toMatch(/^[=+\-@\t\r\n]/);
		expect(folded).not.toMatch(/^[\s\u200b\ufeff\u202e]+[=+\-@]/);
		expect(cell.endsWith(text.replaceAll("\0", ""))).toBe(true);
	});

	test.each(harmless)("is left as it is where it does no harm: %j", (text) => {
		expect(parse(csvLine([text]))).toEqual([[text]]);
	});

	test("never runs into its neighbours, whatever is in it", () => {
		fc.assert(
			fc.property(fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 3, maxLength: 3 })), (rows) => {
				const lines = parse(rows.map(csvLine).join(""));
				expect(lines.length).toBe(rows.length);
				expect(lines.every((line) => line.length === 3)).toBe(true);
			}),
		);
	});
});
