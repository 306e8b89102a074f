/** The part of JSON Schema 2020-12 that can be filled in from a document. Whatever else a schema says is refused by its place. */
export const dialect = "https://json-schema.org/draft/2020-12/schema";
export const mostFields = 100;
export const mostChoices = 50;
export const longestWords = 300;
export const longestSchema = 20_000;
/** An object in an object in an object, and no deeper. */
const deepest = 4;

type Described = { title?: string; description?: string };
export type TextField = Described & { type: "string"; format?: "date"; enum?: string[] };
export type NumberField = Described & { type: "number" | "integer"; minimum?: number; maximum?: number };
export type FlagField = Described & { type: "boolean" };
export type PlainField = TextField | NumberField | FlagField;
export type ObjectField = Described & {
	$schema?: string;
	type: "object";
	properties: Record<string, Field>;
	required?: string[];
	additionalProperties?: false;
};
/** Rows of an object each, such as an invoice's lines. */
export type ListField = Described & { type: "array"; items: ObjectField };
export type Field = PlainField | ObjectField | ListField;

export type Place = (string | number)[];
export type Problem = { path: Place; message: string };
export type ReadSchema = { schema: ObjectField; problems: [] } | { schema: null; problems: Problem[] };

const always = ["type", "title", "description"];
const keysOf = {
	string: [...always, "format", "enum"],
	number: [...always, "minimum", "maximum"],
	integer: [...always, "minimum", "maximum"],
	boolean: always,
	array: [...always, "items"],
	object: [...always, "properties", "required", "additionalProperties"],
} as const satisfies Record<Field["type"], readonly string[]>;
const types = Object.keys(keysOf) as Field["type"][];
const isType = (value: unknown): value is Field["type"] => types.some((type) => type === value);

