import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { accesses } from "@/server/core/permissions";

export * from "./named";
export * from "./reindex";

export const maxFileBytes = 25 * 1024 * 1024;
/** What can be read, by extension. */
export const fileTypes = {
	pdf: "application/pdf",
	docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	odt: "application/vnd.oasis.opendocument.text",
	csv: "text/csv",
	eml: "message/rfc822",
	md: "text/markdown",
	html: "text/html",
	htm: "text/html",
	txt: "text/plain",
	png: "image/png",
	jpg: "image/jpeg",
	jpeg: "image/jpeg",
	webp: "image/webp",
	tiff: "image/tiff",
	tif: "image/tiff",
	gif: "image/gif",
	zip: "application/zip",
} as const satisfies Record<string, string>;

/** What a sitemap is; only ever fetched by its address. */
export const sitemapType = "application/xml";

/** The formats in words, for whoever brings files. */
export const readableKinds =
	"PDF, Word, Excel, PowerPoint, OpenDocument, CSV, mail, Markdown, HTML, text, pictures and ZIP archives";

/** What a document of this kind is turned by, where it has such a thing. */
export function pageWord(mediaType: string): "page" | "sheet" | "slide" | null {
	if (mediaType === fileTypes.pdf) return "page";
	if (mediaType === fileTypes.xlsx) return "sheet";
	return mediaType === fileTypes.pptx ? "slide" : null;
}

/** The same by a document's name, whose ending says what it is. */
export function pageWordOf(name: string): "page" | "sheet" | "slide" {
	const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
	return ending === "xlsx" ? "sheet" : ending === "pptx" ? "slide" : "page";
}

export const mediaTypes = [...new Set([...Object.values(fileTypes), sitemapType])] as [string, ...string[]];

const CollectionName = z.string().trim().min(1, "A name is needed.").max(100);
const Description = z.string().trim().max(1000);

/** Who can find what is in it. */
const Access = z.enum(accesses);

