import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { agents, runs } from "./agents";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type TriggerKind = "schedule" | "webhook";

/** What asks an agent by itself, for its owner and with their rights of that moment. */
export const triggers = pgTable(
	"triggers",
	{
		id: uuid().primaryKey().defaultRandom(),
		agentId: uuid()
			.notNull()
			.references(() => agents.id, { onDelete: "cascade" }),
		/** Whom its runs belong to, and whose rights and budget they have. */
		ownerId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		kind: text().$type<TriggerKind>().notNull(),
		name: text().notNull(),
		question: text().notNull(),
		/** schedule: five fields, read in this time zone. */
		cron: text(),
		timeZone: text(),
		isPaused: boolean().notNull().default(false),
		/** schedule: when it is due. */
		nextAt: at(),
		/** webhook: what its calls are signed with, sealed for this row and `secretVersion`; the one before holds for a while. */
		sealedSecret: text(),
		secretVersion: integer().notNull().default(1),
		sealedFormer: text(),
		formerUntil: at(),
		/** webhook: the last call that nobody could have signed, and why it was refused. */
		refusedAt: at(),
		refusedBecause: text(),
		/** Goes up with each change, so that nobody overwrites what they have not seen. */
		revision: integer().notNull().default(1),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		index("triggers_agent_idx").on(t.agentId, t.createdAt, t.id),
		index("triggers_owner_idx").on(t.ownerId, t.createdAt, t.id),
		index("triggers_next_idx").on(t.nextAt).where(sql`not ${t.isPaused}`),
	],
);

/** One time that it came: what it was, and what became of it. The same key never comes twice. */
export const triggerCalls = pgTable(
	"trigger_calls",
	{
		id: uuid().primaryKey().defaultRandom(),
		triggerId: uuid()
			.notNull()
			.references(() => triggers.id, { onDelete: "cascade" }),
		/** A schedule's time, or what its caller named the call by. */
		key: text().notNull(),
		/** Null where it was refused, or its chat was deleted since. */
		runId: uuid().references(() => runs.id, { onDelete: "set null" }),
		/** Why nothing was started; null where something was. */
		refusal: text(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [
		uniqueIndex("trigger_calls_key").on(t.triggerId, t.key),
		index("trigger_calls_trigger_idx").on(t.triggerId, t.createdAt, t.id),
		index("trigger_calls_run_idx").on(t.runId),
		index("trigger_calls_created_idx").on(t.createdAt),
	],
);
