import { sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	timestamp,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { collections, documents } from "./knowledge";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type SourceKind = "folder" | "git" | "s3" | "sitemap";
/** What else a kind needs to know: each field is of one kind or of some. */
export type SourceSettings = {
	/** git: left out, whatever its server calls the main one. */
	branch?: string;
	/** git: beside a token. */
	username?: string;
	/** s3 */
	bucket?: string;
	region?: string;
	prefix?: string;
	keyId?: string;
};

/** Where a collection's documents come from again and again. */
export const sources = pgTable(
	"sources",
	{
		id: uuid().primaryKey().defaultRandom(),
		collectionId: uuid()
			.notNull()
			.references(() => collections.id, { onDelete: "cascade" }),
		/** Whose rights its syncs have: whoever made it, or changed it last. */
		ownerId: uuid()
			.notNull()
			.references(() => users.id),
		kind: text().$type<SourceKind>().notNull(),
		name: text().notNull(),
		/** A folder on the server, or an address. */
		address: text().notNull(),
		settings: jsonb().$type<SourceSettings>().notNull().default({}),
		/** Paths that it takes, such as `docs/**`, one a line; empty: all. */
		include: text().notNull().default(""),
		/** What it asks us for, sealed for this row and `secretVersion`. */
		sealedSecret: text(),
		/** Goes up with each secret and each address: an older one can't be put back. */
		secretVersion: integer().notNull().default(1),
		/** Null: only when somebody asks for it. */
		everyMinutes: integer(),
		isPaused: boolean().notNull().default(false),
		nextAt: at(),
		/** Goes up with each change, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		index("sources_collection_idx").on(t.collectionId, t.createdAt, t.id),
		index("sources_owner_idx").on(t.ownerId),
		index("sources_next_idx").on(t.nextAt).where(sql`not ${t.isPaused}`),
	],
);

export type SyncState = "running" | "done" | "partial" | "failed" | "stopped";

/** One sync of a source. At most one of a source runs. */
export const sourceRuns = pgTable(
	"source_runs",
	{
		id: uuid().primaryKey().defaultRandom(),
		sourceId: uuid()
			.notNull()
			.references(() => sources.id, { onDelete: "cascade" }),
		state: text().$type<SyncState>().notNull().default("running"),
		/** Who asked for it; null where it was its time. */
		askedBy: uuid().references(() => users.id, { onDelete: "set null" }),
		/** How many files it found, that it can read and is to take. */
		found: integer().notNull().default(0),
		added: integer().notNull().default(0),
		changed: integer().notNull().default(0),
		removed: integer().notNull().default(0),
		unchanged: integer().notNull().default(0),
		failed: integer().notNull().default(0),
		/** Files of a kind that can't be read, and hidden ones. */
		skipped: integer().notNull().default(0),
		bytes: bigint({ mode: "number" }).notNull().default(0),
		/** Why it failed or is not whole, and what to do. */
		reason: text(),
		createdAt: at().notNull().defaultNow(),
		/** When it last came on: one that does not for long was lost. */
		beatAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [
		uniqueIndex("source_runs_running_key").on(t.sourceId).where(sql`${t.state} = 'running'`),
		index("source_runs_source_idx").on(t.sourceId, t.createdAt, t.id),
		index("source_runs_created_idx").on(t.createdAt),
	],
);

/** A file of a source, as it was when it was last taken. */
export const sourceItems = pgTable(
	"source_items",
	{
		sourceId: uuid()
			.notNull()
			.references(() => sources.id, { onDelete: "cascade" }),
		path: text().notNull(),
		/** What its source said of its state when it was last taken: the same word, the same file. */
		mark: text(),
		sha256: text(),
		documentId: uuid().references(() => documents.id, { onDelete: "set null" }),
		/** Somebody deleted its document by hand: it stays away until the file changes. */
		isLeftOut: boolean().notNull().default(false),
		/** The sync that last found it there, and what it said of its state then. */
		seenIn: uuid(),
		seenMark: text(),
		/** The sync that last took it up. */
		triedIn: uuid(),
		/** Why it could not be taken, and what to do. */
		problem: text(),
	},
	(t) => [
		primaryKey({ columns: [t.sourceId, t.path] }),
		index("source_items_document_idx").on(t.documentId),
		index("source_items_problem_idx").on(t.sourceId, t.path).where(sql`${t.problem} is not null`),
	],
);
