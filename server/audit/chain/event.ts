import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { type SQL, sql } from "drizzle-orm";
import type { AuditActor, AuditFields, AuditLink, AuditOutcome, AuditSubject } from "@/db/schema";

/** An entry as `toldColumns` gives it, times in ms. */
export type ToldRow = {
	id: string;
	at: string;
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
};
/** What becomes of it by sealing, beside its hash. */
export type Sealing = { sealedAt: number; actor: string; subject: string | null };

/** A column of times as whole ms, which no time zone or format changes. */
export const inMs = (column: SQL): SQL => sql`round(extract(epoch from ${column}) * 1000)::bigint`;
/** Of `audit_pending l` or `audit_log l`. */
export const toldColumns: SQL = sql`l.id, ${inMs(sql.raw("l.at"))} as at, ${sql.raw(
	[
		"l.actor_kind, l.actor_id, l.user_id, l.chain, l.via, l.action, l.resource_kind, l.resource_id, l.outcome, l.reason",
		"l.detail, l.before, l.after, l.request_id, l.run_id",
	].join(", "),
)}`;

/** RFC 8785: one text for one value. */
export function canonical(value: unknown): string {
	const text = canonicalize(value);
	if (text === undefined) throw new Error("this value has no JSON");
	return text;
}

/** What is hashed, as text: all of the entry but its number. Names and addresses are in it as commitments only. */
export const eventText = (row: ToldRow, { sealedAt, actor, subject }: Sealing): string =>
	canonical({
		v: 1,
		id: Number(row.id),
		at: new Date(Number(row.at)).toISOString(),
		sealedAt: new Date(sealedAt).toISOString(),
		actorKind: row.actor_kind,
		actorId: row.actor_id,
		userId: row.user_id,
		chain: row.chain,
		via: row.via,
		action: row.action,
		resourceKind: row.resource_kind,
		resourceId: row.resource_id,
		outcome: row.outcome,
		reason: row.reason,
		detail: row.detail,
		before: row.before,
		after: row.after,
		requestId: row.request_id,
		runId: row.run_id,
		actor,
		subject,
	});

/** SHA-256(0x00 | hash before | number, 8 bytes | event). */
export function entryHash(before: Buffer, seq: number, event: string): Buffer {
	const length = Buffer.byteLength(event);
	const bytes = Buffer.allocUnsafe(41 + length);
	bytes[0] = 0;
	before.copy(bytes, 1);
	bytes.writeBigUInt64BE(BigInt(seq), 33);
	bytes.write(event, 41, "utf8");
	return hash("sha256", bytes, "buffer");
}

/** SHA-256(salt | value): says nothing about the value once its salt is gone. */
export function commitment(salt: Buffer, value: AuditActor | AuditSubject): string {
	return hash("sha256", Buffer.concat([salt, Buffer.from(canonical(value))]), "hex");
}

/** What the first entry builds on. */
export const firstHash = (chain: string): Buffer => hash("sha256", chain, "buffer");
