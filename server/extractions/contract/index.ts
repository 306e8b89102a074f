import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export * from "./schema";

/** Most documents of one extraction. */
export const mostDocuments = 2_000;

export const extractionStates = ["running", "paused", "cancelled", "ended"] as const;
export const Extraction = z.object({
	id: z.uuid(),
	name: z.string().describe("What it goes over: a collection's name, or how many documents."),
	agentId: z.uuid(),
	agentName: z.string(),
	agentVersion: z.int().describe("The version of the agent that it runs, and whose fields it fills in."),
	collectionId: z.uuid().describe("The collection that the documents are of."),
	state: z.enum(extractionStates).describe("`ended`: every document is done, or failed by itself."),
	reason: z
		.string()
		.nullable()
		.describe("Why it waits, or came to an end before its time; null where nothing is wrong."),
	total: z.int().describe("How many documents it goes over."),
	queued: z.int().describe("Of them, those that wait for their turn."),
	running: z.int().describe("Of them, those that are worked on."),
	done: z.int().describe("Of them, those whose fields are filled in."),
	failed: z.int().describe("Of them, those that failed, each for a reason of its own."),
	cancelled: z.int().describe("Of them, those that were given up."),
	low: z.int().describe("Of those that are done, how many have a field with low confidence."),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
});
export type Extraction = z.infer<typeof Extraction>;
export const ListExtractions = listOf(Extraction, {
	filter: { state: asks.oneOf(extractionStates), agentId: asks.id(), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListExtractions = z.infer<typeof ListExtractions>;
export const ExtractionPage = pageOf(Extraction);
export const OneExtraction = z.strictObject({ extractionId: z.uuid() });
export type OneExtraction = z.infer<typeof OneExtraction>;

export const StartExtraction = z.strictObject({
	agentId: z.uuid().describe("An agent that extracts: its schema says which fields."),
	collectionId: z.uuid().describe("Where the documents are."),
	documentIds: z
		.array(z.uuid())
		.min(1)
		.max(500)
		.optional()
		.describe("Only these of them; left out: every document of the collection that the caller may read."),
});
export type StartExtraction = z.infer<typeof StartExtraction>;

export const steerings = ["pause", "resume", "cancel", "retry"] as const;
export const SteerExtraction = z.strictObject({
	extractionId: z.uuid(),
	action: z
		.enum(steerings)
		.describe(
			"`pause` lets what is under way end and starts no more; `cancel` stops that too; `retry`: what failed or was given up.",
		),
});
export type SteerExtraction = z.infer<typeof SteerExtraction>;

const FieldPath = z
	.string()
	.min(1)
	.max(200)
	.describe("Which field: `supplier.name`; of a list, with the number of the row from 0: `lines.0.amount`.");
const FieldValue = z
	.union([z.string(), z.number(), z.boolean(), z.null()])
	.describe("What it is; null where the document says nothing of it.");
export const levels = ["high", "medium", "low", "none"] as const;
export const ExtractedField = z.object({
	path: FieldPath,
	value: FieldValue,
	level: z.enum(levels).describe("How sure it is, in a word; `none`: nothing was found."),
	confidence: z.number().describe("How sure it is, from 0 to 1."),
	reasons: z.array(z.string()).describe("Why it is as sure as that."),
	isFound: z.boolean().describe("Whether it stands in the document, as far as can be told."),
	quote: z.string().describe("The words of the document that it stands in; empty where it stands nowhere."),
	page: z.int().nullable().describe("On which page that is; null where it stands nowhere."),
	start: z.int().nullable().describe("Where the quote starts in the page's text, in UTF-16 units."),
	end: z.int().nullable().describe("Where the quote ends in the page's text, in UTF-16 units."),
	extracted: FieldValue.describe("What the model read, also where a person corrected it since."),
	correctedByName: z.string().nullable().describe("Who corrected it last; null where nobody did."),
	correctedAt: z.date().nullable().describe("When that was."),
});
export type ExtractedField = z.infer<typeof ExtractedField>;

export const resultStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export const ExtractionResult = z.object({
	id: z.uuid(),
	extractionId: z.uuid().describe("The extraction that it belongs to."),
	ordinal: z.int().describe("Its place in the extraction, from 1."),
	documentId: z.uuid(),
	documentName: z
		.string()
		.nullable()
		.describe("Null where the caller may not read the document any more: then there are no fields either."),
	state: z.enum(resultStates),
	reason: z.string().nullable().describe("Why it failed or was given up."),
	certainty: z
		.int()
		.nullable()
		.describe("The confidence of its least sure field, in percent; null while there is none."),
	fields: z.array(ExtractedField).describe("Its fields in the order of the schema, the rows of lists last."),
	model: z.string().nullable().describe("The model that read it."),
	runId: z.uuid().nullable().describe("The run that did it last."),
	revision: z.int().describe("Counts up with each correction."),
	updatedAt: z.date(),
});
export type ExtractionResult = z.infer<typeof ExtractionResult>;
export const ListResults = listOf(ExtractionResult, {
	filter: {
		state: asks.oneOf(resultStates),
		isLow: asks.flag(),
		documentId: asks.id(),
	},
	sort: ["ordinal"],
}).extend({ extractionId: z.uuid() });
export type ListResults = z.infer<typeof ListResults>;
export const ResultPage = pageOf(ExtractionResult);
export const OneResult = z.strictObject({ extractionId: z.uuid(), resultId: z.uuid() });
export type OneResult = z.infer<typeof OneResult>;

const ExtractionColumn = z.object({
	path: FieldPath,
	title: z.string(),
	type: z.enum(["string", "number", "integer", "boolean"]).describe("What its values are."),
});
/** What an extraction fills in, flat, for whoever shows a table of it. */
export const ExtractionColumns = z.object({
	fields: z.array(ExtractionColumn).describe("Its values, a column each."),
	lists: z
		.array(
			z.object({
				path: FieldPath,
				title: z.string(),
				fields: z.array(ExtractionColumn).describe("The values of one row."),
			}),
		)
		.describe("Its lists of rows."),
});
export type ExtractionColumns = z.infer<typeof ExtractionColumns>;

export const CorrectField = z.strictObject({
	extractionId: z.uuid(),
	resultId: z.uuid(),
	path: FieldPath,
	value: z
		.union([z.string().max(2_000), z.number(), z.boolean(), z.null()])
		.describe("What the document says of it; null: nothing."),
	basedOn: z
		.int()
		.min(1)
		.optional()
		.describe(
			"The `revision` that was read: where somebody corrected it since, it is refused (412). Left out: whatever is there is overwritten.",
		),
});
export type CorrectField = z.infer<typeof CorrectField>;
/** Every correction of one field is kept; the newest counts. */
export const Correction = z.object({
	path: FieldPath,
	before: FieldValue.describe("What stood there until then."),
	value: FieldValue,
	byName: z.string().describe("Who corrected it."),
	at: z.date(),
});
export const ResultHistory = z.object({ corrections: z.array(Correction).describe("Newest first, the last hundred.") });
export type ResultHistory = z.infer<typeof ResultHistory>;

export const ExportExtraction = z.strictObject({
	extractionId: z.uuid(),
	format: z.enum(["csv", "json"]).default("csv"),
	list: FieldPath.optional().describe(
		"CSV only: a list of the schema, of which each row becomes a line. Left out: a line a document.",
	),
	cursor: z.string().max(1_000).optional().describe("`next` of the piece before; left out: from the beginning."),
});
export type ExportExtraction = z.infer<typeof ExportExtraction>;
export const ExportPiece = z.object({
	name: z.string().describe("A name for the file."),
	content: z.string().describe("The next piece of it: put one behind the other, they are the file."),
	next: z.string().nullable().describe("The cursor of the piece after; null at the end."),
});
export type ExportPiece = z.infer<typeof ExportPiece>;
