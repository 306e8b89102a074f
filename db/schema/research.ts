import { boolean, index, jsonb, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { runs } from "./agents";

const at = () => timestamp({ withTimezone: true });

/** What a research run looks into. It waits with its plan until its person lets it go on. */
export const researchPlans = pgTable("research_plans", {
	runId: uuid()
		.primaryKey()
		.references(() => runs.id, { onDelete: "cascade" }),
	/** The questions, in order; as they were proposed, and as its person left them once they did. */
	parts: jsonb().$type<string[]>().notNull().default([]),
	/** Nobody is asked where whoever started the run said so. */
	isAwaited: boolean().notNull().default(true),
	isEdited: boolean().notNull().default(false),
	proposedAt: at(),
	expiresAt: at(),
	acceptedAt: at(),
});

/** What a person added to a run while it went on, for its next steps. */
export const runSteers = pgTable(
	"run_steers",
	{
		id: uuid().primaryKey().defaultRandom(),
		runId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		text: text().notNull(),
		createdAt: at().notNull().defaultNow(),
		/** When a step first used it. */
		takenAt: at(),
	},
	(t) => [index("run_steers_run_idx").on(t.runId, t.createdAt, t.id)],
);
