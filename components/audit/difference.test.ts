import { expect, test } from "vitest";
import { changesOf, detailsOf, fieldName } from "./difference";

test("a change is told field by field", () => {
	expect(changesOf({ name: "Old", role: "staff", left: 1 }, { name: "New", role: "staff", tags: ["a", "b"] })).toEqual([
		{ field: "Name", kind: "changed", before: "Old", after: "New" },
		{ field: "Role", kind: "same", before: "staff", after: "staff" },
		{ field: "Left", kind: "removed", before: "1", after: "" },
		{ field: "Tags", kind: "set", before: "", after: "a, b" },
	]);
});

test("fields of fields have lines of their own, lists of objects are shown whole", () => {
	expect(changesOf({ limits: { steps: 5, depth: 2 } }, { limits: { steps: 9, depth: 2 } })).toMatchObject([
		{ field: "Limits › Steps", kind: "changed", before: "5", after: "9" },
		{ field: "Limits › Depth", kind: "same" },
	]);
	expect(detailsOf({ isShared: true, rules: [{ a: 1 }], empty: {} })).toEqual([
		{ field: "Is shared", value: "yes" },
		{ field: "Rules", value: '[{"a":1}]' },
		{ field: "Empty", value: "{}" },
	]);
	expect(changesOf(null, { name: "New" })).toMatchObject([{ kind: "set" }]);
	expect(changesOf(null, null)).toEqual([]);
});

test("names of fields are words", () => {
	expect([fieldName("promptVersionId"), fieldName("sent_seq"), fieldName("state")]).toEqual([
		"Prompt version id",
		"Sent seq",
		"State",
	]);
});
