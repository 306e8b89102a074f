import { AppError } from "./errors";

/** No input of ours is nested half as deep. */
const deepest = 32;

/**
 * What a stranger sent, as all that stands behind the gate can take it: no text holds a NUL or half a character, which no database
 * stores, and nothing is nested without end or holds itself.
 */
export function plainInput(value: unknown, depth = 0): unknown {
	if (typeof value === "string") return plainText(value);
	if (typeof value !== "object" || value === null) return value;
	if (depth > deepest) throw new AppError("INVALID_INPUT", `The input is nested deeper than ${deepest} levels.`);
	if (Array.isArray(value)) return value.map((one) => plainInput(one, depth + 1));
	const prototype: unknown = Object.getPrototypeOf(value);
	// Dates, bodies and whatever else is no plain data: its schema knows what to do with it.
	if (prototype !== Object.prototype && prototype !== null) return value;
	const copy: Record<string, unknown> = Object.create(null);
	for (const [key, one] of Object.entries(value)) copy[plainText(key)] = plainInput(one, depth + 1);
	return copy;
}

const plainText = (text: string): string => {
	const whole = text.isWellFormed() ? text : text.toWellFormed();
	return whole.includes("\0") ? whole.replaceAll("\0", "") : whole;
};
