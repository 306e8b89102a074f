import { index, integer, jsonb, pgTable, real, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** What stands in somebody's playground, so that it is there again after a reload and on another device. */
export const playgrounds = pgTable("playgrounds", {
	userId: uuid()
		.primaryKey()
		.references(() => users.id, { onDelete: "cascade" }),
	/** server/playground/contract.ts */
	bench: jsonb().$type<Record<string, unknown>>().notNull(),
	updatedAt: at().notNull().defaultNow(),
});

export type TrialState = "ready" | "running" | "done" | "failed" | "stopped";

/** One answer of a model to a text that is tried out. What was asked is forgotten once it was asked; what was answered is not kept. */
export const playgroundTrials = pgTable(
	"playground_trials",
	{
		/** Its budget is held back under this id too. */
		id: uuid().primaryKey(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		model: text().notNull(),
		asked: jsonb().$type<Record<string, unknown> | null>(),
		state: text().$type<TrialState>().notNull().default("ready"),
		inputTokens: integer(),
		outputTokens: integer(),
		firstMs: real(),
		totalMs: real(),
		cost: real(),
		createdAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [
		index("playground_trials_user_idx").on(t.userId, t.createdAt),
		index("playground_trials_open_idx").on(t.createdAt),
	],
);
