import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { prompts, promptVersions } from "./agents";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

/** When a split is taken back by itself: where too much of what people say of its second version is bad, or it costs too much. */
export type SplitGuard = {
	/** Of what people say, the share that is bad, 0 to 1; looked at from `leastFeedback` on. */
	mostNegative: number | null;
	leastFeedback: number;
	/** What an answer costs on average; looked at from `leastRuns` on. */
	mostCost: number | null;
	leastRuns: number;
	/** What online scoring gives its answers on average, 0 to 1; looked at from `leastScored` on. */
	leastScore?: number | null;
	leastScored?: number;
};

/** A name that points to one version of a prompt. Where it pointed when stands in its moves. */
export const promptLabels = pgTable(
	"prompt_labels",
	{
		id: uuid().primaryKey().defaultRandom(),
		promptId: uuid()
			.notNull()
			.references(() => prompts.id, { onDelete: "cascade" }),
		name: text().notNull(),
		versionId: uuid()
			.notNull()
			.references(() => promptVersions.id),
		/** Whoever moves it needs somebody else's word. */
		isProtected: boolean().notNull().default(false),
		/** Goes up with each move, so that nobody moves what they have not seen. */
		revision: integer().notNull().default(1),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("prompt_labels_name_key").on(t.promptId, t.name),
		index("prompt_labels_version_idx").on(t.versionId),
	],
);

/** Two versions under one label: some people get the second one, the same each time. */
export const promptSplits = pgTable(
	"prompt_splits",
	{
		id: uuid().primaryKey().defaultRandom(),
		labelId: uuid()
			.notNull()
			.references(() => promptLabels.id, { onDelete: "cascade" }),
		firstVersionId: uuid()
			.notNull()
			.references(() => promptVersions.id),
		secondVersionId: uuid()
			.notNull()
			.references(() => promptVersions.id),
		/** Of 100 people, how many get the second version. */
		percent: integer().notNull(),
		guard: jsonb().$type<SplitGuard>().notNull(),
		startedBy: uuid().references(() => users.id),
		startedAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [uniqueIndex("prompt_splits_open_key").on(t.labelId).where(sql`${t.endedAt} is null`)],
);

export type LabelAct = "move" | "split" | "unsplit" | "rollback" | "protect" | "unprotect" | "remove";
export type MoveState = "proposed" | "done" | "returned";

/** What became of a label and who did it; of a protected one also what was proposed. Its rows outlive it. */
export const promptLabelMoves = pgTable(
	"prompt_label_moves",
	{
		id: uuid().primaryKey().defaultRandom(),
		promptId: uuid()
			.notNull()
			.references(() => prompts.id, { onDelete: "cascade" }),
		label: text().notNull(),
		act: text().$type<LabelAct>().notNull(),
		state: text().$type<MoveState>().notNull(),
		/** The numbers of the versions; null where there was, or is to be, none. */
		fromVersion: integer(),
		toVersion: integer(),
		/** Of a split: how many of 100 people, and when it is taken back. */
		percent: integer(),
		guard: jsonb().$type<SplitGuard | null>(),
		/** The label's revision that whoever asked for it had seen; 0: there was no such label. */
		basedOn: integer().notNull().default(0),
		/** Null: Quarterdeck itself. */
		movedBy: uuid().references(() => users.id),
		note: text().notNull().default(""),
		/** Who let it through or sent it back, and their words. */
		reviewedBy: uuid().references(() => users.id),
		reviewedAt: at(),
		reviewNote: text().notNull().default(""),
		at: at().notNull().defaultNow(),
	},
	(t) => [
		index("prompt_label_moves_prompt_idx").on(t.promptId, t.at, t.id),
		uniqueIndex("prompt_label_moves_open_key").on(t.promptId, t.label).where(sql`${t.state} = 'proposed'`),
	],
);
