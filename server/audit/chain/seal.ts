import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/connection";
import type { AuditActor, AuditSubject } from "@/db/schema";
import { commitment, entryHash, eventText, inMs, type ToldRow, toldColumns } from "./event";

/** One batch is at most one checkpoint. */
export const batchSize = 1_000;
const saltBytes = 16;

type PendingRow = ToldRow & { actor: AuditActor; subject: AuditSubject | null };
export type Head = { chain: string; size: number; root: Buffer; sealedAt: number };

/** Only one seals at a time; who comes second finds that another is at it. Ends with the transaction. */
export async function holdChain(tx: Tx): Promise<boolean> {
	const [row] = await tx.execute<{ held: boolean }>(
		sql`select pg_try_advisory_xact_lock(hashtext('quarterdeck audit sealer')) as held`,
	);
	return row?.held ?? false;
}

/** Read after `holdChain`, in a statement of its own: it must see what the last holder committed. */
export async function readHead(tx: Tx, now?: number): Promise<Head & { moment: number }> {
	const [row] = await tx.execute<{ chain: string; size: string; root: Buffer; sealed: string; moment: string }>(sql`
		select chain, size, root, coalesce(${inMs(sql.raw("sealed_at"))}, 0) as sealed,
			${inMs(sql.raw("greatest(date_trunc('milliseconds', clock_timestamp()), sealed_at)"))} as moment
		from audit_chain`);
	if (!row) throw new Error("the audit has no chain: migrate the database");
	return {
		chain: row.chain,
		size: Number(row.size),
		root: row.root,
		sealedAt: Number(row.sealed),
		moment: now === undefined ? Number(row.moment) : Math.max(now, Number(row.sealed)),
	};
}

/**
 * Gives the next pending entries their numbers and hashes, in the order in which they were written among those that are
 * committed: one that commits late comes later. `now` stands for the database's clock, in ms. All of it is one transaction, so it may die at any moment.
 */
export async function sealNext(db: Database, most = batchSize, now?: number): Promise<number> {
	const [waiting] = await db.orm.execute(sql`select from audit_pending limit 1`);
	if (!waiting) return 0;
	return db.transaction(async (tx) => {
		if (!(await holdChain(tx))) return 0;
		const head = await readHead(tx, now);
		const rows = await tx.execute<PendingRow>(
			sql`select ${toldColumns}, l.actor, l.subject from audit_pending l order by l.id limit ${most}`,
		);
		if (rows.length === 0) return 0;
		const seals = JSON.stringify(chained(head, rows));
		await tx.execute(
			sql`select audit_seal(${head.size}, to_timestamp(${head.moment}::float8 / 1000), ${seals}::text::jsonb)`,
		);
		return rows.length;
	});
}

function chained(head: Head & { moment: number }, rows: readonly PendingRow[]) {
	const salts = randomBytes(rows.length * 2 * saltBytes);
	const saltAt = (n: number) => salts.subarray(n * saltBytes, (n + 1) * saltBytes);
	let root = head.root;
	return rows.map((row, index) => {
		const actorSalt = saltAt(index * 2);
		const subjectSalt = saltAt(index * 2 + 1);
		const actor = commitment(actorSalt, row.actor);
		const subject = row.subject ? commitment(subjectSalt, row.subject) : null;
		root = entryHash(root, head.size + index + 1, eventText(row, { sealedAt: head.moment, actor, subject }));
		return {
			id: row.id,
			hash: root.toString("hex"),
			actorSalt: actorSalt.toString("hex"),
			actorCommitment: actor,
			...(row.subject ? { subjectSalt: subjectSalt.toString("hex"), subjectCommitment: subject } : {}),
		};
	});
}
