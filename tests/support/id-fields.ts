import type { z } from "zod";
import { defOf } from "./inputs";

/** A value by its place in an input: `threadId`, `on.id`, `collectionIds[]`. */
export type Field = { path: string; schema: z.core.$ZodType };

/** Every single value that an input can hold, wherever it is nested. */
export function fieldsOf(schema: z.core.$ZodType, path = ""): Field[] {
	const def = defOf(schema);
	const below = (one: z.core.$ZodType, key = "") => fieldsOf(one, key ? [path, key].filter(Boolean).join(".") : path);
	switch (def.type) {
		case "object":
			return Object.entries(def.shape).flatMap(([key, field]) => below(field, key));
		case "array":
			return fieldsOf(def.element, `${path}[]`);
		case "record":
			return fieldsOf(def.valueType, `${path}{}`);
		case "tuple":
			return def.items.flatMap((item, at) => below(item, String(at)));
		case "union":
			return def.options.flatMap((option) => below(option));
		case "intersection":
			return [...below(def.left), ...below(def.right)];
		case "optional":
		case "default":
		case "prefault":
		case "nullable":
		case "nonoptional":
		case "readonly":
		case "catch":
			return below(def.innerType);
		case "pipe":
			return below(defOf(def.in).type === "transform" ? def.out : def.in);
		case "lazy":
			return below(def.getter());
		default:
			return [{ path, schema }];
	}
}

/** Where an input names an object: what is a UUID, and what is called an id. A list's own filters only narrow what it shows. */
export function idPathsOf(schema: z.core.$ZodType): string[] {
	const isId = ({ path, schema: field }: Field) =>
		!path.startsWith("filter.") &&
		(/(^|\.)id$|Ids?(\[\])?$/.test(path) || (defOf(field) as { format?: string }).format === "uuid");
	return [
		...new Set(
			fieldsOf(schema)
				.filter(isId)
				.map(({ path }) => path),
		),
	].toSorted();
}
