import { expect, test } from "vitest";
import { SaveStream } from "./contract";

test.each([
	{ url: "" },
	{ secret: "short" },
	{ secret: "with a blank, long enough in all" },
	{ isOn: "yes" },
	{ from: "yesterday" },
	{ sentSeq: 5 },
	{ state: "on" },
])("settings that are wrong are refused: %o", (change) => {
	const right = {
		url: "https://example.org",
		secret: "a secret that is long enough".replaceAll(" ", "-"),
		isOn: true,
		basedOn: 1,
	};
	expect(SaveStream.safeParse(right).success).toBe(true);
	expect(SaveStream.safeParse({ ...right, ...change }).success).toBe(false);
});
