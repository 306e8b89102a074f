import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";
import { Scorers } from "./scorers";

/** Most items of a dataset, and of one import. */
export const mostItems = 2_000;
/** Most characters of an imported file. */
export const longestImport = 800_000;

const said = (max: number) =>
	z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.max(max);
const Name = said(80).min(1, "A name is needed.").describe("What people call it.");
const Description = said(1_000).describe("What it is for.");

export const Dataset = z.object({
	id: z.uuid(),
	name: z.string(),
	description: z.string(),
	version: z.int().describe("Counts up with each change of its items or scorers."),
	items: z.int().describe("How many items it has."),
	scorers: Scorers,
	access: z.enum(accesses),
	ownerName: z.string().describe("Whose it is."),
	mayManage: z.boolean().describe("Whether the caller may change it."),
	updatedAt: z.date(),
});
export type Dataset = z.infer<typeof Dataset>;
export const ListDatasets = listOf(Dataset, {
	filter: { name: asks.name(80), updatedAt: asks.time() },
	sort: ["updatedAt"],
});
export type ListDatasets = z.infer<typeof ListDatasets>;
export const DatasetPage = pageOf(Dataset);
export const OneDataset = z.strictObject({ datasetId: z.uuid() });
export type OneDataset = z.infer<typeof OneDataset>;

export const CreateDataset = z.strictObject({
	name: Name,
	description: Description.default(""),
	scorers: Scorers.default([]),
	access: z.enum(accesses).default("private"),
});
export type CreateDataset = z.infer<typeof CreateDataset>;
const basedOn = z
	.int()
	.min(1)
	.max(1_000_000_000)
	.describe("The dataset's `version` that was read: where it changed since, it is refused (412).");
export const ChangeDataset = z.strictObject({
	datasetId: z.uuid(),
	basedOn,
	name: Name.optional(),
	description: Description.optional(),
	scorers: Scorers.optional(),
});
export type ChangeDataset = z.infer<typeof ChangeDataset>;

const Tag = said(40).min(1);
const itemFields = {
	input: said(20_000).min(1, "An item needs a question.").describe("What is asked."),
	expected: said(20_000)
		.default("")
		.describe("What the answer should be; empty where only rules or a judge measure it."),
	notes: said(2_000).default("").describe("What people should know of it."),
	tags: z.array(Tag).max(10).default([]).describe("By what it is found."),
};
export const DatasetItem = z.object({
	id: z.uuid(),
	ordinal: z.int().describe("Its place, from 1."),
	input: z.string().describe("What is asked."),
	expected: z.string().describe("What the answer should be."),
	notes: z.string().describe("What people should know of it."),
	tags: z.array(z.string()).describe("By what it is found."),
	sourceRunId: z.uuid().nullable().describe("The run that it was taken from; null: it was written."),
	fromVersion: z.int().describe("The first version of the dataset that has it so."),
	changedByName: z.string().nullable().describe("Who wrote it so; null: their account was erased."),
	createdAt: z.date(),
});
export type DatasetItem = z.infer<typeof DatasetItem>;
export const ListItems = listOf(DatasetItem, {
	filter: { input: asks.name(200), tag: asks.exactly(z.string().max(40)) },
	sort: ["ordinal"],
}).extend({ datasetId: z.uuid() });
export type ListItems = z.infer<typeof ListItems>;
export const ItemPage = pageOf(DatasetItem);
export const OneItem = z.strictObject({ datasetId: z.uuid(), itemId: z.uuid() });
export type OneItem = z.infer<typeof OneItem>;
export const AddItem = z.strictObject({ datasetId: z.uuid(), ...itemFields });
export type AddItem = z.infer<typeof AddItem>;
export const ChangeItem = z.strictObject({ datasetId: z.uuid(), itemId: z.uuid(), basedOn, ...itemFields });
export type ChangeItem = z.infer<typeof ChangeItem>;
export const ItemHistory = z.object({
	states: z
		.array(DatasetItem.extend({ toVersion: z.int().nullable().describe("The first version that has it so no more.") }))
		.describe("As it was, newest first."),
});
export type ItemHistory = z.infer<typeof ItemHistory>;

export const AddRun = z.strictObject({
	datasetId: z.uuid(),
	runId: z.uuid().describe("A run that the caller may read, and that gave an answer."),
	expected: said(20_000).optional().describe("What the answer should be; left out: what it was."),
	notes: itemFields.notes,
	tags: itemFields.tags,
});
export type AddRun = z.infer<typeof AddRun>;

export const ImportItems = z.strictObject({
	datasetId: z.uuid(),
	csv: z
		.string()
		.min(1)
		.max(longestImport, `A file has at most ${longestImport.toLocaleString("en")} characters.`)
		.describe("A table with the columns input and, as wanted, expected, notes and tags (with ; between)."),
});
export type ImportItems = z.infer<typeof ImportItems>;
export const Imported = z.object({
	added: z.int().describe("How many items were added."),
	skipped: z.int().describe("How many rows had a question that the dataset has already."),
});
export type Imported = z.infer<typeof Imported>;
export const ExportItems = z.strictObject({
	datasetId: z.uuid(),
	format: z.enum(["csv", "jsonl"]).default("csv").describe("CSV for a spreadsheet, or a JSON object a line."),
	cursor: z.string().max(1000).optional(),
});
export type ExportItems = z.infer<typeof ExportItems>;
export const ItemsPiece = z.object({
	name: z.string().describe("The file's name."),
	content: z.string().describe("A piece of the file; the pieces one after the other are the file."),
	next: z.string().nullable(),
});
export type ItemsPiece = z.infer<typeof ItemsPiece>;
