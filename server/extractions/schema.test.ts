import { expect, test } from "vitest";
import { templates } from "@/server/agents/templates";
import { columnsOf, faultOf, readSchema } from "./contract/schema";

const object = (properties: unknown, more = {}) => ({ type: "object", properties, ...more });
const placesOf = (value: unknown) => readSchema(value).problems.map(({ path }) => path.join("."));

test.each([
	[null, ""],
	["text", ""],
	[{ type: "array" }, "type"],
	[{ type: "object" }, "properties"],
	[object({}), "properties"],
	[object({ a: { type: "string" } }, { $ref: "#/x" }), "$ref"],
	[object({ a: { type: "string" } }, { additionalProperties: true }), "additionalProperties"],
	[object({ a: { type: "string" } }, { $schema: "http://json-schema.org/draft-07/schema#" }), "$schema"],
	[object({ a: { type: "string" } }, { required: ["b"] }), "required.0"],
	[object({ a: { type: ["string", "null"] } }), "properties.a.type"],
	[object({ a: { type: "string", pattern: "(a+)+$" } }), "properties.a.pattern"],
	[object({ a: { type: "string", format: "email" } }), "properties.a.format"],
	[object({ a: { type: "string", enum: [] } }), "properties.a.enum"],
	[object({ a: { type: "string", enum: [1] } }), "properties.a.enum"],
	[object({ a: { type: "number", minimum: 2, maximum: 1 } }), "properties.a.maximum"],
	[object({ "a b": { type: "string" } }), "properties.a b"],
	[object({ constructor: { type: "string" } }), "properties.constructor"],
	[object(JSON.parse('{"__proto__": {"type": "string"}}')), "properties.__proto__"],
	[object({ a: { type: "array", items: { type: "string" } } }), "properties.a.items.type"],
	[
		object({ a: { type: "array", items: object({ b: { type: "array", items: object({ c: { type: "string" } }) } }) } }),
		"properties.a.items.properties.b",
	],
	[object({ a: { type: "string", description: "x".repeat(301) } }), "properties.a.description"],
	[object(Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, { type: "string" }]))), ""],
	[object({ a: { type: "string", description: "x".repeat(20_000) } }), ""],
])("what can't be used is refused at its place: %j", (schema, place) => {
	expect(placesOf(schema)).toContain(place);
	expect(readSchema(schema).schema).toBeNull();
});

test("nested deeper than it may be, and holding itself", () => {
	let deep: unknown = { type: "string" };
	for (let n = 0; n < 5; n++) deep = object({ a: deep });
	expect(readSchema(deep).problems[0]?.message).toMatch(/nested deeper/);
	const round: Record<string, unknown> = { type: "object" };
	round.properties = { a: round };
	expect(readSchema(round).schema).toBeNull();
});

test("a schema is told flat, and what belongs to something that may be missing may be missing", () => {
	const { schema } = readSchema(templates.invoices.extractSchema);
	expect(schema).not.toBeNull();
	if (!schema) return;
	const { leaves, lists } = columnsOf(schema);
	expect(leaves.filter(({ isRequired }) => isRequired).map(({ path }) => path)).toEqual(["invoice_no", "total"]);
	expect(lists.map(({ path, leaves: columns }) => [path, columns.length])).toEqual([["lines", 3]]);
	const nested = readSchema(object({ of: object({ a: { type: "string" } }, { required: ["a"] }) }));
	expect(nested.schema && columnsOf(nested.schema).leaves).toMatchObject([{ path: "of.a", isRequired: false }]);
});

test("values that don't fit their field are told why", () => {
	expect(faultOf({ type: "string", format: "date" }, "2026-02-30")).toMatch(/date/);
	expect(faultOf({ type: "string", format: "date" }, "2026-02-28")).toBeNull();
	expect(faultOf({ type: "integer", maximum: 5 }, 6)).toMatch(/at most/);
	expect(faultOf({ type: "integer" }, 1.5)).toMatch(/whole/);
	expect(faultOf({ type: "string", enum: ["a"] }, "b")).toMatch(/one of/);
	expect(faultOf({ type: "boolean" }, "yes")).toMatch(/true or false/);
	expect(faultOf({ type: "number" }, null)).toBeNull();
});
