import { sql } from "drizzle-orm";
import {
	type AnyPgColumn,
	boolean,
	foreignKey,
	index,
	integer,
	json,
	jsonb,
	pgTable,
	primaryKey,
	text,
	timestamp,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export const prompts = pgTable(
	"prompts",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		ownerId: uuid()
			.notNull()
			.references(() => users.id),
		latestVersion: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("prompts_name_key").on(t.name), index("prompts_updated_idx").on(t.updatedAt, t.id)],
);

/** Another prompt within a text: by a label, which may move, or by a version, which doesn't. */
export type PromptInclude = { name: string; promptId: string; label: string | null; version: number | null };

/** A prompt's text under a number, which never changes (a trigger sees to it). */
export const promptVersions = pgTable(
	"prompt_versions",
	{
		id: uuid().primaryKey().defaultRandom(),
		promptId: uuid()
			.notNull()
			.references(() => prompts.id, { onDelete: "cascade" }),
		version: integer().notNull(),
		body: text().notNull(),
		/** What its text leaves open: server/prompts/contract/variables.ts. */
		variables: jsonb().$type<Record<string, unknown>[]>().notNull().default([]),
		/** The prompts that its text is put together with, as they were found when it was saved. */
		includes: jsonb().$type<PromptInclude[]>().notNull().default([]),
		message: text().notNull().default(""),
		createdBy: uuid()
			.notNull()
			.references(() => users.id),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("prompt_versions_number_key").on(t.promptId, t.version)],
);

/** What an agent does where no model answers: quote the passages, or give no answer. */
export type WhenAway = "quote" | "fail";
export type AgentCaps = Partial<Record<"steps" | "depth" | "tokens" | "cost" | "minutes", number>>;
export type AgentAnswering = {
	leastConfidence?: number;
	cacheMinutes?: number;
	cacheSimilar?: boolean;
	/** server/agents/contract/calibration.ts */
	calibration?: {
		slope: number;
		offset: number;
		answers: number;
		by: string;
		errorBefore: number;
		errorAfter: number;
	};
};
export type AgentWindow = Partial<
	Record<"tokens" | "system" | "memory" | "history" | "passages" | "question" | "answer", number>
>;

/** An agent. What it is made of stands in its versions; who may ask it in `grants`. */
export const agents = pgTable(
	"agents",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		description: text().notNull().default(""),
		/** The version that answers; null where nothing was published yet, and nobody can ask it. */
		publishedVersionId: uuid().references((): AnyPgColumn => agentVersions.id),
		/** The greatest number that was given to a version. */
		latestVersion: integer().notNull().default(0),
		/** Somebody who did not write a draft has to approve it before it is published. */
		needsReview: boolean().notNull().default(false),
		isDefault: boolean().notNull().default(false),
		createdBy: uuid().references(() => users.id),
		/** Goes up with each change, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
		archivedAt: at(),
	},
	(t) => [uniqueIndex("agents_name_key").on(t.name), index("agents_created_idx").on(t.createdAt, t.id)],
);

/**
 * What a chat is found by. Whose it is, and which, stand among the words: a search through one person's chats never looks at
 * another's. Of a run that is under way nothing is kept, so that it costs one entry, at its end.
 */
export const threadWords = sql.raw(
	"to_tsvector('simple'::regconfig, title) || array_to_tsvector(array[user_id::text, id::text])",
);
export const runWords = sql.raw(
	"to_tsvector('simple'::regconfig, question || ' ' || coalesce(answer, '')) || array_to_tsvector(array[user_id::text, thread_id::text])",
);

/** What an agent is made of. With a number it never changes (a trigger sees to it); without one it is the draft, of which there is one at most. */
export const agentVersions = pgTable(
	"agent_versions",
	{
		id: uuid().primaryKey().defaultRandom(),
		agentId: uuid()
			.notNull()
			.references(() => agents.id, { onDelete: "cascade" }),
		/** Null: the draft. */
		version: integer(),
		graph: text().$type<"assistant" | "research" | "extract">().notNull().default("assistant"),
		/** What an extracting agent fills in, as JSON Schema; null for others. As text: the order of its fields is that of the columns. */
		extractSchema: json().$type<Record<string, unknown> | null>(),
		/** What its answers fit, as JSON Schema; null where they are prose. */
		answerSchema: json().$type<Record<string, unknown> | null>(),
		/** The version of a prompt that gives its instructions; null for the graph's own. */
		promptVersionId: uuid().references(() => promptVersions.id),
		/** In place of a version: the label of a prompt, which is followed with each question. */
		promptLabel: jsonb().$type<{ promptId: string; label: string } | null>(),
		/** The route that it asks, or a model of the environment's, by its name; null for the default route. */
		model: text(),
		whenAway: text().$type<WhenAway>().notNull().default("quote"),
		/** Null: every collection that the asking person may read. */
		collectionIds: jsonb().$type<string[] | null>(),
		/** The procedures that it may call, by their paths; and those of them that wait for a person each time. */
		tools: jsonb().$type<string[]>().notNull().default([]),
		approvalTools: jsonb().$type<string[]>().notNull().default([]),
		/** Most that one of its runs may take, where that is less than what the installation allows. */
		caps: jsonb().$type<AgentCaps>().notNull().default({}),
		/** What stands for the variables of its prompt, by their names. */
		promptValues: jsonb().$type<Record<string, string | number | string[]>>().notNull().default({}),
		/** How sure it has to be, and whether an answer is given again: what is left out is off. */
		answering: jsonb().$type<AgentAnswering>().notNull().default({}),
		/** How its runs share out the model's window; what is left out has its default. */
		window: jsonb().$type<AgentWindow>().notNull().default({}),
		/** What is new in it, in its author's words. */
		message: text().notNull().default(""),
		/** Everyone who wrote on it since it was begun, the last one last: none of them may approve it. Empty: the installation. */
		authorIds: jsonb().$type<string[]>().notNull().default([]),
		/** The number of the version that the draft was begun from. */
		basedOn: integer(),
		/** Goes up with each change of the draft. */
		revision: integer().notNull().default(1),
		reviewAskedAt: at(),
		/** Who sent it back or approved it, and their words. */
		reviewedBy: uuid().references(() => users.id),
		reviewedAt: at(),
		isApproved: boolean().notNull().default(false),
		reviewNote: text().notNull().default(""),
		publishedBy: uuid().references(() => users.id),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("agent_versions_number_key").on(t.agentId, t.version),
		uniqueIndex("agent_versions_draft_key").on(t.agentId).where(sql`${t.version} is null`),
	],
);

export const threads = pgTable(
	"threads",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		agentId: uuid()
			.notNull()
			.references(() => agents.id),
		title: text().notNull(),
		/** Made for one call of a program that keeps its own conversation: no list of chats shows it. */
		isCall: boolean().notNull().default(false),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		index("threads_user_idx").on(t.userId, t.updatedAt, t.id),
		index("threads_user_agent_idx").on(t.userId, t.agentId, t.updatedAt, t.id),
		index("threads_words_idx").using("gin", sql`(${threadWords})`),
	],
);

