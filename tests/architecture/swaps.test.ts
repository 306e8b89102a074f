import { expect, test } from "vitest";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";
import { givenInputs } from "@/tests/attack/given-inputs";
import { idCases } from "@/tests/attack/id-cases";
import { idPathsOf } from "@/tests/support/id-fields";
import { minimalInput } from "@/tests/support/inputs";

const procedures = listProcedures(appRouter);

// Which object each id names is told in tests/attack/id-cases.ts; tests/attack/swap.test.ts then calls it as somebody else.
test("every id that a procedure takes has its object-swap case", () => {
	const taken = Object.fromEntries(
		procedures
			.map(({ path, meta }) => [path, idPathsOf(meta.input)] as const)
			.filter(([, ids]) => ids.length > 0)
			.map(([path, ids]) => [path, ids.toSorted()]),
	);
	const covered = Object.fromEntries(Object.entries(idCases).map(([path, ids]) => [path, Object.keys(ids).toSorted()]));
	expect(covered).toEqual(taken);
});

test("every procedure's input can be made from its schema", () => {
	for (const { path, meta } of procedures)
		expect(meta.input.safeParse(minimalInput(meta.input, givenInputs[path])).success, path).toBe(true);
	const known = procedures.map(({ path }) => path);
	expect(Object.keys(givenInputs).filter((path) => !known.includes(path))).toEqual([]);
});
