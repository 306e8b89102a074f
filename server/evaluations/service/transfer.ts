import { and, eq, isNull } from "drizzle-orm";
import { datasetItems } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { csvLine } from "@/server/core/csv";
import { invalidField } from "@/server/core/errors";
import { AddItem, type ExportItems, type Imported, type ImportItems, type ItemsPiece, mostItems } from "../contract";
import { expectReadable, holdDataset } from "./hold";
import { insertItems, listItems, type NewItem } from "./items";

const columns = ["input", "expected", "notes", "tags"] as const;
type Column = (typeof columns)[number];

/** The rows of a table as RFC 4180 has it, with `,` or `;` between and any end of line. Throws where a quote is never closed. */
export function parseCsv(text: string): string[][] {
	const source = text.replace(/^\uFEFF/, "");
	const head = source.slice(0, source.search(/[\r\n]|$/));
	const separator = head.split(";").length > head.split(",").length ? ";" : ",";
	const rows: string[][] = [];
	let row: string[] = [];
	let at = 0;
	while (at < source.length) {
		let cell = "";
		if (source[at] === '"') {
			at += 1;
			for (;;) {
				const close = source.indexOf('"', at);
				if (close < 0) throw invalidField("csv", `A quote in row ${rows.length + 1} is never closed.`);
				cell += source.slice(at, close);
				at = close + 1;
				if (source[at] !== '"') break;
				cell += '"';
				at += 1;
			}
		}
		const from = at;
		while (at < source.length && source[at] !== separator && source[at] !== "\n" && source[at] !== "\r") at += 1;
		row.push(cell + source.slice(from, at));
		if (source[at] === separator) {
			at += 1;
			// What ends with a separator has one more cell, which is empty.
			if (at === source.length) row.push("");
			continue;
		}
		if (source[at] === "\r" && source[at + 1] === "\n") at += 1;
		at += 1;
		rows.push(row);
		row = [];
	}
	if (row.length > 0) rows.push(row);
	return rows.filter((cells) => cells.some((cell) => cell.trim() !== ""));
}

/** Our own export puts a `'` before what a spreadsheet would calculate; it goes again. */
const plain = (cell: string): string => (/^'[\s\p{Cf}\p{Cc}]*[=+\-@＝＋－＠]/u.test(cell) ? cell.slice(1) : cell);

function toItems(csv: string): NewItem[] {
	const [head, ...rows] = parseCsv(csv);
	const places = new Map<Column, number>();
	for (const [at, name] of (head ?? []).entries()) {
		const column = columns.find((one) => one === name.trim().toLowerCase());
		if (column && !places.has(column)) places.set(column, at);
	}
	if (!places.has("input"))
		throw invalidField("csv", "The first row names the columns, and one of them has to be “input”.");
	if (rows.length === 0) throw invalidField("csv", "There is no row below the names of the columns.");
	if (rows.length > mostItems)
		throw invalidField("csv", `At most ${mostItems.toLocaleString("en")} rows at once; these are ${rows.length}.`);
	const Item = AddItem.omit({ datasetId: true });
	return rows.map((cells, at) => {
		const cell = (column: Column) => plain(cells[places.get(column) ?? -1] ?? "");
		const tags = cell("tags")
			.split(";")
			.map((tag) => tag.trim())
			.filter((tag) => tag !== "");
		const read = Item.safeParse({ input: cell("input"), expected: cell("expected"), notes: cell("notes"), tags });
		if (read.success) return read.data;
		const [issue] = read.error.issues;
		throw invalidField("csv", `Row ${at + 2}: ${String(issue?.path[0] ?? "it")}: ${issue?.message ?? "can't be read"}`);
	});
}

/** All of a table or nothing. A question that is there already is not added again. */
export async function importItems(ctx: ServiceContext, { datasetId, csv }: ImportItems): Promise<Imported> {
	const items = toItems(csv);
	return ctx.db.transaction(async (tx) => {
		const held = await holdDataset(ctx, tx, datasetId);
		const there = await tx
			.select({ input: datasetItems.input })
			.from(datasetItems)
			.where(and(eq(datasetItems.datasetId, datasetId), isNull(datasetItems.toVersion)));
		const known = new Set(there.map(({ input }) => input));
		const added = items.filter(({ input }) => !known.has(input) && known.add(input));
		if (added.length > 0) await insertItems(ctx, tx, held, added);
		await audit(ctx, tx, {
			...{ action: "dataset.import", resource: "dataset", resourceId: datasetId },
			detail: { added: added.length, rows: items.length },
		});
		return { added: added.length, skipped: items.length - added.length };
	});
}

/** A piece of the file: nothing in it is a formula. */
export async function exportItems(ctx: ServiceContext, input: ExportItems): Promise<ItemsPiece> {
	const { datasetId, format, cursor } = input;
	const { name } = await expectReadable(ctx, datasetId);
	const page = await listItems(ctx, { datasetId, limit: 200, sort: "ordinal", cursor });
	if (cursor === undefined)
		await audit(ctx, ctx.db.orm, {
			...{ action: "dataset.export", resource: "dataset", resourceId: datasetId },
			detail: { format },
		});
	const lines = page.rows.map(({ input: asked, expected, notes, tags }) =>
		format === "csv"
			? csvLine([asked, expected, notes, tags.join(";")])
			: `${JSON.stringify({ input: asked, expected, notes, tags })}\n`,
	);
	const head = format === "csv" && cursor === undefined ? csvLine([...columns]) : "";
	const file = name.replace(/[^\p{L}\p{N} _-]/gu, "").trim() || "dataset";
	return { name: `${file}.${format}`, content: head + lines.join(""), next: page.next };
}
