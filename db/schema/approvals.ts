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
	unique,
	uniqueIndex,
	uuid,
} from "drizzle-orm/pg-core";
import { agents } from "./agents";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });

export type ApprovalState = "pending" | "approved" | "rejected" | "expired" | "used" | "void";
/** What the call names. */
export type ApprovalTarget = { kind: string; id: string };
/** What the call did in a transaction that was rolled back. */
export type ApprovalPreview = {
	rows: { table: string; added: number; changed: number; removed: number }[];
	acts: { action: string; resource: string; resourceId: string | null }[];
};

/** The arguments that somebody put in place of those that were asked for, and what the call does with them. */
export type ApprovalEdit = {
	arguments: string;
	argumentsHash: string;
	effect: string;
	preview: ApprovalPreview | null;
	by: string;
	at: string;
};

/** A call of a tool that waits, or waited, for a person's word. What was asked never changes; only its state does. */
export const approvals = pgTable(
	"approvals",
	{
		id: uuid().primaryKey().defaultRandom(),
		state: text().$type<ApprovalState>().notNull().default("pending"),
		/** The procedure's path, and what its definition came to when it was asked for. */
		tool: text().notNull(),
		toolVersion: text().notNull(),
		risk: text().$type<"read" | "write" | "danger">().notNull(),
		/** The right that the call needs. */
		permission: text().notNull(),
		/** The arguments as canonical JSON (RFC 8785), whole. */
		arguments: text().notNull(),
		argumentsHash: text().notNull(),
		/** SHA-256 of tool, version, arguments, target, run, call, and everybody behind it. */
		bindingHash: text().notNull(),
		target: jsonb().$type<ApprovalTarget>(),
		effect: text().notNull(),
		preview: jsonb().$type<ApprovalPreview>(),
		requesterId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		keyId: uuid(),
		agentId: uuid(),
		/** Outlives its run. */
		runId: uuid(),
		toolCallId: text(),
		chain: jsonb().$type<{ kind: string; id: string | null; name: string }[]>().notNull(),
		via: text().notNull(),
		requestId: text().notNull(),
		/** Somebody else than the requester has to decide. */
		needsSecond: boolean().notNull(),
		/** How many have to approve it, and of which roles or groups each has to be: of one in every list. */
		people: integer().notNull().default(1),
		approvers: jsonb().$type<string[][]>().notNull().default([]),
		edit: jsonb().$type<ApprovalEdit>(),
		decidedBy: uuid().references(() => users.id, { onDelete: "set null" }),
		decidedAt: at(),
		/** Why it was rejected or became void. */
		reason: text(),
		createdAt: at().notNull().defaultNow(),
		/** Until when it can be decided. */
		expiresAt: at().notNull(),
		/** Until when what was approved can be carried out. */
		useBy: at(),
		usedAt: at(),
		/** What the call answered, for whoever asks again. */
		answer: text(),
	},
	(t) => [
		uniqueIndex("approvals_open_key").on(t.bindingHash).where(sql`${t.state} in ('pending', 'approved')`),
		uniqueIndex("approvals_call_key").on(t.runId, t.toolCallId).where(sql`${t.runId} is not null`),
		index("approvals_binding_idx").on(t.bindingHash, t.createdAt),
		index("approvals_created_idx").on(t.createdAt, t.id),
		index("approvals_expires_idx").on(t.expiresAt, t.id),
		index("approvals_state_idx").on(t.state, t.createdAt, t.id),
		index("approvals_requester_idx").on(t.requesterId, t.createdAt, t.id),
	],
);

/** Who has approved a call, and which arguments they looked at. A rejection needs no count. */
export const approvalDecisions = pgTable(
	"approval_decisions",
	{
		approvalId: uuid()
			.notNull()
			.references(() => approvals.id, { onDelete: "cascade" }),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		argumentsHash: text().notNull(),
		at: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.approvalId, t.userId] })],
);

/** What was told of a call that waits, each once: that it was asked for, that it still waits, that its time is nearly over. */
export const approvalNotices = pgTable(
	"approval_notices",
	{
		approvalId: uuid()
			.notNull()
			.references(() => approvals.id, { onDelete: "cascade" }),
		kind: text().$type<"asked" | "reminded" | "escalated">().notNull(),
		mails: integer().notNull(),
		at: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.approvalId, t.kind] })],
);

/** Which calls wait for approval beside the dangerous ones, and who may give it. All that fit a call hold together. */
export const approvalRules = pgTable(
	"approval_rules",
	{
		id: uuid().primaryKey().defaultRandom(),
		/** The procedure's path; null: every one that changes something. */
		tool: text(),
		/** Null: every agent, and programs too. */
		agentId: uuid().references(() => agents.id, { onDelete: "cascade" }),
		/** Keys of roles and ids of groups: whoever approves is of one of them. None: whoever may decide at all. */
		approvers: jsonb().$type<string[]>().notNull().default([]),
		people: integer().notNull().default(1),
		/** Not the person for whom it would be done. */
		needsSecond: boolean().notNull().default(true),
		createdAt: at().notNull().defaultNow(),
		updatedAt: at().notNull().defaultNow(),
	},
	(t) => [
		unique("approval_rules_scope_key").on(t.tool, t.agentId).nullsNotDistinct(),
		index("approval_rules_created_idx").on(t.createdAt, t.id),
	],
);

/** A change that an agent made without anybody's word, by the id of its call: made once, however often its run begins again. */
export const toolEffects = pgTable(
	"tool_effects",
	{
		runId: uuid().notNull(),
		toolCallId: text().notNull(),
		tool: text().notNull(),
		argumentsHash: text().notNull(),
		/** Null of a call to elsewhere that went out and has not come back: nobody knows what came of it. */
		answer: text(),
		at: at().notNull().defaultNow(),
	},
	(t) => [primaryKey({ columns: [t.runId, t.toolCallId] })],
);
