import { sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	customType,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	smallint,
	text,
	timestamp,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { users } from "./users";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
const at = () => timestamp({ withTimezone: true });

export const collections = pgTable(
	"collections",
	{
		id: uuid().primaryKey().defaultRandom(),
		/**
		 * The number of the index that is searched: it stands in passages, postings and vectors, and nothing of another number is
		 * ever looked at. A new index is made under a number of the same sequence, and to switch is to write it here.
		 */
		no: integer().notNull().generatedByDefaultAsIdentity(),
		/** What made the vectors of that index, and how long each is. */
		model: text().notNull(),
		dimension: integer().notNull(),
		/** Characters that a passage of that index has at most, and how many of them it shares with the one before it. */
		chunkSize: integer().notNull().default(1000),
		chunkOverlap: integer().notNull().default(0),
		name: text().notNull(),
		description: text().notNull().default(""),
		ownerId: uuid()
			.notNull()
			.references(() => users.id),
		/** Goes up with each change of what can be found in it; caches compare it. */
		version: bigint({ mode: "number" }).notNull().default(1),
		/** Goes up with each change of what it is called, says and whom it is for, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
		deletedAt: at(),
	},
	(t) => [
		uniqueIndex("collections_no_key").on(t.no),
		index("collections_owner_idx").on(t.ownerId),
		index("collections_created_idx").on(t.createdAt, t.id),
		index("collections_name_idx").on(t.name, t.id),
	],
);

export type ReindexState = "building" | "live" | "cancelled" | "failed" | "replaced";

/** An index of a collection that is made beside the one that is searched, and what became of it. */
export const reindexes = pgTable(
	"reindexes",
	{
		/** Its number in passages, postings and vectors. */
		no: integer().primaryKey(),
		collectionId: uuid()
			.notNull()
			.references(() => collections.id, { onDelete: "cascade" }),
		state: text().$type<ReindexState>().notNull().default("building"),
		model: text().notNull(),
		dimension: integer().notNull(),
		chunkSize: integer().notNull(),
		chunkOverlap: integer().notNull(),
		/** What was searched until then. */
		before: jsonb().$type<{ model: string; dimension: number; chunkSize: number; chunkOverlap: number }>().notNull(),
		reason: text(),
		startedBy: uuid()
			.notNull()
			.references(() => users.id),
		startedAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [
		uniqueIndex("reindexes_building_key").on(t.collectionId).where(sql`${t.state} = 'building'`),
		index("reindexes_collection_idx").on(t.collectionId, t.startedAt),
	],
);

/** A file in the content-addressed store. */
export const files = pgTable("files", {
	sha256: text().primaryKey(),
	size: bigint({ mode: "number" }).notNull(),
	createdAt: at().notNull().defaultNow(),
});

/** Proof that this person brought these bytes: a hash alone opens nothing. Ends after a day. */
export const uploads = pgTable(
	"uploads",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		sha256: text()
			.notNull()
			.references(() => files.sha256),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [index("uploads_created_idx").on(t.createdAt)],
);

export type DocumentState =
	| ("queued" | "parsing" | "chunking" | "embedding" | "indexing")
	| ("ready" | "failed" | "paused" | "cancelled");

/** What a file holds and nobody is meant to read in it, or what can't be read as text. */
export type DroppedKind =
	| ("hiddenText" | "hiddenRows" | "hiddenColumns" | "hiddenSheets" | "hiddenSlides")
	| ("notes" | "comments" | "pictures" | "attachments");

/** What somebody wrote down about a document, by names of their own. */
export type DocumentFields = Record<string, string | number | boolean>;

export const documents = pgTable(
	"documents",
	{
		id: uuid().primaryKey().defaultRandom(),
		/** A small number that stands for the document in postings and vectors. */
		no: integer().notNull().generatedAlwaysAsIdentity(),
		collectionId: uuid()
			.notNull()
			.references(() => collections.id, { onDelete: "cascade" }),
		sha256: text()
			.notNull()
			.references(() => files.sha256),
		name: text().notNull(),
		mediaType: text().notNull(),
		/** Where it came from: `upload`, or the address or folder that it was read from. */
		source: text().notNull().default("upload"),
		/** The source that keeps it up to date; no foreign key, as the documents of one that is deleted go after it. */
		sourceId: uuid(),
		/** The archive, mail or sitemap that it came in: deleted with it. */
		containerId: uuid(),
		fields: jsonb().$type<DocumentFields>().notNull().default({}),
		/** Read only by who manages the collection and whom it is granted to, not by all who read the collection. */
		isRestricted: boolean().notNull().default(false),
		size: bigint({ mode: "number" }).notNull(),
		state: text().$type<DocumentState>().notNull().default("queued"),
		/** Why it failed, for the person who uploaded it. */
		reason: text(),
		/** What was left out of its text, by kind: hidden rows, notes, pictures … */
		dropped: jsonb().$type<{ what: DroppedKind; count: number }[]>().notNull().default([]),
		/** Work done and work in all within the present state, for the progress bar. */
		done: integer().notNull().default(0),
		total: integer().notNull().default(0),
		pageCount: integer(),
		chunkCount: integer(),
		/** Sum of its chunks' lengths in lexemes. */
		termCount: integer(),
		/** The index that its passages were last cut for; another than its collection's, and they are cut anew. */
		indexNo: integer(),
		/** Goes up with each attempt, so that a late step of an older attempt changes nothing. */
		attempt: integer().notNull().default(1),
		uploadedBy: uuid()
			.notNull()
			.references(() => users.id),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
		readyAt: at(),
		/** From then on nobody finds it; a job removes its rows. */
		deletedAt: at(),
	},
	(t) => [
		uniqueIndex("documents_no_key").on(t.no),
		uniqueIndex("documents_collection_sha_key").on(t.collectionId, t.sha256).where(sql`${t.deletedAt} is null`),
		index("documents_sha_idx").on(t.sha256),
		index("documents_collection_idx").on(t.collectionId, t.createdAt, t.id),
		index("documents_state_idx").on(t.collectionId, t.state, t.createdAt, t.id),
		index("documents_type_idx").on(t.collectionId, t.mediaType, t.createdAt, t.id),
		index("documents_name_idx").on(t.collectionId, t.name),
		index("documents_source_idx").on(t.collectionId, t.source),
		index("documents_source_id_idx").on(t.sourceId).where(sql`${t.sourceId} is not null`),
		index("documents_container_idx").on(t.containerId).where(sql`${t.containerId} is not null`),
		index("documents_fields_idx").using("gin", sql`${t.fields} jsonb_path_ops`),
		index("documents_restricted_idx").on(t.collectionId).where(sql`${t.isRestricted}`),
	],
);

/** When documents were last found by a search: many searches together write it now and then. What was never found was never cited. */
export const documentUses = pgTable("document_uses", {
	documentId: uuid()
		.primaryKey()
		.references(() => documents.id, { onDelete: "cascade" }),
	foundCount: integer().notNull().default(0),
	foundAt: at(),
});

/** The text of a document, one row a page; formats without pages have one. */
export const documentPages = pgTable(
	"document_pages",
	{
		documentId: uuid()
			.notNull()
			.references(() => documents.id, { onDelete: "cascade" }),
		page: integer().notNull(),
		text: text().notNull(),
		/** Where its headings stand in the text. */
		headings: jsonb().$type<{ at: number; level: number; text: string }[]>().notNull().default([]),
	},
	(t) => [primaryKey({ columns: [t.documentId, t.page] })],
);

/** A passage: what is searched, quoted and cited. Offsets count UTF-16 units in its page's text. */
export const chunks = pgTable(
	"chunks",
	{
		id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
		documentId: uuid()
			.notNull()
			.references(() => documents.id, { onDelete: "cascade" }),
		collectionNo: integer().notNull(),
		ordinal: integer().notNull(),
		page: integer().notNull(),
		startOffset: integer().notNull(),
		endOffset: integer().notNull(),
		heading: text().notNull().default(""),
		text: text().notNull(),
		/** Count of lexemes, BM25's document length. */
		length: integer().notNull(),
	},
	(t) => [uniqueIndex("chunks_document_ordinal_key").on(t.documentId, t.collectionNo, t.ordinal)],
);

/** How far a document is in an index that is being made beside the one that is searched. */
export const reindexDocuments = pgTable(
	"reindex_documents",
	{
		no: integer()
			.notNull()
			.references(() => reindexes.no, { onDelete: "cascade" }),
		documentId: uuid()
			.notNull()
			.references(() => documents.id, { onDelete: "cascade" }),
		/** The reading that it was cut from: after another, it is cut anew. */
		attempt: integer().notNull(),
		chunkCount: integer().notNull(),
		termCount: integer().notNull().default(0),
		/** Wholly there: nothing of it is left to be done. */
		isDone: boolean().notNull().default(false),
	},
	(t) => [primaryKey({ columns: [t.no, t.documentId] }), index("reindex_documents_document_idx").on(t.documentId)],
);

/** Where passages stood that an index had which is gone, so that what cites them still opens at its place. */
export const formerPassages = pgTable(
	"former_passages",
	{
		chunkId: bigint({ mode: "number" }).primaryKey(),
		documentId: uuid()
			.notNull()
			.references(() => documents.id, { onDelete: "cascade" }),
		page: integer().notNull(),
		startOffset: integer().notNull(),
		endOffset: integer().notNull(),
	},
	(t) => [index("former_passages_document_idx").on(t.documentId)],
);

/** float32 vectors in their own narrow table, so that loading a block reads nothing else. */
export const chunkVectors = pgTable(
	"chunk_vectors",
	{
		chunkId: bigint({ mode: "number" })
			.primaryKey()
			.references(() => chunks.id, { onDelete: "cascade" }),
		collectionNo: integer().notNull(),
		documentId: uuid().notNull(),
		model: text().notNull(),
		vector: bytea().notNull(),
	},
	(t) => [
		index("chunk_vectors_collection_idx").on(t.collectionNo, t.chunkId),
		index("chunk_vectors_document_idx").on(t.documentId),
	],
);

/** The lexical index: which chunk holds which lexeme how often. Written when a document becomes ready. */
export const postings = pgTable(
	"postings",
	{
		term: text().notNull(),
		chunkId: bigint({ mode: "number" })
			.notNull()
			.references(() => chunks.id, { onDelete: "cascade" }),
		collectionNo: integer().notNull(),
		documentNo: integer().notNull(),
		tf: smallint().notNull(),
		/** The chunk's length in lexemes: repeated here so that ranking reads this table alone. */
		length: smallint().notNull(),
	},
	(t) => [
		// All columns, so that ranking reads the index alone.
		primaryKey({ columns: [t.term, t.collectionNo, t.chunkId, t.documentNo, t.tf, t.length] }),
		index("postings_chunk_idx").on(t.chunkId),
	],
);

/** An index of the vectors beside PostgreSQL, and how far it has them all. */
export const vectorIndexes = pgTable("vector_indexes", {
	/** What its collection is called there; it names the embedding model. */
	name: text().primaryKey(),
	/** Only when it is ready, it is searched. */
	state: text().$type<"filling" | "ready">().notNull().default("filling"),
	/** The last passage that was brought to it. */
	cursor: bigint({ mode: "number" }).notNull().default(0),
	updatedAt: at().notNull().defaultNow(),
});
