import { index, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** What a mutation answered under an idempotency key, kept 24 hours. */
export const idempotencyKeys = pgTable(
	"idempotency_keys",
	{
		/** SHA-256 of actor, procedure and key. */
		id: text().primaryKey(),
		inputHash: text().notNull(),
		/** Null while the first call is still under way. */
		answer: jsonb(),
		createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
	},
	(t) => [index("idempotency_keys_created_idx").on(t.createdAt)],
);
