import { index, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** What a mutation answered under an idempotency key, kept 24 hours. */
export const idempotencyKeys = pgTable(
	"idempotency_keys",
	{
		/** HMAC of caller, procedure and key. */
		id: text().primaryKey(),
		/** An HMAC too: what is easily guessed can't be found out from it. */
		inputHash: text().notNull(),
		/** Of the call that has the key now. */
		requestId: text().notNull(),
		/** When that call can't be under way any more: without an answer by then, its process died. */
		leasedUntil: timestamp({ withTimezone: true }).notNull(),
		/** Null while the first call is still under way. */
		answer: jsonb(),
		createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
	},
	(t) => [index("idempotency_keys_created_idx").on(t.createdAt)],
);
