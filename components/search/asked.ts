import { z } from "zod";
import { fileTypes, type Search, SearchFilter } from "@/server/knowledge/contract";

export const filterNames = ["in", "type", "added", "source", "field"] as const;
const dayMs = 86_400_000;
export const ages = [
	{ value: "", label: "Added at any time", days: 0 },
	{ value: "day", label: "Added in the last day", days: 1 },
	{ value: "week", label: "Added in the last week", days: 7 },
	{ value: "month", label: "Added in the last month", days: 31 },
	{ value: "year", label: "Added in the last year", days: 366 },
] as const;
/** Every kind of file that can be read, in the order that people know them. */
const names = {
	pdf: "PDF",
	docx: "Word",
	xlsx: "Excel",
	pptx: "PowerPoint",
	odt: "OpenDocument text",
	csv: "Table (CSV)",
	eml: "Mail",
	md: "Markdown",
	html: "HTML",
	txt: "Text",
	png: "Picture (PNG)",
	jpg: "Picture (JPEG)",
	webp: "Picture (WebP)",
	tiff: "Picture (TIFF)",
	gif: "Picture (GIF)",
	zip: "Archive (ZIP)",
} as const satisfies Partial<Record<keyof typeof fileTypes, string>>;
export const kinds = [
	{ value: "", label: "Any kind" },
	...(Object.keys(names) as (keyof typeof names)[]).map((ending) => ({
		value: fileTypes[ending],
		label: names[ending],
	})),
];
const shown = 20;

type Asked = { input: Search | null; problem: string | null };

/** What the address asks for. What can't be used is told, and the search goes on without it. */
export function askedOf(get: (name: string) => string | null, today: Date): Asked {
	const query = get("q")?.trim();
	if (!query) return { input: null, problem: null };
	const days = ages.find(({ value }) => value === get("added"))?.days ?? 0;
	const field = fieldOf(get("field"));
	// From the beginning of a day, so that the same address asks for the same all day long.
	const since = new Date(Math.floor(today.getTime() / dayMs) * dayMs - (days - 1) * dayMs).toISOString();
	const wanted = {
		...(get("type") ? { type: { eq: get("type") } } : {}),
		...(days > 0 ? { date: { gte: since } } : {}),
		...(get("source") ? { source: { eq: get("source") } } : {}),
		...(field.value ? { fields: field.value } : {}),
	};
	const filter = SearchFilter.safeParse(wanted);
	const collection = z.uuid().safeParse(get("in") ?? undefined);
	const isUsable = filter.success && (collection.success || !get("in"));
	return {
		input: {
			query: query.slice(0, 4000),
			limit: shown,
			...(collection.success ? { collectionIds: [collection.data] } : {}),
			...(filter.success && Object.keys(wanted).length > 0 ? { filter: filter.data } : {}),
		},
		problem: field.problem ?? (isUsable ? null : "A filter in the address can't be used, so it was left out."),
	};
}

/** `team=north`, `year>=2024`: a field's name, how it compares, and with what. */
function fieldOf(text: string | null): {
	value: Record<string, Record<string, unknown>> | null;
	problem: string | null;
} {
	if (!text) return { value: null, problem: null };
	const { name, sign, rest } =
		/^(?<name>[a-z][a-z0-9_]{0,39})\s*(?<sign>=|>=|<=|>|<)\s*(?<rest>.+)$/.exec(text)?.groups ?? {};
	const operator = sign && { "=": "eq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" }[sign];
	if (!name || !operator || !rest)
		return { value: null, problem: `“${text}” is no field: write it as team=north or year>=2024.` };
	return { value: { [name]: { [operator]: readValue(rest.trim()) } }, problem: null };
}

function readValue(text: string): string | number | boolean {
	if (text === "true" || text === "false") return text === "true";
	return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
