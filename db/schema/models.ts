import { sql } from "drizzle-orm";
import {
	bigint,
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
const whole = () => bigint({ mode: "number" });

export type ConnectionKind = "openai" | "anthropic";

/** Where chat models are asked. What the environment names is a connection too, and has no row. */
export const modelConnections = pgTable(
	"model_connections",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		kind: text().$type<ConnectionKind>().notNull(),
		address: text().notNull(),
		/** What it asks us for, sealed for this row and `keyVersion`. */
		sealedKey: text(),
		/** Goes up with each key and each address: an older one can't be put back. */
		keyVersion: integer().notNull().default(1),
		/** Most requests of one process at once. */
		concurrency: integer().notNull().default(16),
		firstTokenMs: integer().notNull().default(30_000),
		idleMs: integer().notNull().default(30_000),
		totalMs: integer().notNull().default(120_000),
		isEnabled: boolean().notNull().default(true),
		/** Whether models that nobody asks are tried once in a while. */
		isProbed: boolean().notNull().default(true),
		revision: integer().notNull().default(1),
		createdBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("model_connections_name_key").on(t.name),
		index("model_connections_created_idx").on(t.createdAt, t.id),
	],
);

export type Modality = "text" | "image";
export type ModelCapability = "tools" | "json" | "logprobs";

/** A model of a connection, and what whoever set it up says that it can. */
export const models = pgTable(
	"models",
	{
		id: uuid().primaryKey().defaultRandom(),
		connectionId: uuid()
			.notNull()
			.references(() => modelConnections.id, { onDelete: "cascade" }),
		/** What its provider calls it. */
		name: text().notNull(),
		/** Most tokens of a question and its answer together. */
		contextTokens: integer().notNull(),
		modalities: jsonb().$type<Modality[]>().notNull().default(["text"]),
		capabilities: jsonb().$type<ModelCapability[]>().notNull().default([]),
		/** Where its provider works on what it is told, such as `eu`; empty where nobody says. */
		dataRegion: text().notNull().default(""),
		isEnabled: boolean().notNull().default(true),
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("models_name_key").on(t.connectionId, t.name), index("models_created_idx").on(t.createdAt, t.id)],
);

/** What a model costs from a day on, in millionths of a currency for a million tokens. The newest that has begun counts. */
export const modelPrices = pgTable(
	"model_prices",
	{
		id: uuid().primaryKey().defaultRandom(),
		modelId: uuid()
			.notNull()
			.references(() => models.id, { onDelete: "cascade" }),
		currency: text().notNull(),
		inputMicros: whole().notNull(),
		outputMicros: whole().notNull(),
		/** Of input that the provider had kept; null where that costs as much as other input. */
		cachedMicros: whole(),
		validFrom: at().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [uniqueIndex("model_prices_from_key").on(t.modelId, t.validFrom)],
);

/** What agents use: models in the order in which they are asked. Its name stays: versions of agents hold it. */
export const modelRoutes = pgTable(
	"model_routes",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		description: text().notNull().default(""),
		/** Answers where an agent names none; one at most. */
		isDefault: boolean().notNull().default(false),
		/** For a whole answer, whoever gives it, with every retry. */
		totalMs: integer().notNull().default(120_000),
		/** Only models whose data stay in one of these regions; empty for any. */
		regions: jsonb().$type<string[]>().notNull().default([]),
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("model_routes_name_key").on(t.name),
		uniqueIndex("model_routes_default_key").on(t.isDefault).where(sql`${t.isDefault}`),
		index("model_routes_created_idx").on(t.createdAt, t.id),
	],
);

/** When a model of a route is asked; what is left out sets no condition. */
export type StepConditions = {
	/** Only what holds pictures, or only what holds none. */
	modality?: Modality;
	/** Only what is at least so long, in tokens. */
	leastTokens?: number;
	/** Only where the dearest answer costs no more, in millionths. */
	mostMicros?: number;
	/** Not while a greater share of its last calls failed. */
	mostFailurePercent?: number;
};

export const modelRouteSteps = pgTable(
	"model_route_steps",
	{
		routeId: uuid()
			.notNull()
			.references(() => modelRoutes.id, { onDelete: "cascade" }),
		position: integer().notNull(),
		modelId: uuid()
			.notNull()
			.references(() => models.id),
		conditions: jsonb().$type<StepConditions>().notNull().default({}),
	},
	(t) => [
		primaryKey({ columns: [t.routeId, t.position] }),
		uniqueIndex("model_route_steps_model_key").on(t.routeId, t.modelId),
		index("model_route_steps_model_idx").on(t.modelId),
	],
);

/** Models that failed, and those of them that rest, for all processes. The key is a model's id, or `env:` and its name. */
export const modelCircuits = pgTable("model_circuits", {
	modelKey: text().primaryKey(),
	openUntil: at().notNull(),
	/** How often it was opened without an answer between. */
	times: integer().notNull().default(1),
	/** Failures in a row without an answer between, whichever process saw them. */
	failures: integer().notNull().default(0),
	reason: text().notNull(),
	updatedAt: at().notNull().defaultNow(),
});

/** How a model's calls went in five minutes. */
export const modelHealth = pgTable(
	"model_health",
	{
		id: whole().primaryKey().generatedAlwaysAsIdentity(),
		modelKey: text().notNull(),
		bucket: at().notNull(),
		calls: integer().notNull().default(0),
		failures: integer().notNull().default(0),
		/** Sums, of calls that came to a first token and to an end. */
		begun: integer().notNull().default(0),
		firstTokenMs: whole().notNull().default(0),
		ended: integer().notNull().default(0),
		ms: whole().notNull().default(0),
	},
	(t) => [uniqueIndex("model_health_bucket_key").on(t.modelKey, t.bucket), index("model_health_time_idx").on(t.bucket)],
);

export type CallOutcome = "answered" | "failed" | "cancelled";

/** Every call of a model that went out, once. It outlives its run: what was paid was paid. */
export const modelCalls = pgTable(
	"model_calls",
	{
		id: uuid().primaryKey(),
		createdAt: at().notNull().defaultNow(),
		runId: uuid(),
		/** For whom; null for what the installation asks by itself. */
		userId: uuid(),
		keyId: uuid(),
		agentId: uuid(),
		modelKey: text().notNull(),
		model: text().notNull(),
		connection: text().notNull(),
		route: text(),
		/** Which of the route's models it was, from 1. */
		hop: integer().notNull().default(1),
		outcome: text().$type<CallOutcome>().notNull(),
		reason: text(),
		status: integer(),
		inputTokens: integer().notNull(),
		outputTokens: integer().notNull(),
		cachedTokens: integer().notNull().default(0),
		/** The provider did not say what it took. */
		isEstimated: boolean().notNull().default(false),
		/** In millionths of the currency; null where the model has no price. */
		costMicros: whole(),
		currency: text(),
		firstTokenMs: integer(),
		ms: integer().notNull(),
	},
	(t) => [
		index("model_calls_created_idx").on(t.createdAt, t.id),
		index("model_calls_run_idx").on(t.runId, t.createdAt).where(sql`${t.runId} is not null`),
		index("model_calls_user_idx").on(t.userId, t.createdAt),
	],
);
