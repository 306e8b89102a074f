import type { Field, NumberField, ObjectField } from "@/server/extractions/contract";

export const kinds = ["text", "date", "choice", "number", "integer", "flag", "list", "object"] as const;
export type Kind = (typeof kinds)[number];
export const kindWords = {
	text: "Text",
	date: "Date",
	choice: "One of some",
	number: "Number",
	integer: "Whole number",
	flag: "Yes or no",
	list: "List of rows",
	object: "Group of fields",
} as const satisfies Record<Kind, string>;

/** One field as its form has it. What the form does not show of a schema stays in `more`. */
export type FieldDraft = {
	key: string;
	/** Its name in the schema; follows the title until the field was saved once. */
	name: string;
	title: string;
	kind: Kind;
	description: string;
	isRequired: boolean;
	choices: string;
	inner: FieldDraft[];
	isNew: boolean;
	more: { minimum?: number; maximum?: number };
};

let made = 0;
export const newField = (): FieldDraft => ({
	...{ key: `field-${++made}`, name: "", title: "", kind: "text", description: "", isRequired: false },
	...{ choices: "", inner: [], isNew: true, more: {} },
});

/** A name as a schema wants it: “Invoice no.” is `invoice_no`. */
export function nameFrom(title: string): string {
	const plain = title
		.normalize("NFKD")
		.replace(/\p{M}/gu, "")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "_")
		.replace(/^_+|_+$/g, "");
	return (/^\d/.test(plain) ? `_${plain}` : plain).slice(0, 40);
}

function kindOf(field: Field): Kind {
	switch (field.type) {
		case "string":
			return field.enum ? "choice" : field.format ? "date" : "text";
		case "number":
		case "integer":
		case "object":
			return field.type;
		case "boolean":
			return "flag";
		case "array":
			return "list";
	}
}

export function toDraft(schema: ObjectField): FieldDraft[] {
	return Object.entries(schema.properties).map(([name, field]) => {
		const of = field.type === "array" ? field.items : field.type === "object" ? field : null;
		const bounds: Partial<NumberField> = field.type === "number" || field.type === "integer" ? field : {};
		return {
			...newField(),
			...{ name, title: field.title ?? name, kind: kindOf(field), description: field.description ?? "" },
			isRequired: schema.required?.includes(name) ?? false,
			choices: field.type === "string" ? (field.enum ?? []).join(", ") : "",
			inner: of ? toDraft(of) : [],
			isNew: false,
			more: {
				...(bounds.minimum === undefined ? {} : { minimum: bounds.minimum }),
				...(bounds.maximum === undefined ? {} : { maximum: bounds.maximum }),
			},
		};
	});
}

const choicesOf = (text: string): string[] => [
	...new Set(
		text
			.split(",")
			.map((one) => one.trim())
			.filter(Boolean),
	),
];

/** Fields without a title are not there yet. Of two with the same name the second gets a number. */
export function toSchema(
	fields: readonly FieldDraft[],
	words: { title?: string; description?: string } = {},
): ObjectField {
	const properties: Record<string, Field> = {};
	const required: string[] = [];
	for (const field of fields) {
		const wanted = field.isNew ? nameFrom(field.title) : field.name;
		if (wanted === "") continue;
		let name = wanted;
		for (let n = 2; Object.hasOwn(properties, name); n++) name = `${wanted.slice(0, 36)}_${n}`;
		properties[name] = toField(field, name);
		if (field.isRequired) required.push(name);
	}
	const { title, description } = words;
	return {
		type: "object",
		...(title === undefined ? {} : { title }),
		...(description === undefined ? {} : { description }),
		properties,
		...(required.length > 0 ? { required } : {}),
		additionalProperties: false,
	};
}

function toField({ title, description, kind, choices, inner, more }: FieldDraft, name: string): Field {
	const said = {
		...(title.trim() === name ? {} : { title: title.trim() }),
		...(description.trim() ? { description: description.trim() } : {}),
	};
	switch (kind) {
		case "text":
			return { type: "string", ...said };
		case "date":
			return { type: "string", format: "date", ...said };
		case "choice":
			return { type: "string", enum: choicesOf(choices), ...said };
		case "number":
		case "integer":
			return { type: kind, ...said, ...more };
		case "flag":
			return { type: "boolean", ...said };
		case "list":
			return { type: "array", ...said, items: toSchema(inner) };
		case "object":
			return { ...toSchema(inner), ...said };
	}
}
