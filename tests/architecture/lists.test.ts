import { expect, test } from "vitest";
import { z } from "zod";
import { paramsOf, restRoutes } from "@/server/faces/rest/routes";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";

/** Lists that have no pages, and why. */
const short: Record<string, string> = {
	"access.listGrants": "Whom one thing is shared with: its page edits all of it at once.",
	"access.findPeople": "The first matches of what is being typed, not a list to walk.",
	"access.findGrantees": "The first matches of what is being typed, not a list to walk.",
	"procedures.callers": "The last twenty; the audit tells the rest.",
	"factors.policies": "One row a role, with a switch each.",
};
const operators = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "contains"];

const shapeOf = (schema: z.ZodType) =>
	schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
const bare = (schema: z.ZodType | undefined): z.ZodType | undefined =>
	schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? bare(schema.unwrap() as z.ZodType) : schema;
const isStrict = (schema: z.ZodType | undefined) =>
	schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever;

const lists = listProcedures(appRouter).filter(
	({ path, type, meta }) =>
		type === "query" && (/\.list/.test(path) || shapeOf(meta.output).rows instanceof z.ZodArray) && !short[path],
);
const routes = restRoutes();

test.each(lists.map((one) => [one.path, one] as const))("%s is a list in the one grammar", (path, { meta }) => {
	const { limit, cursor, filter, sort, fields, ...others } = shapeOf(meta.input);
	expect(limit?.safeParse(200).success).toBe(true);
	expect(limit?.safeParse(201).success).toBe(false);
	expect(limit?.parse(undefined)).toBe(50);
	expect(bare(cursor)).toBeInstanceOf(z.ZodString);
	expect(isStrict(bare(filter))).toBe(true);
	for (const [name, ask] of Object.entries(shapeOf(bare(filter) ?? z.never()))) {
		expect([name, isStrict(bare(ask))]).toEqual([name, true]);
		const asked = Object.keys(shapeOf(bare(ask) ?? z.never()));
		expect([name, asked.filter((one) => !operators.includes(one))]).toEqual([name, []]);
		expect(asked.length).toBeGreaterThan(0);
	}
	expect(bare(sort)).toBeInstanceOf(z.ZodEnum);
	const { rows, next } = shapeOf(meta.output);
	expect(next?.safeParse(null).success).toBe(true);
	const row = rows instanceof z.ZodArray ? Object.keys(shapeOf(rows.element as z.ZodType)) : [];
	const offered = bare(fields);
	expect(offered instanceof z.ZodArray ? (offered.element as z.ZodEnum).options : []).toEqual(row);
	// What else it takes says whose list it is, and stands in its address.
	const route = routes.find(({ name }) => name === path);
	expect(Object.keys(others)).toEqual(route ? paramsOf(route) : []);
});

test("lists without pages are still there", () => {
	const names = listProcedures(appRouter).map(({ path }) => path);
	expect(Object.keys(short).filter((name) => !names.includes(name))).toEqual([]);
});
