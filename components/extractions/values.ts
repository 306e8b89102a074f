import type { ExtractedField, Value } from "@/server/extractions/contract";

/** A value as people read it. */
export const shown = (value: Value): string =>
	value === null ? "–" : typeof value === "boolean" ? (value ? "Yes" : "No") : String(value);

/** The rows of a list, each with its fields by their paths within the row. */
export function rowsOf(
	fields: readonly ExtractedField[],
	list: string,
): { n: number; fields: Map<string, ExtractedField> }[] {
	const rows = new Map<number, Map<string, ExtractedField>>();
	for (const field of fields) {
		if (!field.path.startsWith(`${list}.`)) continue;
		const [n = "", ...column] = field.path.slice(list.length + 1).split(".");
		const row = rows.get(Number(n)) ?? new Map<string, ExtractedField>();
		rows.set(Number(n), row.set(column.join("."), field));
	}
	return [...rows].map(([n, of]) => ({ n, fields: of }));
}

/** Where a quote stands in its document. */
export const quoteHref = (documentId: string, { page, start, end }: ExtractedField): string | null =>
	page === null ? null : `/knowledge/documents/${documentId}?page=${page}&start=${start ?? 0}&end=${end ?? 0}&as=text`;
