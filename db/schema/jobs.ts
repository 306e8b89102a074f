import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

const at = () => timestamp({ withTimezone: true });

/** A value as JSON has it: what events, results and outputs are made of. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Every event that was sent: the outbox of services, the inbox of the engine. Written in the sender's transaction. */
export const jobEvents = pgTable(
	"job_events",
	{
		id: text().primaryKey(),
		/** The order of delivery. */
		seq: bigint({ mode: "number" }).notNull().generatedAlwaysAsIdentity(),
		name: text().notNull(),
		data: jsonb().$type<Json>().notNull(),
		/** `v`, `user` and `meta`, where the sender gave them. */
		extra: jsonb().$type<{ [key: string]: Json }>(),
		ts: bigint({ mode: "number" }).notNull(),
		createdAt: at().notNull().defaultNow(),
		/** When the engine started its runs, or the Inngest server took it; null until then. */
		deliveredAt: at(),
	},
	(t) => [
		index("job_events_pending_idx").on(t.seq).where(sql`delivered_at is null`),
		index("job_events_created_idx").on(t.createdAt),
	],
);

/** The functions that the code has now, as the engine registered them. */
export const jobFunctions = pgTable("job_functions", {
	id: text().primaryKey(),
	config: jsonb().$type<Json>().notNull(),
	updatedAt: at().notNull().defaultNow(),
});

export type JobRunState = "queued" | "running" | "parked" | "completed" | "failed" | "cancelled";
/** An event as a function gets it. */
export type StoredEvent = { id: string; name: string; data: Json; ts: number; [extra: string]: Json };
export type StoredError = { name: string; message: string; stack?: string; [extra: string]: Json | undefined };

export const jobRuns = pgTable(
	"job_runs",
	{
		id: text().primaryKey(),
		functionId: text().notNull(),
		state: text().$type<JobRunState>().notNull().default("queued"),
		events: jsonb().$type<StoredEvent[]>().notNull(),
		output: jsonb().$type<Json>(),
		error: jsonb().$type<StoredError>(),
		/** Seconds of head start over other runs. */
		priority: integer().notNull().default(0),
		/** One for each concurrency option of the function, in their order. */
		concurrencyKeys: text().array().notNull().default([]),
		idempotencyKey: text(),
		parentRunId: text(),
		parentStepId: text(),
		/** To the millisecond, as a cursor has it. */
		createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
		startedAt: at(),
		endedAt: at(),
	},
	(t) => [
		index("job_runs_created_idx").on(t.createdAt, t.id),
		index("job_runs_function_idx").on(t.functionId, t.createdAt),
		index("job_runs_state_idx").on(t.state, t.createdAt, t.id),
		uniqueIndex("job_runs_idempotency_key").on(t.functionId, t.idempotencyKey),
	],
);

/** What stands in a step's memo: exactly one of the two. */
export type StepResult = { data: Json } | { error: StoredError };
export type JobStepState = "planned" | "retrying" | "sleeping" | "waiting" | "invoking" | "completed" | "failed";

export const jobSteps = pgTable(
	"job_steps",
	{
		runId: text()
			.notNull()
			.references(() => jobRuns.id, { onDelete: "cascade" }),
		id: text().notNull(),
		op: text().notNull(),
		name: text(),
		state: text().$type<JobStepState>().notNull(),
		/** Null until it is done; then never changed. */
		result: jsonb().$type<StepResult>(),
		opts: jsonb().$type<Json>(),
		/** Order of completion within the run; null until then. */
		doneSeq: integer(),
		attempts: integer().notNull().default(0),
		createdAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [primaryKey({ columns: [t.runId, t.id] })],
);

export type JobAttemptState = "completed" | "errored" | "failed" | "lost";

/** Each call of a function: how it ended and how long it took. */
export const jobAttempts = pgTable(
	"job_attempts",
	{
		id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
		runId: text()
			.notNull()
			.references(() => jobRuns.id, { onDelete: "cascade" }),
		/** Null where the call was about the function itself and not about one of its steps. */
		stepId: text(),
		name: text(),
		attempt: integer().notNull(),
		state: text().$type<JobAttemptState>().notNull(),
		error: jsonb().$type<StoredError>(),
		ms: integer(),
		worker: text(),
		at: at().notNull().defaultNow(),
	},
	(t) => [index("job_attempts_run_idx").on(t.runId, t.id)],
);

/** Who waits for which event: a step of a run, or the run itself to be cancelled by it. */
export const jobWaits = pgTable(
	"job_waits",
	{
		runId: text()
			.notNull()
			.references(() => jobRuns.id, { onDelete: "cascade" }),
		stepId: text().notNull(),
		event: text().notNull(),
		expression: text(),
		expiresAt: at(),
	},
	(t) => [primaryKey({ columns: [t.runId, t.stepId] }), index("job_waits_event_idx").on(t.event, t.runId)],
);

/** What is to be done, and when: a *call* runs the function, a *wake* ends a sleep or a waiting time. */
export const jobQueue = pgTable(
	"job_queue",
	{
		id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
		runId: text()
			.notNull()
			.references(() => jobRuns.id, { onDelete: "cascade" }),
		functionId: text().notNull(),
		stepId: text().notNull(),
		kind: text().$type<"call" | "wake">().notNull(),
		attempt: integer().notNull().default(0),
		/** How often a worker died or lost its claim while it held this job. */
		crashes: integer().notNull().default(0),
		runAt: at().notNull().defaultNow(),
		/** `runAt` less the run's head start: the earliest goes first. */
		orderAt: at().notNull().defaultNow(),
		concurrencyKeys: text().array().notNull().default([]),
		/** The concurrency key that was full when it was its turn; cleared when that has room again. */
		blockedOn: text(),
		claimedBy: text(),
		/** Changes with each claim: finishing needs the same one. */
		claimToken: text(),
		claimedUntil: at(),
	},
	(t) => [
		index("job_queue_ready_idx")
			.on(t.orderAt, t.id)
			.where(sql`kind = 'call' and claim_token is null and blocked_on is null`),
		index("job_queue_due_idx").on(t.kind, t.runAt).where(sql`claim_token is null and blocked_on is null`),
		index("job_queue_blocked_idx").on(t.blockedOn, t.orderAt).where(sql`blocked_on is not null`),
		index("job_queue_claimed_idx").on(t.claimedUntil).where(sql`claim_token is not null`),
		index("job_queue_run_idx").on(t.runId),
	],
);

export const jobCrons = pgTable(
	"job_crons",
	{
		functionId: text().notNull(),
		cron: text().notNull(),
		nextAt: at().notNull(),
		lastAt: at(),
	},
	(t) => [primaryKey({ columns: [t.functionId, t.cron] })],
);

/** One row a live worker process; a beat older than 15 s means that it is gone. */
export const workers = pgTable("workers", {
	id: text().primaryKey(),
	pid: integer().notNull(),
	host: text().notNull(),
	rssMb: integer().notNull().default(0),
	heapMb: integer().notNull().default(0),
	/** How each of its caches does: hits, misses, entries. */
	caches: jsonb().$type<Record<string, { hits: number; misses: number; entries: number }>>().notNull().default({}),
	startedAt: at().notNull().defaultNow(),
	beatAt: at().notNull().defaultNow(),
});
