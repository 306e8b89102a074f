import { sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	real,
	text,
	timestamp,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { agents, agentVersions, prompts, promptVersions, runs } from "./agents";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type ExperimentState = "running" | "paused" | "cancelled" | "ended";
export type CellState = "queued" | "running" | "judging" | "done" | "failed" | "cancelled";
/** What a scorer found: 0 to 1, or null where it does not apply. */
export type StoredScore = { scorer: string; score: number | null; why: string };

/** Questions with what is expected of their answers, and by what answers are measured. */
export const datasets = pgTable(
	"datasets",
	{
		id: uuid().primaryKey().defaultRandom(),
		ownerId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		name: text().notNull(),
		description: text().notNull().default(""),
		/** server/evaluations/contract/scorers.ts */
		scorers: jsonb().$type<Record<string, unknown>[]>().notNull().default([]),
		/** Goes up with each change of its items or scorers; what an experiment had is told by it. */
		version: integer().notNull().default(1),
		/** The greatest place that an item was given. */
		lastOrdinal: integer().notNull().default(0),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [index("datasets_updated_idx").on(t.updatedAt, t.id), index("datasets_owner_idx").on(t.ownerId)],
);

/** An item as it was in some versions of its dataset. What it says never changes: a change is another row. */
export const datasetItems = pgTable(
	"dataset_items",
	{
		id: uuid().primaryKey().defaultRandom(),
		/** The same in all rows of one item. */
		itemId: uuid().notNull(),
		datasetId: uuid()
			.notNull()
			.references(() => datasets.id, { onDelete: "cascade" }),
		ordinal: integer().notNull(),
		/** The first version of the dataset that has it so, and the first that has not any more. */
		fromVersion: integer().notNull(),
		toVersion: integer(),
		input: text().notNull(),
		expected: text().notNull().default(""),
		notes: text().notNull().default(""),
		tags: jsonb().$type<string[]>().notNull().default([]),
		/** The run that it was taken from. */
		sourceRunId: uuid(),
		changedBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("dataset_items_current_key").on(t.itemId).where(sql`${t.toVersion} is null`),
		index("dataset_items_dataset_idx").on(t.datasetId, t.ordinal, t.id),
		index("dataset_items_history_idx").on(t.itemId, t.fromVersion),
	],
);

/** A dataset as it was, asked of several variants; its runs are its person's own. */
export const experiments = pgTable(
	"experiments",
	{
		id: uuid().primaryKey().defaultRandom(),
		datasetId: uuid()
			.notNull()
			.references(() => datasets.id, { onDelete: "cascade" }),
		datasetVersion: integer().notNull(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		/** What it was started with: a session, or a key, with whose rights it acts. */
		sessionId: uuid(),
		keyId: uuid(),
		name: text().notNull(),
		state: text().$type<ExperimentState>().notNull().default("running"),
		reason: text(),
		/** The dataset's, as they were. */
		scorers: jsonb().$type<Record<string, unknown>[]>().notNull(),
		/** Who may read the dataset may read its answers, and say what they think of them. */
		isShared: boolean().notNull().default(false),
		/** From then on nobody says anything more of the answers, and all see what was said. */
		revealedAt: at(),
		total: integer().notNull(),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [
		index("experiments_dataset_idx").on(t.datasetId, t.createdAt, t.id),
		index("experiments_created_idx").on(t.createdAt, t.id),
		index("experiments_open_idx").on(t.userId).where(sql`${t.state} in ('running', 'paused')`),
	],
);

/** Who is asked in an experiment: an agent's version, with its own prompt and model or others. */
export const experimentVariants = pgTable(
	"experiment_variants",
	{
		id: uuid().primaryKey().defaultRandom(),
		experimentId: uuid()
			.notNull()
			.references(() => experiments.id, { onDelete: "cascade" }),
		ordinal: integer().notNull(),
		agentId: uuid()
			.notNull()
			.references(() => agents.id),
		agentVersionId: uuid()
			.notNull()
			.references(() => agentVersions.id),
		promptVersionId: uuid().references(() => promptVersions.id),
		model: text(),
	},
	(t) => [
		index("experiment_variants_experiment_idx").on(t.experimentId, t.ordinal),
		index("experiment_variants_prompt_idx").on(t.promptVersionId),
	],
);

/** One item asked of one variant, and how its answer measures up. */
export const experimentResults = pgTable(
	"experiment_results",
	{
		id: uuid().primaryKey().defaultRandom(),
		experimentId: uuid()
			.notNull()
			.references(() => experiments.id, { onDelete: "cascade" }),
		variantId: uuid()
			.notNull()
			.references(() => experimentVariants.id, { onDelete: "cascade" }),
		itemRowId: uuid()
			.notNull()
			.references(() => datasetItems.id, { onDelete: "cascade" }),
		ordinal: integer().notNull(),
		state: text().$type<CellState>().notNull().default("queued"),
		runId: uuid(),
		reason: text(),
		scores: jsonb().$type<StoredScore[]>().notNull().default([]),
		/** The mean of those that apply; null while there is none. */
		score: real(),
		latencyMs: integer(),
		costMicros: bigint({ mode: "number" }),
		/** Whoever has a judge look at it has until then. */
		takenUntil: at(),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("experiment_results_cell_key").on(t.variantId, t.itemRowId),
		uniqueIndex("experiment_results_run_key").on(t.runId).where(sql`${t.runId} is not null`),
		index("experiment_results_ordinal_idx").on(t.experimentId, t.ordinal, t.id),
		index("experiment_results_item_idx").on(t.itemRowId),
		index("experiment_results_open_idx")
			.on(t.experimentId, t.state)
			.where(sql`${t.state} in ('queued', 'running', 'judging')`),
	],
);

/** What a person thinks of an answer of an experiment, 1 to 5. */
export const experimentAnnotations = pgTable(
	"experiment_annotations",
	{
		id: uuid().primaryKey().defaultRandom(),
		resultId: uuid()
			.notNull()
			.references(() => experimentResults.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		rating: integer().notNull(),
		comment: text().notNull().default(""),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("experiment_annotations_person_key").on(t.resultId, t.userId),
		index("experiment_annotations_user_idx").on(t.userId),
	],
);

/** A protected label moves only to a version that reached a score on a dataset. */
export const promptGates = pgTable(
	"prompt_gates",
	{
		id: uuid().primaryKey().defaultRandom(),
		promptId: uuid()
			.notNull()
			.references(() => prompts.id, { onDelete: "cascade" }),
		label: text().notNull(),
		/** One that a gate names can't be removed: the gate would be gone with it. */
		datasetId: uuid()
			.notNull()
			.references(() => datasets.id),
		/** Null: the mean of all scorers. */
		scorer: text(),
		least: real().notNull(),
		freshDays: integer().notNull(),
		setBy: uuid().references(() => users.id, { onDelete: "set null" }),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("prompt_gates_label_key").on(t.promptId, t.label),
		index("prompt_gates_dataset_idx").on(t.datasetId),
	],
);

/** Of an agent's real runs, how many of 100 are scored once they have ended. */
export const onlineScorings = pgTable("online_scorings", {
	agentId: uuid()
		.primaryKey()
		.references(() => agents.id, { onDelete: "cascade" }),
	percent: integer().notNull(),
	scorers: jsonb().$type<Record<string, unknown>[]>().notNull(),
	setBy: uuid().references(() => users.id, { onDelete: "set null" }),
	/** Runs that ended before were looked at. */
	lookedUntil: at().notNull().defaultNow(),
	revision: integer().notNull().default(1),
	updatedAt: at().notNull().defaultNow(),
});

/** How a real run's answer measured up. */
export const runScores = pgTable(
	"run_scores",
	{
		runId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		scorer: text().notNull(),
		score: real().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.runId, t.scorer] })],
);
