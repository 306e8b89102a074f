import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { csvLine } from "@/server/core/csv";
import { invalidField } from "@/server/core/errors";
import type { ExportExtraction, ExportPiece, ExtractedField, ExtractionResult, Value } from "../contract";
import { type Columns, columnsOf, type List } from "../contract/schema";
import { getExtraction, listResults, schemaOf } from "./read";

const documentsToPiece = 100;

/** A piece of the file that a table of the results makes: as CSV for a spreadsheet, or as JSON with every field's place. */
export async function exportExtraction(ctx: ServiceContext, input: ExportExtraction): Promise<ExportPiece> {
	const { extractionId, format, cursor } = input;
	const extraction = await getExtraction(ctx, { extractionId });
	const columns = columnsOf(await schemaOf(ctx, extractionId));
	const list = input.list === undefined ? null : columns.lists.find(({ path }) => path === input.list);
	if (list === undefined || (list && format === "json"))
		throw invalidField("list", "There is no such list in the CSV.");
	const page = await listResults(ctx, { extractionId, limit: documentsToPiece, sort: "ordinal", cursor });
	if (cursor === undefined)
		await audit(ctx, ctx.db.orm, {
			...{ action: "extraction.export", resource: "extraction", resourceId: extractionId },
			detail: { format, list: input.list ?? null },
		});
	const place = { isFirst: cursor === undefined, isLast: page.next === null };
	const content = format === "csv" ? toCsv(page.rows, columns, list, place) : toJson(page.rows, columns, place);
	const name = `${extraction.name.replace(/[^\p{L}\p{N} _-]/gu, "").trim() || "extraction"}.${format}`;
	return { name, content, next: page.next };
}

type Place = { isFirst: boolean; isLast: boolean };
type Cell = string | number | null;

const about = ["Document", "State", "Confidence", "To be looked at"];
const cellOf = (value: Value | undefined): Cell =>
	typeof value === "boolean" ? (value ? "true" : "false") : (value ?? null);

function toCsv(rows: readonly ExtractionResult[], columns: Columns, list: List | null, { isFirst }: Place): string {
	const lists = list ? [] : columns.lists;
	const head = [
		...about,
		...columns.leaves.map(({ path }) => path),
		...lists.map(({ path }) => path),
		...(list ? [`${list.path} no`, ...list.leaves.map(({ path }) => `${list.path}.${path}`)] : []),
	];
	const lines = rows.flatMap((row): Cell[][] => {
		const values = new Map(row.fields.map(({ path, value }) => [path, value]));
		const own: Cell[] = [
			row.documentName ?? "A document that you may not read",
			row.reason ? `${row.state}: ${row.reason}` : row.state,
			row.certainty === null ? null : row.certainty / 100,
			row.fields
				.filter(({ level }) => level === "low")
				.map(({ path }) => path)
				.join(" "),
			...columns.leaves.map(({ path }) => cellOf(values.get(path))),
			...lists.map((one) => (row.state === "done" ? JSON.stringify(rowsOf(row.fields, one)) : null)),
		];
		if (!list) return [own];
		return rowsOf(row.fields, list).map((of, n) => [...own, n + 1, ...list.leaves.map(({ path }) => cellOf(of[path]))]);
	});
	return [...(isFirst ? [head] : []), ...lines].map(csvLine).join("");
}

/** The rows of one list, each as its values by their paths. */
function rowsOf(fields: readonly ExtractedField[], list: List): Record<string, Value>[] {
	const rows: Record<string, Value>[] = [];
	for (const { path, value } of fields) {
		if (!path.startsWith(`${list.path}.`)) continue;
		const [n = "", ...column] = path.slice(list.path.length + 1).split(".");
		const row = rows[Number(n)] ?? {};
		rows[Number(n)] = row;
		row[column.join(".")] = value;
	}
	return rows;
}

/** One array over all pieces. */
function toJson(rows: readonly ExtractionResult[], columns: Columns, { isFirst, isLast }: Place): string {
	const objects = rows.map((row) => {
		const { documentId, documentName, state, reason, certainty, model, fields } = row;
		const values = Object.fromEntries([
			...columns.leaves.map(({ path }) => [path, fields.find((one) => one.path === path)?.value ?? null]),
			...columns.lists.map((list) => [list.path, rowsOf(fields, list)]),
		]);
		return JSON.stringify({ documentId, documentName, state, reason, certainty, model, values, fields });
	});
	return `${isFirst ? "[" : objects.length > 0 ? "," : ""}\n${objects.join(",\n")}${isLast ? "\n]\n" : ""}`;
}
