import { isNotNull, sql } from "drizzle-orm";
import {
	bigint,
	boolean,
	customType,
	date,
	index,
	integer,
	jsonb,
	pgTable,
	pgView,
	primaryKey,
	text,
	timestamp,
	uuid,
} from "drizzle-orm/pg-core";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
/** To the millisecond, as JSON and cursors have it: what is hashed is what is stored. */
const at = () => timestamp({ withTimezone: true, precision: 3 });
const number = () => bigint({ mode: "number" });

export type AuditOutcome = "done" | "denied" | "failed";
/** Everyone who stands behind a call, the person first. Names stand with the personal data. */
export type AuditLink = { kind: string; id: string | null };
export type AuditFields = Record<string, unknown>;
/** What names or traces whoever acted: apart from the entry, which keeps only a commitment to it. */
export type AuditActor = { label: string; names: string[]; address: string | null; userAgent: string | null };
/** What of detail, before and after names a person. */
export type AuditSubject = { detail?: AuditFields; before?: AuditFields; after?: AuditFields };

/** The columns that an entry has from its change, before and after it is sealed. */
const told = () => ({
	at: at().notNull().defaultNow(),
	actorKind: text().notNull(),
	actorId: text(),
	/** The person at the root of the chain. */
	userId: uuid(),
	chain: jsonb().$type<AuditLink[]>().notNull().default([]),
	via: text().notNull(),
	action: text().notNull(),
	resourceKind: text().notNull(),
	resourceId: text(),
	outcome: text().$type<AuditOutcome>().notNull(),
	reason: text(),
	detail: jsonb().$type<AuditFields>().notNull().default({}),
	before: jsonb().$type<AuditFields>(),
	after: jsonb().$type<AuditFields>(),
	requestId: text().notNull(),
	runId: uuid(),
});

/**
 * Where an entry is written, in the transaction of its change: no index and no lock that others hold. Within a second the
 * sealer moves it into the log. Insert only; rows leave by `audit_seal` alone.
 */
export const auditPending = pgTable("audit_pending", {
	id: number().primaryKey().generatedAlwaysAsIdentity(),
	...told(),
	actor: jsonb().$type<AuditActor>().notNull(),
	/** The person whom the entry is about; `subject` holds what names them. */
	subjectId: uuid(),
	subject: jsonb().$type<AuditSubject>(),
});

/**
 * The sealed entries, chained by hash and numbered without a gap, partitioned by the month of their sealing: that time never
 * runs backwards along the numbers, so a month is a piece of the chain. Append only.
 */
export const auditLog = pgTable(
	"audit_log",
	{
		seq: number().notNull(),
		sealedAt: at().notNull(),
		id: number().notNull(),
		...told(),
		hash: bytea().notNull(),
		/** SHA-256 of a salt and what `audit_personal` holds: that can be erased, and the chain stays valid. */
		actorCommitment: bytea().notNull(),
		subjectCommitment: bytea(),
	},
	(t) => [
		primaryKey({ columns: [t.seq, t.sealedAt] }),
		index("audit_log_user_idx").on(t.userId, t.seq),
		index("audit_log_actor_idx").on(t.actorId, t.seq),
		index("audit_log_via_idx").on(t.via, t.seq),
		index("audit_log_action_idx").on(t.action, t.seq),
		index("audit_log_kind_idx").on(t.resourceKind, t.seq),
		index("audit_log_resource_idx").on(t.resourceId, t.seq),
		index("audit_log_outcome_idx").on(t.outcome, t.seq),
		index("audit_log_request_idx").on(t.requestId, t.seq),
		index("audit_log_run_idx").on(t.runId, t.seq).where(isNotNull(t.runId)),
		index("audit_log_at_idx").on(t.at),
	],
);

/** Personal data of sealed entries, partitioned like them. Erasing a person empties their parts and leaves the entries. */
export const auditPersonal = pgTable(
	"audit_personal",
	{
		seq: number().notNull(),
		sealedAt: at().notNull(),
		userId: uuid(),
		actorSalt: bytea(),
		actor: jsonb().$type<AuditActor>(),
		subjectId: uuid(),
		subjectSalt: bytea(),
		subject: jsonb().$type<AuditSubject>(),
	},
	(t) => [
		primaryKey({ columns: [t.seq, t.sealedAt] }),
		index("audit_personal_address_idx").on(sql`(${t.actor} ->> 'address')`, t.seq),
		index("audit_personal_user_idx").on(t.userId, t.seq),
		index("audit_personal_subject_idx").on(t.subjectId, t.seq).where(isNotNull(t.subjectId)),
	],
);

