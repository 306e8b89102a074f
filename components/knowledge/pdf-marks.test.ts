import { expect, test } from "vitest";
import { findItems } from "./pdf-marks";

const lines = ["1. Leave", "All staff get twenty-", "five days of leave.", "2. Tra", "vel", "Receipts are due."];

test("a passage is found across lines, hyphens and pieces of words", () => {
	expect(findItems(lines, "All staff get twentyfive days of leave.")).toEqual({ from: 1, to: 3 });
	expect(findItems(lines, "2. Travel\nReceipts are due.")).toEqual({ from: 3, to: 6 });
	expect(findItems(lines, lines.join("\n"))).toEqual({ from: 0, to: 6 });
});

test("what does not stand on the page is nowhere", () => {
	expect(findItems(lines, "Something else")).toBeNull();
	expect(findItems(lines, "…")).toBeNull();
	expect(findItems([], "Leave")).toBeNull();
});
