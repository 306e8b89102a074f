import superjson from "superjson";
import { expect, test } from "vitest";
import { wire } from "./wire";

const plain = { rows: [{ id: "a", n: 1.5, isIt: true, none: null, tags: ["x", "y"] }], next: null };
const circle: { of?: unknown } = {};
circle.of = circle;

test("what is plain travels in superjson's form", () => {
	expect(wire.serialize(plain)).toEqual(superjson.serialize(plain));
});

test.each([
	["a date", { at: new Date(5) }],
	["a date deep below", { rows: [{ of: { at: new Date(5) } }] }],
	["what is undefined", { rows: [undefined], of: undefined }],
	["nothing at all", undefined],
	["a bigint", { n: 5n }],
	["no number", { n: Number.NaN, far: Number.POSITIVE_INFINITY, below: -0 }],
	["a map and a set", { map: new Map([["a", 1]]), set: new Set(["b"]) }],
])("%s arrives as it was", (_name, value) => {
	const sent = JSON.parse(JSON.stringify(wire.serialize(value)));
	expect(wire.deserialize(sent)).toEqual(value);
	expect(wire.serialize(value)).toEqual(superjson.serialize(value));
});

test("an error arrives with its words", () => {
	const sent = JSON.parse(JSON.stringify(wire.serialize({ failure: new TypeError("no") })));
	expect(wire.deserialize(sent)).toMatchObject({ failure: { message: "no" } });
});

test("what goes round in a circle is superjson's to tell", () => {
	expect(wire.deserialize(wire.serialize(circle))).toEqual(superjson.deserialize(superjson.serialize(circle)));
});

test("a key that reaches a prototype is refused as before", () => {
	const value = JSON.parse('{"a":{"__proto__":{"x":1}}}');
	expect(() => wire.serialize(value)).toThrow();
	expect(() => wire.serialize({ constructor: 1 })).toThrow();
});
