import { type SQL, sql } from "drizzle-orm";
import type { AuditActor, AuditFields, AuditLink, AuditOutcome, AuditSubject } from "@/db/schema";
import type { AuditEntry } from "../contract";

/** A row as `sealedColumns` and `pendingColumns` give it: jsonb as it is, times and numbers as text or number. */
export type EntryRow = {
	id: string | number;
	seq: string | number | null;
	at: string;
	sealed_at: string | null;
	hash: string | null;
	actor_kind: string;
	actor_id: string | null;
	user_id: string | null;
	chain: AuditLink[];
	via: string;
	action: string;
	resource_kind: string;
	resource_id: string | null;
	outcome: AuditOutcome;
	reason: string | null;
	detail: AuditFields;
	before: AuditFields | null;
	after: AuditFields | null;
	request_id: string;
	run_id: string | null;
	actor: AuditActor | null;
	subject: AuditSubject | null;
};

const told = sql.raw(
	[
		"l.at, l.actor_kind, l.actor_id, l.user_id, l.chain, l.via, l.action, l.resource_kind, l.resource_id, l.outcome",
		"l.reason, l.detail, l.before, l.after, l.request_id, l.run_id",
	].join(", "),
);
/** Of `audit_log l`, without its personal data. */
export const sealedColumns: SQL = sql`l.seq, l.sealed_at, l.id, encode(l.hash, 'hex') as hash, ${told}`;
/** Of `audit_pending l`. */
export const pendingColumns: SQL = sql`null::bigint as seq, null::timestamptz as sealed_at, l.id, null::text as hash, ${told}, l.actor, l.subject`;

const merged = (plain: AuditFields | null, personal: AuditFields | undefined): AuditFields | null =>
	plain || personal ? { ...plain, ...personal } : null;

export function toEntry(row: EntryRow): AuditEntry {
	return {
		id: Number(row.id),
		seq: row.seq === null ? null : Number(row.seq),
		at: new Date(row.at),
		sealedAt: row.sealed_at === null ? null : new Date(row.sealed_at),
		hash: row.hash,
		actorKind: row.actor_kind,
		actorId: row.actor_id,
		actorLabel: row.actor?.label ?? "erased person",
		userId: row.user_id,
		chain: row.chain.map((link, index) => ({ ...link, name: row.actor?.names[index] ?? "erased" })),
		via: row.via,
		action: row.action,
		resourceKind: row.resource_kind,
		resourceId: row.resource_id,
		outcome: row.outcome,
		reason: row.reason,
		detail: { ...row.detail, ...row.subject?.detail },
		before: merged(row.before, row.subject?.before),
		after: merged(row.after, row.subject?.after),
		requestId: row.request_id,
		runId: row.run_id,
		address: row.actor?.address ?? null,
		userAgent: row.actor?.userAgent ?? null,
		isErased: row.actor === null,
	};
}
