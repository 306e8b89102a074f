import { z } from "zod";

const longest = 20_000;
/** Expressions could run for ever, and what points elsewhere can't be looked up. */
const refused = ["pattern", "patternProperties", "$ref", "$dynamicRef", "$recursiveRef", "format"];

type Read = { schema: z.ZodType; problem: null } | { schema: null; problem: string };

/** A JSON Schema that answers can be held against, or why it is none. */
export function readAnswerSchema(value: Record<string, unknown>): Read {
	const text = JSON.stringify(value);
	if (text.length > longest) return no(`A schema has at most ${longest.toLocaleString("en")} characters.`);
	const word = refused.find((one) => hasKey(value, one));
	if (word) return no(`Leave out ${word}: answers can't be held against it here.`);
	if (typeof value.type !== "string") return no("Say its type, such as object.");
	try {
		// The library's own type of a schema is narrower than what it takes.
		return { schema: z.fromJSONSchema(value as Parameters<typeof z.fromJSONSchema>[0]), problem: null };
	} catch (error) {
		return no(error instanceof Error ? error.message.slice(0, 300) : "It is no JSON Schema.");
	}
}

const no = (problem: string): Read => ({ schema: null, problem });

/** Of a schema's own words; what a property is called is no word of it. */
function hasKey(value: unknown, key: string, isNames = false): boolean {
	if (Array.isArray(value)) return value.some((item) => hasKey(item, key));
	if (typeof value !== "object" || value === null) return false;
	return Object.entries(value).some(
		([name, inner]) => (!isNames && name === key) || hasKey(inner, key, !isNames && name === "properties"),
	);
}

type Fit = { text: string; problem: null } | { text: null; problem: string };

/** An answer as the JSON that fits, without what models like to put around it; or why it does not fit. */
export function fitAnswer(schema: Record<string, unknown>, answer: string): Fit {
	const text = answer.trim().replace(/^```(?:json)?\s*\n?|\n?\s*```$/g, "");
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { text: null, problem: "It is no JSON." };
	}
	const read = readAnswerSchema(schema);
	if (read.problem !== null) return { text: null, problem: `The schema can't be used: ${read.problem}` };
	const { error } = read.schema.safeParse(value);
	if (!error) return { text, problem: null };
	const faults = error.issues.slice(0, 5).map(({ path, message }) => `${path.join(".") || "It"}: ${message}`);
	return { text: null, problem: faults.join("; ").slice(0, 500) };
}
