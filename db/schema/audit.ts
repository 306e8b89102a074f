import { bigint, index, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";

/** One row for each change, written in the change's own transaction, and for each denial and sign-in. */
export const auditEntries = pgTable(
	"audit_entries",
	{
		id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
		at: timestamp({ withTimezone: true }).notNull().defaultNow(),
		actorKind: text().notNull(),
		actorId: text(),
		actorLabel: text().notNull(),
		/** The person at the root of the chain. */
		userId: uuid(),
		via: text().notNull(),
		action: text().notNull(),
		resourceKind: text().notNull(),
		resourceId: text(),
		outcome: text().$type<"done" | "denied" | "failed">().notNull(),
		reason: text(),
		detail: jsonb().$type<Record<string, unknown>>().notNull().default({}),
		requestId: text().notNull(),
		runId: uuid(),
		address: text(),
		userAgent: text(),
	},
	(t) => [
		index("audit_entries_user_idx").on(t.userId, t.id),
		index("audit_entries_action_idx").on(t.action, t.id),
		index("audit_entries_resource_idx").on(t.resourceKind, t.resourceId, t.id),
		index("audit_entries_outcome_idx").on(t.outcome, t.id),
		index("audit_entries_request_idx").on(t.requestId),
	],
);

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