const fieldName = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
/** Names that mean more than they say. */
const taken = new Set(["__proto__", "constructor", "prototype"]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads what somebody pasted or built; every fault is told with its place. */
export function readSchema(value: unknown): ReadSchema {
	const problems: Problem[] = [];
	const say = (path: Place, message: string) => {
		if (problems.length < 20) problems.push({ path, message });
	};
	let text = "";
	try {
		text = JSON.stringify(value) ?? "";
	} catch {
		// What holds itself is no JSON.
	}
	if (text === "" || text.length > longestSchema) {
		say([], text === "" ? "This is no JSON Schema." : `A schema has at most ${longestSchema} characters.`);
		return { schema: null, problems };
	}
	let count = 0;
	const schema = object(value, [], 1, true);
	if (count > mostFields) say([], `A schema has at most ${mostFields} fields; this one has ${count}.`);
	if (schema && count === 0 && problems.length === 0) say(["properties"], "Name at least one field.");
	return schema && problems.length === 0 ? { schema, problems: [] } : { schema: null, problems };

	function words(of: Record<string, unknown>, path: Place): Described {
		const described: Described = {};
		for (const key of ["title", "description"] as const) {
			const said = of[key];
			if (said === undefined) continue;
			if (typeof said === "string" && said.length <= longestWords) described[key] = said;
			else say([...path, key], `Give words of at most ${longestWords} characters.`);
		}
		return described;
	}

	function known(of: Record<string, unknown>, keys: readonly string[], path: Place): void {
		for (const key of Object.keys(of))
			if (!keys.includes(key)) say([...path, key], `“${key.slice(0, 60)}” can't be used here.`);
	}

	function object(of: unknown, path: Place, depth: number, isRoot = false): ObjectField | null {
		if (!isRecord(of)) return wrong(path, "Give an object with a `type`.");
		if (of.type !== "object") return wrong([...path, "type"], "This has to be of the type “object”.");
		if (depth > deepest) return wrong(path, `Objects can't be nested deeper than ${deepest - 1} levels.`);
		known(of, isRoot ? [...keysOf.object, "$schema"] : keysOf.object, path);
		if (isRoot && of.$schema !== undefined && of.$schema !== dialect)
			say([...path, "$schema"], `Only ${dialect} is understood.`);
		if (of.additionalProperties !== undefined && of.additionalProperties !== false)
			say(
				[...path, "additionalProperties"],
				"Only the fields that are named are filled in: leave it out, or say false.",
			);
		if (!isRecord(of.properties)) return wrong([...path, "properties"], "Name the fields here.");
		const properties: [string, Field][] = [];
		for (const [name, field] of Object.entries(of.properties)) {
			const at = [...path, "properties", name.slice(0, 60)];
			count++;
			if (!fieldName.test(name) || taken.has(name))
				say(at, "A field's name has letters, digits and _ only, begins with a letter, and has at most 40 of them.");
			else {
				const read = anyField(field, at, depth);
				if (read) properties.push([name, read]);
			}
		}
		const required = requiredOf(of, path);
		return {
			...(isRoot && of.$schema !== undefined ? { $schema: dialect } : {}),
			type: "object",
			...words(of, path),
			properties: Object.fromEntries(properties),
			...(required.length > 0 ? { required } : {}),
			additionalProperties: false,
		};
	}

	function requiredOf(of: Record<string, unknown>, path: Place): string[] {
		if (of.required === undefined) return [];
		if (!Array.isArray(of.required)) {
			say([...path, "required"], "Give a list of names of fields.");
			return [];
		}
		const fields = isRecord(of.properties) ? of.properties : {};
		const names: string[] = [];
		for (const [at, name] of of.required.entries()) {
			if (typeof name === "string" && Object.hasOwn(fields, name)) names.push(name);
			else say([...path, "required", at], "There is no field of this name.");
		}
		return [...new Set(names)];
	}

	function anyField(of: unknown, path: Place, depth: number): Field | null {
		if (!isRecord(of)) return wrong(path, "Give an object with a `type`.");
		const { type } = of;
		if (Array.isArray(type))
			return wrong([...path, "type"], "Name one type. What may be missing is left out of `required`.");
		if (!isType(type)) return wrong([...path, "type"], `Use one of ${types.join(", ")}.`);
		if (type === "object") return object(of, path, depth + 1);
		known(of, keysOf[type], path);
		switch (type) {
			case "array":
				return list(of, path, depth);
			case "string":
				return plainText(of, path);
			case "number":
			case "integer":
				return number(of, type, path);
			case "boolean":
				return { type, ...words(of, path) };
		}
	}

	function list(of: Record<string, unknown>, path: Place, depth: number): ListField | null {
		if (path.includes("items")) return wrong(path, "A list in a list can't be filled in.");
		const items = object(of.items, [...path, "items"], depth + 1);
		return items && { type: "array", ...words(of, path), items };
	}

	function plainText(of: Record<string, unknown>, path: Place): TextField {
		const field: TextField = { type: "string", ...words(of, path) };
		if (of.format !== undefined) {
			if (of.format === "date") field.format = "date";
			else say([...path, "format"], "Only the format “date” is understood.");
		}
		if (of.enum === undefined) return field;
		const all: unknown[] = Array.isArray(of.enum) ? of.enum : [];
		const choices = all.filter((one): one is string => typeof one === "string" && one !== "" && one.length <= 100);
		if (all.length === 0 || all.length > mostChoices || choices.length < all.length)
			say([...path, "enum"], `Give 1 to ${mostChoices} choices of at most 100 characters each.`);
		else field.enum = [...new Set(choices)];
		if (field.format) say([...path, "enum"], "A date has no choices.");
		return field;
	}

	function number(of: Record<string, unknown>, type: "number" | "integer", path: Place): NumberField {
		const field: NumberField = { type, ...words(of, path) };
		for (const key of ["minimum", "maximum"] as const) {
			const bound = of[key];
			if (bound === undefined) continue;
			if (typeof bound === "number" && Number.isFinite(bound)) field[key] = bound;
			else say([...path, key], "Give a number.");
		}
		if (field.minimum !== undefined && field.maximum !== undefined && field.minimum > field.maximum)
			say([...path, "maximum"], "This is less than the minimum.");
		return field;
	}

	function wrong(path: Place, message: string): null {
		say(path, message);
		return null;
	}
}

/** A field that holds one value, by its path from the top: `supplier.name`; of a list's rows, from the row. */
export type Leaf = { path: string; title: string; field: PlainField; isRequired: boolean };
export type List = { path: string; title: string; isRequired: boolean; leaves: Leaf[] };
/** What a schema asks for, flat: its values, and its lists with the values of each row. */
export type Columns = { leaves: Leaf[]; lists: List[] };

export function columnsOf(schema: ObjectField): Columns {
	const columns: Columns = { leaves: [], lists: [] };
	walk(schema, "", true);
	return columns;

	function walk(of: ObjectField, above: string, isNeeded: boolean): void {
		for (const [name, field] of Object.entries(of.properties)) {
			const path = above ? `${above}.${name}` : name;
			// What belongs to something that may be missing may be missing itself.
			const isRequired = isNeeded && (of.required ?? []).includes(name);
			const title = field.title || words(path);
			if (field.type === "object") walk(field, path, isRequired);
			else if (field.type === "array")
				columns.lists.push({ path, title, isRequired, leaves: columnsOf(field.items).leaves });
			else columns.leaves.push({ path, title, field, isRequired });
		}
	}
}

/** A name as people would write it: `invoice_no` is “Invoice no”. */
function words(path: string): string {
	const said = path
		.replaceAll(".", " · ")
		.replaceAll("_", " ")
		.replace(/([a-z])([A-Z])/g, "$1 $2")
		.toLowerCase()
		.trim();
	return said.charAt(0).toUpperCase() + said.slice(1);
}

export type Value = string | number | boolean | null;

/** What is wrong with a value for its field; null where it fits. */
export function faultOf(field: PlainField, value: Value): string | null {
	if (value === null) return null;
	switch (field.type) {
		case "string":
			if (typeof value !== "string") return "has to be a text";
			if (value.length > 2_000) return "is longer than 2,000 characters";
			if (field.enum && !field.enum.includes(value)) return `has to be one of ${field.enum.join(", ")}`;
			return field.format && !isDate(value) ? "has to be a date, as 2026-11-25" : null;
		case "integer":
		case "number":
			if (typeof value !== "number" || !Number.isFinite(value)) return "has to be a number";
			if (field.type === "integer" && !Number.isInteger(value)) return "has to be a whole number";
			if (field.minimum !== undefined && value < field.minimum) return `has to be ${field.minimum} at least`;
			if (field.maximum !== undefined && value > field.maximum) return `has to be ${field.maximum} at most`;
			return null;
		case "boolean":
			return typeof value === "boolean" ? null : "has to be true or false";
	}
}

function isDate(value: string): boolean {
	if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
	const at = new Date(`${value}T00:00:00Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

/** The place in words: `properties.lines.items.type`. */
export const placeOf = (path: Place): string => (path.length === 0 ? "The schema" : path.join("."));
