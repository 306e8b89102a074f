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

export type SafetyDetector = "personal" | "secrets" | "injection" | "moderation" | "pattern";
export type SafetyPlace = "input" | "retrieved" | "arguments" | "results" | "output";
export type SafetyMode = "off" | "shadow" | "warn" | "redact" | "block";
export type SafetyAction = "shadowed" | "warned" | "redacted" | "blocked";

/** A policy: what one detector looks for and what comes of it, place by place. What it is made of stands in its versions. */
export const safetyPolicies = pgTable(
	"safety_policies",
	{
		id: uuid().primaryKey().defaultRandom(),
		name: text().notNull(),
		/** The version that holds, which is always the newest. */
		version: integer().notNull().default(1),
		detector: text().$type<SafetyDetector>().notNull(),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("safety_policies_name_key").on(t.name),
		index("safety_policies_created_idx").on(t.createdAt, t.id),
	],
);

/** What a policy was made of under a number. Going back to one makes a new one like it. */
export const safetyPolicyVersions = pgTable(
	"safety_policy_versions",
	{
		policyId: uuid()
			.notNull()
			.references(() => safetyPolicies.id, { onDelete: "cascade" }),
		version: integer().notNull(),
		modes: jsonb().$type<Record<SafetyPlace, SafetyMode>>().notNull(),
		/** What its detector goes by: server/safety/contract/settings.ts. */
		settings: jsonb().$type<Record<string, unknown>>().notNull(),
		/** Whose runs it looks at; null for those of every agent. */
		agentIds: jsonb().$type<string[] | null>(),
		/** Whether a verdict keeps the words around what was found. */
		keepsWords: boolean().notNull().default(false),
		message: text().notNull().default(""),
		createdBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.policyId, t.version] })],
);

/** What a policy found and what came of it. Its id is worked out from what it is of: looked at again, it is the same row. */
export const safetyVerdicts = pgTable(
	"safety_verdicts",
	{
		id: uuid().primaryKey(),
		policyId: uuid()
			.notNull()
			.references(() => safetyPolicies.id, { onDelete: "cascade" }),
		policyVersion: integer().notNull(),
		place: text().$type<SafetyPlace>().notNull(),
		action: text().$type<SafetyAction>().notNull(),
		/** How many of each kind. Empty where the filter itself failed. */
		found: jsonb().$type<Record<string, number>>().notNull(),
		hasFailed: boolean().notNull().default(false),
		/** No key: a question that was refused has no run. */
		runId: uuid(),
		agentId: uuid(),
		userId: uuid().references(() => users.id, { onDelete: "cascade" }),
		/** The tool that was called, or the document of the passage. */
		about: text(),
		/** The words around it, where the policy keeps them. */
		words: text(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		index("safety_verdicts_created_idx").on(t.createdAt, t.id),
		index("safety_verdicts_policy_idx").on(t.policyId, t.createdAt, t.id),
		index("safety_verdicts_run_idx").on(t.runId, t.createdAt, t.id),
	],
);

/** What stood where a run has a mark such as `[email 3f9c2a]` now, sealed. */
export const safetyOriginals = pgTable(
	"safety_originals",
	{
		id: uuid().primaryKey(),
		runId: uuid().notNull(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		mark: text().notNull(),
		kind: text().notNull(),
		sealed: text().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("safety_originals_mark_key").on(t.runId, t.mark),
		index("safety_originals_created_idx").on(t.createdAt),
	],
);
