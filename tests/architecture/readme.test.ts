import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Env } from "@/server/core/env";

/** `| `NAME` | `default` | what for |`; a row may name several that belong together. */
const rows = [...readFileSync("README.md", "utf8").matchAll(/^\| (`[A-Z][^|]*) \| ([^|]*)\|/gm)].map(
	([, names = "", value = ""]) => ({
		names: [...names.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = ""]) => name),
		value: value.trim().replaceAll("`", ""),
	}),
);

test("the README's table names every variable once, with its default", () => {
	expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(Object.keys(Env.shape).toSorted());
	const defaults: Record<string, unknown> = Env.parse({});
	for (const { names, value } of rows)
		for (const name of names) expect(`${name}=${value}`).toBe(`${name}=${defaults[name] ?? ""}`);
});