/** `waiting` is for a person: an executor holds it, but it takes no place and no time of its own. */
export type RunState = "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";

export const runs = pgTable(
	"runs",
	{
		id: uuid().primaryKey().defaultRandom(),
		threadId: uuid()
			.notNull()
			.references(() => threads.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		agentId: uuid()
			.notNull()
			.references(() => agents.id),
		/** What the agent was made of when it was asked; it stays so for the whole run. */
		agentVersionId: uuid()
			.notNull()
			.references(() => agentVersions.id),
		/** The version of a prompt that its agent answers by, and those of the prompts within that, by `prompt@label` or `prompt@version`. */
		promptVersionId: uuid().references(() => promptVersions.id),
		promptParts: jsonb().$type<Record<string, string> | null>(),
		/** Of a label that was split when it began: which split, and which of its two versions. */
		promptSplitId: uuid(),
		promptArm: text().$type<"first" | "second">(),
		/** It is asked by an experiment, which is told when it ends; and what is asked in place of the agent's own model. */
		isExperiment: boolean().notNull().default(false),
		model: text(),
		/** The branch of the thread that it is in; null for its trunk. And the run from whose checkpoint it went on. */
		branchId: uuid(),
		forkedFrom: uuid(),
		/** What it was started with: a session, or a key, with whose rights it acts. */
		sessionId: uuid(),
		keyId: uuid(),
		question: text().notNull(),
		/** Only these collections, of those the agent and the person may search; null for no further limit. */
		collectionIds: jsonb().$type<string[] | null>(),
		/** What a caller that keeps its own conversation said with the question: server/runs/contract.ts. */
		conversation: jsonb().$type<Record<string, unknown>>(),
		state: text().$type<RunState>().notNull().default("queued"),
		/** The executor that holds or last held the run, and until when unless it renews. */
		leaseOwner: text(),
		leaseUntil: at(),
		/** How often an executor has taken it up. */
		attempt: integer().notNull().default(0),
		stopRequestedAt: at(),
		/** The sequence number of its newest event. */
		lastSeq: integer().notNull().default(0),
		answer: text(),
		/** Citations, confidence, model, usage: see server/runs/contract.ts. */
		result: jsonb().$type<Record<string, unknown>>(),
		reason: text(),
		requestId: text().notNull(),
		createdAt: at().notNull().defaultNow(),
		startedAt: at(),
		endedAt: at(),
	},
	(t) => [
		index("runs_thread_idx").on(t.threadId, t.createdAt),
		index("runs_user_idx").on(t.userId, t.createdAt, t.id),
		index("runs_user_state_idx").on(t.userId, t.state, t.createdAt, t.id),
		index("runs_user_agent_idx").on(t.userId, t.agentId, t.createdAt, t.id),
		index("runs_prompt_idx").on(t.promptVersionId, t.createdAt).where(sql`${t.promptVersionId} is not null`),
		// An entry a run, at its end: what is scored of an agent is found by it.
		index("runs_agent_ended_idx").on(t.agentId, t.endedAt).where(sql`${t.endedAt} is not null`),
		index("runs_split_idx").on(t.promptSplitId, t.promptArm).where(sql`${t.promptSplitId} is not null`),
		// Neither lease nor sequence number is indexed: what changes many times in a run stays a heap-only update.
		index("runs_cached_idx").on(t.agentId, t.createdAt).where(sql`${t.result} ? 'cached'`),
		index("runs_words_idx")
			.using("gin", sql`(${runWords})`)
			.where(sql`${t.state} in ('succeeded', 'failed', 'cancelled')`),
		// Its events name both: server/runs/events.ts.
		uniqueIndex("runs_asked_key").on(t.id, t.createdAt),
		index("runs_open_idx").on(t.createdAt).where(sql`${t.state} in ('queued', 'running', 'waiting')`),
	],
);

/** Where a thread parts: a branch begins with a run that went on from a checkpoint of another. */
export const threadBranches = pgTable(
	"thread_branches",
	{
		id: uuid().primaryKey(),
		threadId: uuid()
			.notNull()
			.references(() => threads.id, { onDelete: "cascade" }),
		fromRunId: uuid().notNull(),
		runId: uuid().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [index("thread_branches_thread_idx").on(t.threadId, t.createdAt)],
);

/** What a branch has in common with those that it grew out of: their runs before a moment. `ofBranchId` null is the trunk. */
export const branchSegments = pgTable(
	"branch_segments",
	{
		branchId: uuid()
			.notNull()
			.references(() => threadBranches.id, { onDelete: "cascade" }),
		ofBranchId: uuid(),
		before: at().notNull(),
	},
	(t) => [index("branch_segments_branch_idx").on(t.branchId)],
);

/**
 * What the oldest turns of a conversation came to, up to and with one of its runs. It holds wherever that run is among the
 * earlier ones, so a branch has the summaries of its own ancestors and no others.
 */
export const threadSummaries = pgTable(
	"thread_summaries",
	{
		id: uuid().primaryKey().defaultRandom(),
		threadId: uuid()
			.notNull()
			.references(() => threads.id, { onDelete: "cascade" }),
		upToRunId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		/** How many turns it stands for. */
		turns: integer().notNull(),
		text: text().notNull(),
		/** The documents that the answers in it rest on: where one may not be read any more, it is made anew without those. */
		documentIds: jsonb().$type<string[]>().notNull(),
		model: text().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("thread_summaries_run_key").on(t.upToRunId), index("thread_summaries_thread_idx").on(t.threadId)],
);

/**
 * What happened in a run, gap-free from 1. Append only. Partitioned by the month in which its run was asked, which every event
 * has as `runAt`: all of a run's events lie in one partition, where its number is unique, and go together.
 */
export const runEvents = pgTable(
	"run_events",
	{
		runId: uuid().notNull(),
		/** Its run's `createdAt`, which the foreign key holds it to. */
		runAt: at().notNull(),
		seq: integer().notNull(),
		type: text().notNull(),
		data: jsonb().$type<Record<string, unknown>>().notNull(),
		at: at().notNull().defaultNow(),
	},
	(t) => [
		primaryKey({ columns: [t.runId, t.seq, t.runAt] }),
		foreignKey({
			name: "run_events_run_fk",
			columns: [t.runId, t.runAt],
			foreignColumns: [runs.id, runs.createdAt],
		}).onDelete("cascade"),
	],
);

/** Tokens held back before they are used, settled after. An entry outlives its run: deleting a thread gives no tokens back. */
export const budgetEntries = pgTable(
	"budget_entries",
	{
		/** The run's, or of its own where a model is called outside of runs, such as to rerank what a search found. */
		runId: uuid().primaryKey(),
		userId: uuid().notNull(),
		/** The key that started the run, which may have a budget of its own. */
		keyId: uuid(),
		reserved: integer().notNull(),
		/** Null until the run ends. */
		settled: integer(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		index("budget_entries_user_idx").on(t.userId, t.createdAt),
		index("budget_entries_key_idx").on(t.keyId, t.createdAt).where(sql`${t.keyId} is not null`),
	],
);
