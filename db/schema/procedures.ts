import { index, integer, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

/** Who called which procedure last, and how: one row for each way, kept 30 days. The audit tells what was done. */
export const procedureCallers = pgTable(
	"procedure_callers",
	{
		/** Procedure, person, kind and via in one. */
		id: text().primaryKey(),
		procedure: text().notNull(),
		/** The person at the root of the call. */
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		/** Whether they called themselves, or a key, agent or job of theirs did. */
		kind: text().notNull(),
		via: text().notNull(),
		calls: integer().notNull(),
		/** What the last call came to: OK, or the code of its failure. */
		lastCode: text().notNull(),
		lastAt: timestamp({ withTimezone: true }).notNull(),
	},
	(t) => [
		index("procedure_callers_procedure_idx").on(t.procedure, t.lastAt),
		index("procedure_callers_last_idx").on(t.lastAt),
		index("procedure_callers_user_idx").on(t.userId),
	],
);
