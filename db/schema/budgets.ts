import { sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	index,
	integer,
	pgTable,
	text,
	timestamp,
	unique,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });
const whole = () => bigint({ mode: "number" });

export type BudgetSubject = "everybody" | "user" | "group" | "role" | "key" | "agent" | "model";
export type BudgetMeasure = "tokens" | "money" | "runs" | "storage";
/** A day and a month begin at 00:00 UTC; what is stored counts for as long as it is. */
export type BudgetSpan = "day" | "month" | "always";

/** What may be taken at most, by whom. The defaults of the environment and of keys have no row. */
export const budgets = pgTable(
	"budgets",
	{
		id: uuid().primaryKey().defaultRandom(),
		subjectKind: text().$type<BudgetSubject>().notNull(),
		/** The id of a user, group, key or agent, the key of a role or model; empty for everybody. */
		subject: text().notNull().default(""),
		/** Each person of it by themselves, and not all of them together. */
		isEach: boolean().notNull().default(false),
		span: text().$type<BudgetSpan>().notNull(),
		measure: text().$type<BudgetMeasure>().notNull(),
		/** Of money; empty for the installation's own prices, and where it is no money. */
		currency: text().notNull().default(""),
		/** Tokens, millionths of the currency, runs or bytes. */
		most: whole().notNull(),
		note: text().notNull().default(""),
		revision: integer().notNull().default(1),
		createdBy: uuid().references(() => users.id, { onDelete: "set null" }),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		unique("budgets_scope_key").on(t.subjectKind, t.subject, t.isEach, t.span, t.measure, t.currency),
		index("budgets_created_idx").on(t.createdAt, t.id),
	],
);

/** What was taken of a budget in one day or month. Whoever reserves holds its row until that is written. */
export const budgetCounters = pgTable(
	"budget_counters",
	{
		id: whole().primaryKey().generatedAlwaysAsIdentity(),
		budgetId: uuid()
			.notNull()
			.references(() => budgets.id, { onDelete: "cascade" }),
		/** Whose part of it, where each person has their own; else empty. */
		subject: text().notNull().default(""),
		startsAt: at().notNull(),
		/** What had been taken before anybody counted, as the budget was made in the middle of its day or month. */
		opening: whole().notNull().default(0),
		/** The opening and all that was settled since. */
		used: whole().notNull().default(0),
	},
	(t) => [
		uniqueIndex("budget_counters_key").on(t.budgetId, t.subject, t.startsAt),
		index("budget_counters_starts_idx").on(t.startsAt),
	],
);

/** What one call holds back of a budget, and what it took in the end. Without an end it counts until it expires. */
export const budgetHolds = pgTable(
	"budget_holds",
	{
		id: whole().primaryKey().generatedAlwaysAsIdentity(),
		/** The call of a model that it is settled with, or the run. */
		callId: uuid().notNull(),
		/** Outlives its budget: who removes one waits for no call that holds something of it. */
		budgetId: uuid().notNull(),
		subject: text().notNull().default(""),
		startsAt: at().notNull(),
		measure: text().$type<BudgetMeasure>().notNull(),
		reserved: whole().notNull(),
		settled: whole(),
		expiresAt: at().notNull(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("budget_holds_call_key").on(t.callId, t.budgetId),
		index("budget_holds_open_idx").on(t.budgetId, t.subject, t.startsAt).where(sql`${t.settled} is null`),
		index("budget_holds_created_idx").on(t.createdAt),
	],
);
