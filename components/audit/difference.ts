type Fields = Record<string, unknown> | null;
export type Change = { field: string; kind: "changed" | "set" | "removed" | "same"; before: string; after: string };

/** A value as people read it: text as it is, lists by their items, nothing as nothing. */
function tell(value: unknown): string {
	if (value === null || value === undefined || value === "") return "";
	if (typeof value === "string") return value;
	if (typeof value === "boolean") return value ? "yes" : "no";
	if (typeof value === "number") return String(value);
	if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.map(tell).join(", ");
	return JSON.stringify(value);
}

/** `roleId` → `Role id`. */
export const fieldName = (field: string): string => {
	const words = field
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replaceAll(/[_-]/g, " ")
		.toLowerCase();
	return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Fields of fields stand on lines of their own, so that one changed value does not hide in a text of all. */
function flat(fields: Fields, path = ""): [string, unknown][] {
	return Object.entries(fields ?? {}).flatMap(([key, value]): [string, unknown][] => {
		const name = path ? `${path} › ${fieldName(key)}` : fieldName(key);
		const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
		const below = isNested ? flat(value as Record<string, unknown>, name) : [];
		return below.length > 0 ? below : [[name, value]];
	});
}

/** What a change did, field by field. */
export function changesOf(before: Fields, after: Fields): Change[] {
	const was = new Map(flat(before));
	const is = new Map(flat(after));
	return [...new Set([...was.keys(), ...is.keys()])].map((field) => {
		const [old, fresh] = [tell(was.get(field)), tell(is.get(field))];
		const kind = old === fresh ? "same" : old === "" ? "set" : fresh === "" ? "removed" : "changed";
		return { field, kind, before: old, after: fresh };
	});
}

export const detailsOf = (detail: Record<string, unknown>): { field: string; value: string }[] =>
	flat(detail).map(([field, value]) => ({ field, value: tell(value) }));
