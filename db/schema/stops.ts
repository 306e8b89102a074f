import { index, pgTable, text, timestamp, unique, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type StopKind = "everything" | "agent" | "tool" | "model" | "user";

/** What agents and programs may not do until somebody lifts it. */
export const stops = pgTable(
	"stops",
	{
		id: uuid().primaryKey().defaultRandom(),
		kind: text().$type<StopKind>().notNull(),
		/** The agent's or account's id, the tool's path, the model's name; empty for everything. */
		target: text().notNull().default(""),
		reason: text().notNull(),
		placedBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [unique("stops_target_key").on(t.kind, t.target), index("stops_created_idx").on(t.createdAt, t.id)],
);