/** One row: which chain this is and how far it has come. */
export const auditChain = pgTable("audit_chain", {
	only: boolean().primaryKey().default(true),
	/** Another one after a new installation, the same one after a restored backup. */
	chain: uuid().notNull().defaultRandom(),
	size: number().notNull().default(0),
	/** The hash of the newest entry. */
	root: bytea().notNull(),
	sealedAt: at(),
	/** Which of the signing keys is in use: they are derived, and never stored here. */
	keyGeneration: integer().notNull().default(1),
	/** Whole months older than this are dropped; null keeps all. */
	retentionMonths: integer(),
});

export type SignedCheckpoint = {
	chain: string;
	size: number;
	/** Hex: the hash of entry number `size`, and the SHA-256 of the checkpoint before. */
	root: string;
	prev: string;
	time: string;
	kid: string;
	/** Base64, Ed25519 over the others in canonical JSON. */
	signature: string;
};

/** What was signed. Copies go to sinks outside the database, which are what it is compared with. */
export const auditCheckpoints = pgTable("audit_checkpoints", {
	size: number().primaryKey(),
	at: at().notNull(),
	checkpoint: jsonb().$type<SignedCheckpoint>().notNull(),
});

/** How far each sink has got the checkpoints. */
export const auditSinks = pgTable("audit_sinks", {
	name: text().primaryKey(),
	size: number().notNull().default(0),
	at: at(),
	/** Why the last attempt failed; null when it did not. */
	problem: text(),
});

/** The public half of each key that ever signed here. */
export const auditKeys = pgTable("audit_keys", {
	kid: text().primaryKey(),
	publicKey: text().notNull(),
	createdAt: at().notNull().defaultNow(),
});

/** Months that retention dropped: enough for what is left to be verified. */
export const auditDropped = pgTable("audit_dropped", {
	month: date().primaryKey(),
	firstSeq: number().notNull(),
	lastSeq: number().notNull(),
	/** The hash of the last dropped entry, which the first one left builds on. */
	root: bytea().notNull(),
	/** The checkpoint at or after the last dropped entry. */
	checkpoint: jsonb().$type<SignedCheckpoint>().notNull(),
	at: at().notNull().defaultNow(),
});

/** Nothing is dropped or erased while held: of one person, or of all where `userId` is null. */
export const auditHolds = pgTable(
	"audit_holds",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: uuid(),
		reason: text().notNull(),
		createdBy: uuid().notNull(),
		createdAt: at().notNull().defaultNow(),
		releasedAt: at(),
	},
	(t) => [index("audit_holds_open_idx").on(t.userId).where(sql`${t.releasedAt} is null`)],
);

export type AuditVerificationState = "running" | "valid" | "broken" | "failed";

/** Each verification that was asked for, with its progress and its result. */
export const auditVerifications = pgTable(
	"audit_verifications",
	{
		id: uuid().primaryKey().defaultRandom(),
		state: text().$type<AuditVerificationState>().notNull().default("running"),
		startedBy: uuid(),
		checked: number().notNull().default(0),
		total: number().notNull().default(0),
		/** The first number that does not hold, and what is wrong there. */
		badSeq: number(),
		problem: text(),
		createdAt: at().notNull().defaultNow(),
		endedAt: at(),
	},
	(t) => [index("audit_verifications_created_idx").on(t.createdAt)],
);

/** Every entry as people read it, sealed or not yet (`seq` null), with its personal data where that was not erased. */
export const auditEntries = pgView("audit_entries", {
	id: number().notNull(),
	seq: number(),
	at: at().notNull(),
	sealedAt: at(),
	hash: bytea(),
	actorKind: text().notNull(),
	actorId: text(),
	actorLabel: text().notNull(),
	userId: uuid(),
	chain: jsonb().$type<AuditLink[]>().notNull(),
	via: text().notNull(),
	action: text().notNull(),
	resourceKind: text().notNull(),
	resourceId: text(),
	outcome: text().$type<AuditOutcome>().notNull(),
	reason: text(),
	detail: jsonb().$type<AuditFields>().notNull(),
	before: jsonb().$type<AuditFields>(),
	after: jsonb().$type<AuditFields>(),
	requestId: text().notNull(),
	runId: uuid(),
	address: text(),
	userAgent: text(),
	subjectId: uuid(),
}).existing();
