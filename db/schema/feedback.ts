import { index, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { agents, runs } from "./agents";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** What somebody thinks of an answer: one of each person's, which they may change. It goes with the run and with the person. */
export const feedback = pgTable(
	"feedback",
	{
		id: uuid().primaryKey().defaultRandom(),
		runId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		/** The run's, by which its managers find it. */
		agentId: uuid()
			.notNull()
			.references(() => agents.id),
		thumb: text().$type<"up" | "down">().notNull(),
		/** One of the list in server/feedback/contract.ts. */
		reason: text(),
		/** What the answer should have said. */
		correction: text(),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("feedback_run_user_key").on(t.runId, t.userId),
		index("feedback_agent_idx").on(t.agentId, t.updatedAt, t.id),
		index("feedback_updated_idx").on(t.updatedAt, t.id),
		index("feedback_user_idx").on(t.userId),
	],
);
