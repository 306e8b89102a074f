import type { Document } from "@/server/knowledge/contract";

type Fields = Document["fields"];

export const writeFields = (fields: Fields): string =>
	Object.entries(fields)
		.map(([name, value]) => `${name}: ${value}`)
		.join("\n");

/** Fields out of lines such as `team: north`; `unreadable` is the first line that is none. */
export function readFields(lines: string): { fields: Fields; unreadable: string | null } {
	const fields: Fields = {};
	for (const line of lines.split("\n")) {
		if (line.trim() === "") continue;
		const at = line.indexOf(":");
		const value = line.slice(at + 1).trim();
		if (at < 1 || value === "") return { fields, unreadable: line.trim() };
		fields[line.slice(0, at).trim()] = toValue(value);
	}
	return { fields, unreadable: null };
}

function toValue(text: string): string | number | boolean {
	if (text === "true" || text === "false") return text === "true";
	return /^-?\d{1,15}(\.\d{1,10})?$/.test(text) ? Number(text) : text;
}
