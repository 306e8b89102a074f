import { sampleValues } from "./samples";
import type { Json } from "./schemas";

const ids = "3f0c9a52-7d1e-4b86-9c3a-5e8f2a1b7d64";

/** A value that the schema takes, as somebody would send it. */
export function exampleOf(schema: Json, components: Json, name = "", depth = 0): unknown {
	if (typeof schema.$ref === "string") {
		const found = components[schema.$ref.split("/").at(-1) ?? ""];
		return exampleOf((found ?? {}) as Json, components, name, depth + 1);
	}
	if (schema.example !== undefined) return schema.example;
	if (schema.const !== undefined) return schema.const;
	const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
	if (options) return exampleOf(options[0] ?? {}, components, name, depth);
	if (Array.isArray(schema.enum)) return schema.default ?? schema.enum[0];
	if (name in sampleValues && fits(schema, sampleValues[name])) return sampleValues[name];
	if (schema.default !== undefined) return schema.default;
	return byType(schema, components, name, depth);
}

function byType(schema: Json, components: Json, name: string, depth: number): unknown {
	switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
		case "object":
			return objectExample(schema, components, depth);
		case "array":
			return depth > 6 ? [] : [exampleOf((schema.items ?? {}) as Json, components, name.replace(/s$/, ""), depth + 1)];
		case "boolean":
			return false;
		case "integer":
			return Math.max(1, Number(schema.minimum ?? 1));
		case "number":
			return 0.8;
		case "string":
			return textExample(schema, name);
		default:
			return null;
	}
}

function objectExample(schema: Json, components: Json, depth: number): Json {
	const properties = (schema.properties ?? {}) as Record<string, Json>;
	const required = new Set((schema.required ?? []) as string[]);
	const shown = Object.entries(properties).filter(([key]) => required.has(key) || depth === 0);
	return Object.fromEntries(shown.map(([key, one]) => [key, exampleOf(one, components, key, depth + 1)]));
}

function textExample(schema: Json, name: string): string {
	switch (schema.format) {
		case "uuid":
			return ids;
		case "date-time":
			return "2026-11-25T12:00:00.000Z";
		case "date":
			return "2026-11-25";
		case "email":
			return "robin@example.org";
		case "uri":
			return "https://example.org/hook";
		default:
			return (name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase() || "text").padEnd(
				Number(schema.minLength ?? 0),
				"…",
			);
	}
}

/** Whether a value shown for the name suits what this field of that name holds. */
function fits(schema: Json, value: unknown): boolean {
	const types = Array.isArray(schema.type) ? schema.type : [schema.type];
	if (value === null) return types.includes("null");
	if (typeof value === "number") return types.includes("integer") || types.includes("number");
	if (typeof value !== "string" || !types.includes("string")) return false;
	if (schema.format !== undefined && schema.format !== "email") return false;
	const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema as { minLength?: number; maxLength?: number };
	const hasForm =
		schema.format === "email" || typeof schema.pattern !== "string" || new RegExp(schema.pattern).test(value);
	return hasForm && value.length >= minLength && value.length <= maxLength;
}
