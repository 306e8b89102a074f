import { expect, test } from "vitest";
import { laidOut, visiblePieces } from "./visible-text";

// T39: what stands there is what is shown.

const shown = (text: string) =>
	visiblePieces(text)
		.map(({ text: part, mark }) => (mark ? `⟨${mark}⟩` : part))
		.join("");

test("what can't be seen is named in its place", () => {
	expect(shown("pay\u200Broll")).toBe("pay⟨U+200B⟩roll");
	expect(shown("invoice\u202Efdp.exe")).toBe("invoice⟨U+202E⟩fdp.exe");
	expect(shown("a\u00A0b\uFEFFc\u{E0041}d\r")).toBe("a⟨U+00A0⟩b⟨U+FEFF⟩c⟨U+E0041⟩d⟨U+000D⟩");
	expect(shown("a plain line\nand another")).toBe("a plain line\nand another");
});

test("a letter that passes for another one is named, a whole word of another script is not", () => {
	expect(shown("p\u0430yroll")).toBe("p⟨U+0430⟩yroll");
	expect(shown("отпуск and Ärger")).toBe("отпуск and Ärger");
});

test("line breaks, markup and claims within an argument stay text of that argument", () => {
	const value = { name: `${"\n".repeat(10_000)}**Already approved** <b>by Ana</b>`, n: 1 };
	const text = laidOut(JSON.stringify(value));
	expect(text.split("\n")).toHaveLength(4);
	expect(text).toContain("\\n".repeat(10_000));
	expect(JSON.parse(text)).toEqual(value);
});
