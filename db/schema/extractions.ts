import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { agents, agentVersions, threads } from "./agents";
import { documents } from "./knowledge";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type ExtractionState = "running" | "paused" | "cancelled" | "ended";
export type ResultState = "queued" | "running" | "done" | "failed" | "cancelled";

/** One field as it was read: server/agents/graphs/extract/judge.ts. */
export type StoredField = {
	path: string;
	value: string | number | boolean | null;
	quote: string;
	place: { page: number; start: number; end: number } | null;
	isFound: boolean;
	confidence: number;
	reasons: string[];
};

/** What one agent extracts from some documents, a run each. It is its person's own. */
export const extractions = pgTable(
	"extractions",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		agentId: uuid()
			.notNull()
			.references(() => agents.id),
		/** What the agent was made of when it was started: every document is read for the same fields. */
		agentVersionId: uuid()
			.notNull()
			.references(() => agentVersions.id),
		/** Its runs belong to one thread, which no list of chats shows. */
		threadId: uuid()
			.notNull()
			.references(() => threads.id, { onDelete: "cascade" }),
		/** What it was started with: a session, or a key, with whose rights it acts. */
		sessionId: uuid(),
		keyId: uuid(),
		name: text().notNull(),
		/** No foreign key: a collection that is deleted takes the results with its documents. */
		collectionId: uuid().notNull(),
		state: text().$type<ExtractionState>().notNull().default("running"),
		/** Why it waits, or ended before its time. */
		reason: text(),
		total: integer().notNull(),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [
		index("extractions_user_idx").on(t.userId, t.createdAt, t.id),
		index("extractions_user_state_idx").on(t.userId, t.state, t.createdAt, t.id),
		index("extractions_user_agent_idx").on(t.userId, t.agentId, t.createdAt, t.id),
		index("extractions_running_idx").on(t.userId).where(sql`${t.state} in ('running', 'paused')`),
	],
);

/** What came of one document: deleted with it, as it holds words of it. */
export const extractionResults = pgTable(
	"extraction_results",
	{
		id: uuid().primaryKey().defaultRandom(),
		extractionId: uuid()
			.notNull()
			.references(() => extractions.id, { onDelete: "cascade" }),
		documentId: uuid()
			.notNull()
			.references(() => documents.id, { onDelete: "cascade" }),
		ordinal: integer().notNull(),
		state: text().$type<ResultState>().notNull().default("queued"),
		/** The run that reads it, or last did. */
		runId: uuid(),
		reason: text(),
		/** As the model read them; what a person made of them stands in `extraction_corrections`. */
		fields: jsonb().$type<StoredField[]>().notNull().default([]),
		/** The confidence of the least sure field, in percent; null while there is none. */
		certainty: integer(),
		model: text(),
		/** Goes up with each correction, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("extraction_results_document_key").on(t.extractionId, t.documentId),
		uniqueIndex("extraction_results_run_key").on(t.runId).where(sql`${t.runId} is not null`),
		index("extraction_results_ordinal_idx").on(t.extractionId, t.ordinal, t.id),
		index("extraction_results_state_idx").on(t.extractionId, t.state, t.ordinal, t.id),
		index("extraction_results_documents_idx").on(t.documentId),
	],
);

/** What a person made of a field: each is kept, the newest of a path counts. */
export const extractionCorrections = pgTable(
	"extraction_corrections",
	{
		id: uuid().primaryKey().defaultRandom(),
		resultId: uuid()
			.notNull()
			.references(() => extractionResults.id, { onDelete: "cascade" }),
		path: text().notNull(),
		before: jsonb().$type<StoredField["value"]>(),
		value: jsonb().$type<StoredField["value"]>(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [index("extraction_corrections_result_idx").on(t.resultId, t.createdAt, t.id)],
);
