import { expect, test } from "vitest";
import { fileTypes } from "@/server/knowledge/contract";
import { kinds } from "./asked";

test("every kind of file that can be read can be asked for by itself", () => {
	const offered: string[] = kinds.map(({ value }) => value);
	expect(Object.values(fileTypes).filter((type) => !offered.includes(type))).toEqual([]);
	expect(new Set(kinds.map(({ label }) => label)).size).toBe(kinds.length);
});
