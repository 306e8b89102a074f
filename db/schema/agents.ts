import { sql } from "drizzle-orm";
import {
	boolean,
	index,
	integer,
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

export const promptVersions = pgTable(
	"prompt_versions",
	{
		id: uuid().primaryKey().defaultRandom(),
		promptId: uuid()
			.notNull()
			.references(() => prompts.id, { onDelete: "cascade" }),
		version: integer().notNull(),
		body: text().notNull(),
		message: text().notNull().default(""),
		createdBy: uuid()
			.notNull()
			.references(() => users.id),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("prompt_versions_number_key").on(t.promptId, t.version)],
);

export type AgentCaps = Partial<Record<"steps" | "tokens" | "cost" | "minutes", number>>;

/** An agent: a graph with its instructions and what it may search. Who may ask it stands in `grants`. */
export const agents = pgTable(
	"agents",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		description: text().notNull().default(""),
		graph: text().$type<"assistant" | "research">().notNull().default("assistant"),
		/** The version of a prompt that gives its instructions; null for the graph's own. */
		promptVersionId: uuid().references(() => promptVersions.id),
		/** Null: every collection that the asking person may read. */
		collectionIds: jsonb().$type<string[] | null>(),
		/** The procedures that it may call, by their paths; and those of them that wait for a person each time. */
		tools: jsonb().$type<string[]>().notNull().default([]),
		approvalTools: jsonb().$type<string[]>().notNull().default([]),
		/** Most that one of its runs may take, where that is less than what the installation allows. */
		caps: jsonb().$type<AgentCaps>().notNull().default({}),
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
		// Neither lease nor sequence number is indexed: what changes many times in a run stays a heap-only update.
		index("runs_open_idx").on(t.createdAt).where(sql`${t.state} in ('queued', 'running', 'waiting')`),
	],
);

/** What happened in a run, gap-free from 1. Append only. */
export const runEvents = pgTable(
	"run_events",
	{
		runId: uuid()
			.notNull()
			.references(() => runs.id, { onDelete: "cascade" }),
		seq: integer().notNull(),
		type: text().notNull(),
		data: jsonb().$type<Record<string, unknown>>().notNull(),
		at: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.runId, t.seq] })],
);

/** Tokens held back for a run before it starts, settled when it ends. Outlives its run: deleting a thread gives no tokens back. */
export const budgetEntries = pgTable(
	"budget_entries",
	{
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
