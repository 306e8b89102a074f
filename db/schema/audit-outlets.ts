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
	uuid,
} from "drizzle-orm/pg-core";
import { users } from "./users";

const at = () => timestamp({ withTimezone: true });
const number = () => bigint({ mode: "number" });

export type ExportFormat = "csv" | "jsonl" | "chain";
export type ExportState = "queued" | "running" | "ready" | "failed" | "cancelled" | "expired";
/** What was found of the chain when the file was done. */
export type ExportProof = { isValid: boolean; from: number; to: number; problem: string | null };

/** Each export of the audit that somebody asked for. Its file lies in parts, which are named by what is in them. */
export const auditExports = pgTable(
	"audit_exports",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid()
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		format: text().$type<ExportFormat>().notNull(),
		/** The conditions as they were given; times as text. */
		filter: jsonb().$type<Record<string, string>>().notNull(),
		state: text().$type<ExportState>().notNull().default("queued"),
		/** It holds entries from after `fromSeq` up to `toSeq`, and has come to `doneSeq`. */
		fromSeq: number().notNull(),
		toSeq: number().notNull(),
		doneSeq: number().notNull(),
		/** How far it has read: for the eye. `doneSeq` is what is safely written. */
		seenSeq: number().notNull(),
		parts: integer().notNull().default(0),
		rows: number().notNull().default(0),
		bytes: number().notNull().default(0),
		firstSeq: number(),
		lastSeq: number(),
		/** Of the whole file and of its certificate, once they are done. */
		sha256: text(),
		certificate: text(),
		certificateBytes: integer().notNull().default(0),
		proof: jsonb().$type<ExportProof>(),
		reason: text(),
		createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
		startedAt: at(),
		endedAt: at(),
		expiresAt: at(),
	},
	(t) => [
		index("audit_exports_user_idx").on(t.userId, t.createdAt, t.id),
		index("audit_exports_state_idx").on(t.state),
	],
);

export const auditExportParts = pgTable(
	"audit_export_parts",
	{
		exportId: uuid()
			.notNull()
			.references(() => auditExports.id, { onDelete: "cascade" }),
		no: integer().notNull(),
		sha256: text().notNull(),
		bytes: number().notNull(),
	},
	(t) => [primaryKey({ columns: [t.exportId, t.no] }), index("audit_export_parts_file_idx").on(t.sha256)],
);

export type StreamState = "off" | "on" | "paused";

/** One row: where sealed entries are sent, and how far they have got. */
export const auditStreams = pgTable("audit_streams", {
	only: boolean().primaryKey().default(true),
	state: text().$type<StreamState>().notNull().default("off"),
	url: text(),
	/** Sealed by the vault for the version beside it; the former one signs too until its time is over. */
	secret: text(),
	secretVersion: integer().notNull().default(0),
	formerSecret: text(),
	formerUntil: at(),
	/** Every entry up to this number has been taken by the other side. */
	sentSeq: number().notNull().default(0),
	/** The last number of the delivery under way: a second try sends the same entries under the same id. */
	tryingSeq: number(),
	deliveries: number().notNull().default(0),
	sentAt: at(),
	failures: integer().notNull().default(0),
	failingSince: at(),
	problem: text(),
	nextTryAt: at().notNull().defaultNow(),
	/** Who sends just now, and until when unless it goes on. */
	leaseOwner: text(),
	leaseUntil: at(),
	/** Goes up with each change of settings, so that nobody overwrites what they have not seen. */
	version: integer().notNull().default(1),
	updatedAt: at().notNull().defaultNow(),
});
