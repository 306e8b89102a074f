import { AppError, invalidField } from "./errors";

/** No input of ours is nested half as deep. */
const deepest = 32;

/**
 * What a stranger sent, as all that stands behind the gate can take it: no text holds a NUL or half a character, which no database
 * stores, nothing is nested without end or holds itself, and no key means more than it says.
 */
export function plainInput(value: unknown, depth = 0): unknown {
	if (typeof value === "string") return plainText(value);
	if (typeof value !== "object" || value === null) return value;
	if (depth > deepest) throw new AppError("INVALID_INPUT", `The input is nested deeper than ${deepest} levels.`);
	if (Array.isArray(value)) return value.map((one) => plainInput(one, depth + 1));
	if (!isPlain(value)) return value;
	const copy: Record<string, unknown> = Object.create(null);
	for (const [key, one] of Object.entries(value)) {
		// Strict schemas refuse whatever they don't know, but for this one, which they pass over.
		if (key === "__proto__") throw unknownPrototype();
		copy[plainText(key)] = plainInput(one, depth + 1);
	}
	return copy;
}

const unknownPrototype = () => invalidField("__proto__", "This is not known here.");

/** Dates, bodies and whatever else is no plain data go on as they are: their schema knows what to do with them. */
function isPlain(value: object): boolean {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype === Object.prototype || prototype === null) return true;
	// No JSON holds a function: a prototype without its constructor was made of what somebody sent.
	if (
		typeof (prototype as { constructor: unknown }).constructor === "function" &&
		Object.hasOwn(prototype as object, "constructor")
	)
		return false;
	throw unknownPrototype();
}

const plainText = (text: string): string => {
	const whole = text.isWellFormed() ? text : text.toWellFormed();
	return whole.includes("\0") ? whole.replaceAll("\0", "") : whole;
};
