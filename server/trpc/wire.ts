import superjson, { type SuperJSONResult } from "superjson";

/** Deeper than this, an answer is left to superjson, which also knows what goes round in circles. */
const deepest = 40;

/** What superjson refuses as a key stays refused. */
const refused = new Set(["__proto__", "constructor", "prototype"]);

/** Whether JSON alone keeps all of it: no dates, nothing undefined, no number that JSON does not know. */
function isPlain(value: unknown, depth: number): value is SuperJSONResult["json"] {
	switch (typeof value) {
		case "string":
		case "boolean":
			return true;
		case "number":
			return Number.isFinite(value) && !Object.is(value, -0);
		case "object":
			if (value === null) return true;
			if (depth > deepest) return false;
			return Array.isArray(value) ? value.every((one) => isPlain(one, depth + 1)) : isPlainObject(value, depth);
		default:
			return false;
	}
}

function isPlainObject(value: object, depth: number): boolean {
	if (Object.getPrototypeOf(value) !== Object.prototype) return false;
	for (const key of Object.keys(value)) {
		if (refused.has(key) || !isPlain(Reflect.get(value, key), depth + 1)) return false;
	}
	return true;
}

/**
 * How answers travel: as superjson has it, which takes some microseconds for each word of them. What is plain by itself takes
 * its form without that: ten thousand spans took it a second.
 */
export const wire = {
	serialize: (value: unknown): SuperJSONResult => (isPlain(value, 0) ? { json: value } : superjson.serialize(value)),
	deserialize: superjson.deserialize,
};
