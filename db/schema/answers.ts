import { sql } from "drizzle-orm";
import { customType, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { agents, runs } from "./agents";

const at = () => timestamp({ withTimezone: true });
const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/**
 * Answers that may be given again. `place` is a digest of all that an answer depends on beside the question: the agent's version,
 * what it is told, its models, and what its asker may find things in. Whoever has another place never sees it.
 */
export const cachedAnswers = pgTable(
	"cached_answers",
	{
		id: uuid().primaryKey().defaultRandom(),
		agentId: uuid()
			.notNull()
			.references(() => agents.id, { onDelete: "cascade" }),
		/** The run that it was the answer of: where that is removed, this goes too. */
		runId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		place: text().notNull(),
		/** Of the question word for word, and of its wording: without what changes nothing. */
		question: text().notNull(),
		wording: text().notNull(),
		/** The question's meaning, by the model of that name. */
		embedder: text().notNull(),
		vector: bytes().notNull(),
		answer: text().notNull(),
		/** Citations, confidence, model: see server/runs/contract.ts. */
		result: jsonb().$type<Record<string, unknown>>().notNull(),
		/** Every document whose text was before the model. */
		documentIds: jsonb().$type<string[]>().notNull(),
		/** What it took to write it. */
		tokens: integer().notNull(),
		createdAt: at().notNull().defaultNow(),
		expiresAt: at().notNull(),
	},
	(t) => [
		uniqueIndex("cached_answers_question_key").on(t.place, t.question),
		index("cached_answers_wording_idx").on(t.place, t.wording),
		index("cached_answers_agent_idx").on(t.agentId, t.createdAt),
		index("cached_answers_run_idx").on(t.runId),
		index("cached_answers_expires_idx").on(t.expiresAt),
		index("cached_answers_documents_idx").using("gin", sql`${t.documentIds}`),
	],
);
