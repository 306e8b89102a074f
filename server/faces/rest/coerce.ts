import { z } from "zod";

/** The schema inside `optional`, `default`, `nullable` and the like. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
	const { def } = schema._zod as z.core.$ZodTypes["_zod"];
	switch (def.type) {
		case "optional":
		case "nullable":
		case "default":
		case "prefault":
		case "nonoptional":
		case "readonly":
		case "catch":
			return bare(def.innerType);
		case "pipe":
			return bare(def.in._zod.def.type === "transform" ? def.out : def.in);
		case "lazy":
			return bare(def.getter());
		default:
			return schema;
	}
}

const defOf = (schema: z.core.$ZodType) => (schema as z.core.$ZodTypes)._zod.def;

/** What a query writes as text, as what the schema means by it. Text that means nothing stays: the schema then refuses it. */
export function fromText(schema: z.core.$ZodType, value: unknown): unknown {
	const inner = bare(schema);
	const def = defOf(inner);
	switch (def.type) {
		case "number":
			return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
		case "boolean":
			return value === "true" ? true : value === "false" ? false : value;
		case "date":
			return toDate(value);
		case "literal":
			return def.values.find((one) => String(one) === value) ?? value;
		case "array":
			return listed(def.element, value).map((one) => fromText(def.element, one));
		case "union":
			return eitherOf(def.options, value, fromText);
		case "object":
			return eachOf(def.shape, value, fromText);
		default:
			return value;
	}
}

/** JSON has no dates: where the schema wants one, its text becomes one. */
export function fromJson(schema: z.core.$ZodType, value: unknown): unknown {
	const inner = bare(schema);
	const def = defOf(inner);
	switch (def.type) {
		case "date":
			return toDate(value);
		case "array":
			return Array.isArray(value) ? value.map((one) => fromJson(def.element, one)) : value;
		case "union":
			return eitherOf(def.options, value, fromJson);
		case "object":
			return eachOf(def.shape, value, fromJson);
		case "record":
			return typeof value === "object" && value !== null && !Array.isArray(value)
				? mapped(value, (_, one) => fromJson(def.valueType, one))
				: value;
		default:
			return value;
	}
}

type Read = (schema: z.core.$ZodType, value: unknown) => unknown;

function eachOf(shape: z.core.$ZodShape, value: unknown, read: Read): unknown {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
	return mapped(value, (key, one) => {
		const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
		return schema ? read(schema, one) : one;
	});
}

/** A copy without a prototype, in which no key means more than it says. */
function mapped(value: object, each: (key: string, one: unknown) => unknown): Record<string, unknown> {
	const copy: Record<string, unknown> = Object.create(null);
	for (const [key, one] of Object.entries(value)) copy[key] = each(key, one);
	return copy;
}

function eitherOf(options: readonly z.core.$ZodType[], value: unknown, read: Read): unknown {
	for (const option of options) {
		const one = read(option, value);
		if (z.safeParse(option, one).success) return one;
	}
	return value;
}

/** A name that stands several times in a query; with commas between, where no item can hold one. */
function listed(element: z.core.$ZodType, value: unknown): unknown[] {
	const all = Array.isArray(value) ? value : [value];
	const def = defOf(bare(element));
	const isFree = def.type === "string" && !("format" in def);
	return isFree ? all : all.flatMap((one) => (typeof one === "string" ? one.split(",") : [one]));
}

function toDate(value: unknown): unknown {
	if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d/.test(value)) return value;
	const date = new Date(value);
	return Number.isNaN(date.getTime()) ? value : date;
}
