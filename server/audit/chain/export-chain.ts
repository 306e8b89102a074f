import { asc, desc, gte, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { type AuditActor, type AuditSubject, auditChain, auditDropped, auditLog } from "@/db/schema";
import { eventText, firstHash, inMs, type ToldRow, toldColumns } from "./event";

const most = 2_000;

type SealedRow = ToldRow & {
	seq: string;
	sealed_at: string;
	hash: string;
	actor_commitment: string;
	subject_commitment: string | null;
	actor_salt: string | null;
	actor: AuditActor | null;
	subject_salt: string | null;
	subject: AuditSubject | null;
};

export type ChainRange = { from: number; to: number };

/** From the oldest entry that is left to the newest sealed one. */
export async function chainRange(db: Database): Promise<ChainRange> {
	const [chain] = await db.orm.select().from(auditChain);
	const [first] = await db.orm.select({ seq: auditLog.seq }).from(auditLog).orderBy(asc(auditLog.seq)).limit(1);
	const size = chain?.size ?? 0;
	return { from: first?.seq ?? size + 1, to: size };
}

/**
 * The chain as JSON lines, which `audit:verify` proves offline: a head, then an entry a line, oldest first. An entry's event
 * stands there in the very bytes that were hashed; beside it what it is committed to, as far as that was not erased.
 */
export async function* exportChain(db: Database, range: ChainRange): AsyncGenerator<{ seq: number; line: string }> {
	const [chain] = await db.orm.select().from(auditChain);
	if (!chain) throw new Error("the audit has no chain: migrate the database");
	const prev = await hashBefore(db, range.from, chain.chain);
	const head = { format: "quarterdeck audit chain", v: 1, chain: chain.chain, ...range, prev };
	yield { seq: range.from - 1, line: JSON.stringify(head) };
	for (let next = range.from; next <= range.to; ) {
		const rows = await db.orm.execute<SealedRow>(sql`
			select ${toldColumns}, l.seq, ${inMs(sql.raw("l.sealed_at"))} as sealed_at, encode(l.hash, 'hex') as hash,
				encode(l.actor_commitment, 'hex') as actor_commitment, encode(l.subject_commitment, 'hex') as subject_commitment,
				encode(p.actor_salt, 'hex') as actor_salt, p.actor, encode(p.subject_salt, 'hex') as subject_salt, p.subject
			from audit_log l left join audit_personal p on p.seq = l.seq and p.sealed_at = l.sealed_at
			where l.seq >= ${next} and l.seq <= ${range.to} order by l.seq limit ${most}`);
		for (const row of rows) yield { seq: Number(row.seq), line: lineOf(row) };
		const last = rows.at(-1);
		if (!last) return;
		next = Number(last.seq) + 1;
	}
}

function lineOf(row: SealedRow): string {
	const event = eventText(row, {
		sealedAt: Number(row.sealed_at),
		actor: row.actor_commitment,
		subject: row.subject_commitment,
	});
	const personal = JSON.stringify({
		actor: row.actor && { salt: row.actor_salt, data: row.actor },
		subject: row.subject && { salt: row.subject_salt, data: row.subject },
	});
	return `{"seq":${row.seq},"hash":"${row.hash}","bytes":${Buffer.byteLength(event)},"event":${event},"personal":${personal}}`;
}

/** What the first entry builds on: the one before it, the end of what retention dropped, or the chain's own beginning. */
async function hashBefore(db: Database, from: number, chain: string): Promise<string> {
	if (from === 1) return firstHash(chain).toString("hex");
	const [before] = await db.orm
		.select({ hash: auditLog.hash })
		.from(auditLog)
		.where(sql`seq = ${from - 1}`);
	if (before) return Buffer.from(before.hash).toString("hex");
	const [dropped] = await db.orm
		.select()
		.from(auditDropped)
		.where(gte(auditDropped.lastSeq, from - 1))
		.orderBy(desc(auditDropped.lastSeq))
		.limit(1);
	return dropped ? Buffer.from(dropped.root).toString("hex") : "0".repeat(64);
}
