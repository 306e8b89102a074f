import { sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	date,
	doublePrecision,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	timestamp,
	uuid,
} from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });
const whole = () => bigint({ mode: "number" });

export type SpanKind =
	| "run"
	| "trial"
	| "node"
	| "model"
	| "tool"
	| "search"
	| "embedding"
	| "rerank"
	| "guard"
	| "cache"
	| "budget"
	| "approval";
export type SpanStatus = "ok" | "failed" | "cancelled" | "skipped";
/** What else is known of a span: words of ours, numbers and flags, never what somebody wrote. */
export type SpanAttributes = Record<string, string | number | boolean>;
/**
 * What a model was told and what it said, where the policy keeps that, with the documents whose words may stand in it. Where
 * those are not known nobody is shown it.
 */
export type SpanContent = { input?: string; output?: string; sources?: string[] };

/**
 * What was done for a run or a trial, step by step. Partitioned by the day on which its trace began, so that a trace lies in one
 * partition, is dropped whole, and a span that is written twice meets itself.
 */
export const spans = pgTable(
	"spans",
	{
		/** UTC day on which the trace began. */
		day: date({ mode: "string" }).notNull(),
		/** The run's id, or the trial's. */
		traceId: uuid().notNull(),
		/** 16 hexadecimal digits. */
		id: text().notNull(),
		/** Null: the root of its trace. */
		parentId: text(),
		kind: text().$type<SpanKind>().notNull(),
		name: text().notNull(),
		status: text().$type<SpanStatus>().notNull(),
		/** Why it failed, in one word of ours. */
		errorCode: text(),
		startedAt: at().notNull(),
		ms: doublePrecision().notNull(),
		runId: uuid(),
		userId: uuid(),
		keyId: uuid(),
		agentId: uuid(),
		promptVersionId: uuid(),
		/** The route or model that was asked for, and the model that was asked then. */
		modelAsked: text(),
		model: text(),
		connection: text(),
		hop: integer(),
		inputTokens: integer(),
		outputTokens: integer(),
		cachedTokens: integer(),
		/** In millionths of the currency; null where there is no price. */
		costMicros: whole(),
		currency: text(),
		firstTokenMs: integer(),
		/** `hit` or `miss`, of answers that are given again. */
		cache: text().$type<"hit" | "miss">(),
		/** The strictest that a safety policy said. */
		verdict: text(),
		attributes: jsonb().$type<SpanAttributes>().notNull().default({}),
		content: jsonb().$type<SpanContent>(),
	},
	(t) => [
		primaryKey({ name: "spans_key", columns: [t.traceId, t.id, t.day] }),
		index("spans_roots_idx").on(t.startedAt, t.traceId).where(sql`${t.parentId} is null`),
		index("spans_user_idx").on(t.userId, t.startedAt, t.traceId).where(sql`${t.parentId} is null`),
	],
);

/** What is kept of traces, and for how long: one row. */
export const tracePolicy = pgTable("trace_policy", {
	id: integer().primaryKey().default(1),
	/** Of a hundred traces; those in which something failed are kept all. */
	samplePercent: integer().notNull().default(100),
	/** Whether what models are told and say is kept too. */
	keepsContent: boolean().notNull().default(false),
	retentionDays: integer().notNull().default(30),
	revision: integer().notNull().default(1),
	updatedBy: uuid().references(() => users.id, { onDelete: "set null" }),
	updatedAt: at().notNull().defaultNow(),
});