export const Collection = z.object({
	id: z.uuid(),
	name: z.string(),
	description: z.string(),
	access: Access,
	ownerName: z.string(),
	mayManage: z.boolean(),
	documentCount: z.int(),
	readyCount: z.int(),
	failedCount: z.int(),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Collection = z.infer<typeof Collection>;
export const ListCollections = listOf(Collection, {
	filter: { name: asks.text(100), createdAt: asks.time() },
	sort: ["createdAt", "name"],
});
export type ListCollections = z.infer<typeof ListCollections>;
export const CollectionPage = pageOf(Collection);
export const CreateCollection = z.strictObject({
	name: CollectionName,
	description: Description.default(""),
	access: Access.default("private"),
});
export type CreateCollection = z.infer<typeof CreateCollection>;
export const UpdateCollection = z.strictObject({
	collectionId: z.uuid(),
	name: CollectionName.optional(),
	description: Description.optional(),
	access: Access.optional(),
	basedOn: z
		.int()
		.min(1)
		.optional()
		.describe(
			"The `revision` that was read: where somebody changed it since, the change is refused (412). Left out: whatever is there is overwritten.",
		),
});
export type UpdateCollection = z.infer<typeof UpdateCollection>;
export const OneCollection = z.strictObject({ collectionId: z.uuid() });
export type OneCollection = z.infer<typeof OneCollection>;

export const Deleted = z.object({ deleted: z.literal(true) });

/** What somebody wrote down about a document, by names of their own. */
const FieldName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "A field's name has small letters, digits and _ only.");
const FieldValue = z.union([z.string().trim().min(1).max(500), z.number(), z.boolean()]);
export const DocumentFields = z.record(FieldName, FieldValue).refine((all) => Object.keys(all).length <= 30, {
	error: "At most 30 fields.",
});

/** Those that are under way. */
export const workStates = ["queued", "parsing", "chunking", "embedding", "indexing"] as const;
export const documentStates = [...workStates, "ready", "failed", "paused", "cancelled"] as const;
export const DocumentState = z.enum(documentStates);
/** What a file holds and nobody is meant to read in it, or what can't be read as text: left out of its text, and counted. */
export const droppedKinds = [
	"hiddenText",
	"hiddenRows",
	"hiddenColumns",
	"hiddenSheets",
	"hiddenSlides",
	"notes",
	"comments",
	"pictures",
	"attachments",
] as const;
export type DroppedKind = (typeof droppedKinds)[number];
export const Dropped = z.object({ what: z.enum(droppedKinds), count: z.int().min(1) });
export type Dropped = z.infer<typeof Dropped>;

export const Document = z.object({
	id: z.uuid(),
	collectionId: z.uuid(),
	name: z.string(),
	mediaType: z.string(),
	source: z.string().describe("Where it came from: `upload`, or the address or folder that it was read from."),
	sourceId: z.uuid().nullable().describe("The source that keeps it up to date, where one does."),
	sourceName: z.string().nullable().describe("That source's name."),
	fields: DocumentFields,
	isRestricted: z
		.boolean()
		.describe("Whether only those may find it who manage the collection or whom it is granted to by itself."),
	size: z.int(),
	state: DocumentState,
	reason: z.string().nullable().describe("Why it failed, and what to do."),
	progress: z.number().describe("0 to 1 over the whole way from queued to ready."),
	done: z
		.int()
		.describe(
			"Of `total`, what is done of the present state's work: scanned pages, passages; 0 of 0 where nothing is counted.",
		),
	total: z.int(),
	dropped: z.array(Dropped).describe("What was left out of its text, as nobody sees it or it is no text."),
	pageCount: z.int().nullable(),
	chunkCount: z.int().nullable(),
	uploadedByName: z.string(),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Document = z.infer<typeof Document>;
export const ListDocuments = listOf(Document, {
	filter: {
		state: asks.oneOf(documentStates),
		mediaType: asks.oneOf(mediaTypes),
		name: asks.text(255),
		source: asks.text(2000),
		sourceId: asks.id(),
		isRestricted: asks.flag(),
		createdAt: asks.time(),
	},
	sort: ["createdAt"],
}).extend({ collectionId: z.uuid() });
export type ListDocuments = z.infer<typeof ListDocuments>;
export const DocumentPage = pageOf(Document);
/** What is left out stays; `fields` are replaced as a whole. */
export const UpdateDocument = z.strictObject({
	documentId: z.uuid(),
	name: z.string().trim().min(1).max(255).optional(),
	fields: DocumentFields.optional(),
	isRestricted: z.boolean().optional(),
});
export type UpdateDocument = z.infer<typeof UpdateDocument>;
export const OneDocument = z.strictObject({ documentId: z.uuid() });
export type OneDocument = z.infer<typeof OneDocument>;

/** The upload itself is a raw body (`knowledge.upload`, octet stream); this adds the brought bytes to a collection. */
export const Upload = z.object({ uploadId: z.uuid(), sha256: z.string(), size: z.int() });
export type Upload = z.infer<typeof Upload>;
export const AddDocument = z.strictObject({
	collectionId: z.uuid(),
	uploadId: z.uuid(),
	name: z.string().trim().min(1).max(255),
});
export type AddDocument = z.infer<typeof AddDocument>;
/** `isNew` is false where the collection already had these bytes: nothing was done twice. */
export const AddedDocument = z.object({ document: Document, isNew: z.boolean() });
export type AddedDocument = z.infer<typeof AddedDocument>;

const steerings = ["pause", "resume", "cancel", "retry"] as const;
/** For the named documents, or for all of the collection that it can be done with. */
export const SteerDocuments = z.strictObject({
	collectionId: z.uuid(),
	action: z.enum(steerings),
	documentIds: z.array(z.uuid()).min(1).max(500).optional().describe("Left out: all of the collection."),
});
export type SteerDocuments = z.infer<typeof SteerDocuments>;
export const Steered = z.object({
	changed: z.int().describe("How many documents it was done with."),
	left: z.int().describe("How many more it can be done with: at most 500 are done at once, so call again."),
});
export type Steered = z.infer<typeof Steered>;

/** What it takes to hand out a document's bytes as they were brought. */
export const OpenedDocument = z.object({ name: z.string(), mediaType: z.string(), size: z.int(), sha256: z.string() });
export type OpenedDocument = z.infer<typeof OpenedDocument>;

export const AddText = z.strictObject({
	collectionId: z.uuid(),
	name: z.string().trim().min(1).max(255).describe("What it is called; its ending is added where it is missing."),
	text: z.string().min(1).max(2_000_000),
	format: z.enum(["markdown", "plain", "html"]).default("markdown"),
});
export type AddText = z.infer<typeof AddText>;

export const AddAddress = z.strictObject({
	collectionId: z.uuid(),
	address: z
		.string()
		.trim()
		.min(1)
		.max(2000)
		.describe("Of a web page, a file, or a sitemap, whose pages of the same site become documents too."),
});
export type AddAddress = z.infer<typeof AddAddress>;

/** A document's text, and the passage to mark in it. */
export const ReadDocument = z.strictObject({
	documentId: z.uuid(),
	page: z
		.int()
		.min(1)
		.max(100_000)
		.optional()
		.describe("The page to open, from 1; left out: the passage's page, else the first."),
	chunkId: z.int().min(1).optional(),
	start: z.int().min(0).max(1e8).optional().describe("Where text to mark on `page` starts, in UTF-16 units."),
	end: z.int().min(0).max(1e8).optional().describe("Where that text ends."),
});
export type ReadDocument = z.infer<typeof ReadDocument>;
export const DocumentText = z.object({
	document: Document,
	mayManage: z.boolean(),
	collectionName: z.string(),
	isCollectionReadable: z
		.boolean()
		.describe("False where this document was granted to the caller, but not what else is in its collection."),
	page: z.int(),
	lastPage: z
		.int()
		.describe("Pages go from 1 to this one; a long document without pages is cut into parts that count as such."),
	text: z.string(),
	passage: z
		.object({ start: z.int(), end: z.int(), text: z.string() })
		.nullable()
		.describe("Where the passage stands in `text`, in UTF-16 units; null where none was asked for."),
});
export type DocumentText = z.infer<typeof DocumentText>;

/** What the page of a collection follows while files go in: the documents that changed. */
export const WatchCollection = z.strictObject({ collectionId: z.uuid(), lastEventId: z.string().max(100).nullish() });
export type WatchCollection = z.infer<typeof WatchCollection>;
export const CollectionChange = z.object({
	documents: z.array(Document),
	removedIds: z.array(z.uuid()),
	total: z
		.object({
			all: z.int(),
			ready: z.int(),
			failed: z.int(),
			paused: z.int(),
			cancelled: z.int(),
			queued: z.int(),
			progress: z.number(),
			waitsFor: z.string().nullable().describe("Why documents wait their turn; null where none does."),
		})
		.describe("The collection's whole: documents by where they stand."),
});
export type CollectionChange = z.infer<typeof CollectionChange>;

/** A number or a text (a date as 2026-11-25) that a field is compared with; numbers with numbers, texts with texts. */
const FieldBound = z.union([z.number(), z.string().max(500)]);
const FieldAsk = z.strictObject({
	eq: FieldValue.optional(),
	in: z.array(FieldValue).min(1).max(100).optional(),
	gt: FieldBound.optional(),
	gte: FieldBound.optional(),
	lt: FieldBound.optional(),
	lte: FieldBound.optional(),
});
export const SearchFilter = z.strictObject({
	documentId: asks.id().optional(),
	source: asks.text(2000).optional().describe("Where documents came from: `upload`, or an address or folder."),
	type: asks.oneOf(mediaTypes).optional(),
	date: asks.time().optional().describe("When they were added."),
	fields: z
		.record(FieldName, FieldAsk)
		.refine((all) => Object.keys(all).length <= 10, { error: "At most 10 fields." })
		.optional()
		.describe("What somebody wrote down about them, by its name."),
});
export type SearchFilter = z.infer<typeof SearchFilter>;
export const Search = z.strictObject({
	query: z.string().trim().min(1).max(4000),
	collectionIds: z.array(z.uuid()).max(100).optional().describe("Only these; left out: all that the caller may read."),
	filter: SearchFilter.optional(),
	limit: z.int().min(1).max(50).default(8),
	neighbours: z
		.int()
		.min(0)
		.max(3)
		.optional()
		.describe("How many passages before and after each come with it, to read it in its place."),
	mostTokens: z
		.int()
		.min(50)
		.max(100_000)
		.optional()
		.describe("Passages, with their neighbours, up to about as many tokens; the best one comes in any case."),
	rerank: z.boolean().optional().describe("False: without the reranker, where one is set up. Left out: with it."),
});
export type Search = z.infer<typeof Search>;
/** By what somebody may read a passage. */
export const PassageGrant = z.object({
	on: z.enum(["ownership", "collection", "document"]),
	to: z.string().describe("Whom it was granted to: everyone, the caller, a group or a role; empty for one's own."),
});
export const Duplicate = z.object({
	chunkId: z.int(),
	documentId: z.uuid(),
	documentName: z.string(),
	page: z.int(),
});
export const Passage = z.object({
	chunkId: z.int(),
	documentId: z.uuid(),
	documentName: z.string(),
	collectionId: z.uuid(),
	collectionName: z.string(),
	mediaType: z.string(),
	addedAt: z.date(),
	isRestricted: z.boolean(),
	page: z.int(),
	pageCount: z.int().nullable().describe("Null for formats without pages."),
	heading: z.string(),
	text: z.string(),
	before: z.string().describe("The passages before it, where neighbours were asked for."),
	after: z.string(),
	score: z.number().describe("Fused by reciprocal rank, k = 60."),
	similarity: z
		.number()
		.nullable()
		.describe(
			"Cosine with the question, −1 to 1, also where only the keywords found it; null where there is no vector to compare.",
		),
	lexicalScore: z.number().nullable().describe("BM25; null where the keywords did not find it."),
	rerankScore: z.number().nullable().describe("What the reranker gave it; null without one."),
	lexicalRank: z.int().nullable().describe("Its place in each list, from 1."),
	vectorRank: z.int().nullable(),
	matchedTerms: z
		.array(z.string())
		.describe("The question's terms, stemmed, that stand in it, and how many there were in all."),
	queryTermCount: z.int(),
	grant: PassageGrant.describe("By what the caller may read it."),
	duplicates: z.array(Duplicate).describe("Passages that say the same, folded into this one."),
});
export type Passage = z.infer<typeof Passage>;
export const SearchResult = z.object({
	passages: z.array(Passage),
	searchedCollections: z.int(),
	degraded: z
		.string()
		.nullable()
		.describe("Why a part of the search was missing, such as the vectors; null where all of it was there."),
});
export type SearchResult = z.infer<typeof SearchResult>;

export const EmbedTexts = z.strictObject({
	texts: z.array(z.string().min(1).max(8_000)).min(1).max(256, "At most 256 texts at a time."),
});
export type EmbedTexts = z.infer<typeof EmbedTexts>;
/** Vectors of length 1, in the order of the texts. */
export const EmbeddedTexts = z.object({ model: z.string(), vectors: z.array(z.array(z.number())) });
export type EmbeddedTexts = z.infer<typeof EmbeddedTexts>;
